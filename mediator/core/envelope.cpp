// SPDX-License-Identifier: MPL-2.0
#include "core/envelope.hpp"

#include "core/hash.hpp"
#include "core/json_quick.hpp"
#include "core/json_text.hpp"
#include "core/redact.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace ocm {
namespace {

bool is_clean(std::string_view text) {
    return text.find('\0') == std::string_view::npos && is_utf8(text);
}

/// Length of the valid UTF-8 sequence at the front, 0 where there is none.
std::size_t sequence_length(std::string_view text) {
    const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned lead = at(0);
    const std::size_t length = lead < 0x80                   ? 1
                               : lead >= 0xC2 && lead < 0xE0 ? 2
                               : lead >= 0xE0 && lead < 0xF0 ? 3
                               : lead >= 0xF0 && lead < 0xF5 ? 4
                                                             : 0;
    if (length == 0 || length > text.size()) return 0;
    for (std::size_t i = 1; i < length; ++i) {
        if ((at(i) & 0xC0u) != 0x80u) return 0;
    }
    if (lead == 0xE0 && at(1) < 0xA0) return 0;  // overlong
    if (lead == 0xED && at(1) > 0x9F) return 0;  // surrogates
    if (lead == 0xF0 && at(1) < 0x90) return 0;  // overlong
    if (lead == 0xF4 && at(1) > 0x8F) return 0;  // above U+10FFFF
    return length;
}

/// Cut at a character boundary, with a mark that says how much is missing.
std::string cut(std::string text, std::size_t limit) {
    if (text.size() <= limit) return text;
    const auto whole = text.size();
    text.resize(limit);
    while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xC0u) == 0x80u) text.pop_back();
    if (!text.empty() && static_cast<unsigned char>(text.back()) >= 0xC0u) text.pop_back();
    return text + "\n[cut: " + std::to_string(whole) + " bytes in all]";
}

/// Mongo keys may hold neither '.' nor a leading '$' (openhim.md 6.3).
std::string mongo_key(std::string key) {
    if (!is_clean(key)) key = valid_utf8(key);
    std::replace(key.begin(), key.end(), '.', '_');
    std::replace(key.begin(), key.end(), '$', '_');
    return key;
}

/// Writes the members of each object in the order of their names.
class Writer {
  public:
    explicit Writer(const EnvelopeOptions& options) : options_(options) {}

    /// What both forms share, between the braces; `error` stands before it, the URN after it.
    void outcome(const Outcome& outcome) {
        const int http = std::clamp(outcome.response.status, 100, 999);
        out_.key("orchestrations");
        out_.begin_array();
        for (std::size_t i = 0; i < outcome.orchestrations.size() && i < options_.max_orchestrations; ++i) {
            orchestration(outcome.orchestrations[i]);
        }
        out_.end_array();
        properties(outcome.properties);
        out_.key("response");
        out_.begin_object();
        text("body", outcome.response.body);
        auto fields = clean(outcome.response.headers);
        std::erase_if(fields, [](const auto& field) {
            constexpr std::array<std::string_view, 4> own{"content-length", "transfer-encoding", "connection",
                                                          "content-encoding"};
            return std::find(own.begin(), own.end(), field.first) != own.end();
        });
        const bool typed =
            std::any_of(fields.begin(), fields.end(), [](const auto& field) { return field.first == "content-type"; });
        if (!typed) put(fields, "content-type", "text/plain; charset=utf-8");
        members("headers", fields);
        out_.member("status", http);
        out_.member("timestamp", rfc3339(outcome.at));
        out_.end_object();
        out_.member("status", name(outcome.status.value_or(status_for(http))));
    }

    void request(const Orchestration& step) {
        out_.key("request");
        out_.begin_object();
        body(step.body);
        members("headers", clean(step.headers));
        text("host", step.host);
        text("method", step.method);
        text("path", step.path);
        text("port", step.port);
        if (!step.query.empty()) text("querystring", redact_query(step.query));
        out_.member("timestamp", rfc3339(step.at));
        out_.end_object();
    }

    void text(std::string_view name, std::string_view value) {
        out_.key(name);
        if (is_clean(value)) {
            out_.string(value);
        } else {
            out_.string(valid_utf8(value));
        }
    }

    JsonText& json() { return out_; }

  private:
    /// In the order of their names; the values are the outcome's own.
    using Members = std::vector<std::pair<std::string, std::string_view>>;

    /// Of several of one name the last stands.
    static void put(Members& to, std::string name, std::string_view value) {
        const auto at = std::lower_bound(to.begin(), to.end(), name,
                                         [](const auto& member, const auto& asked) { return member.first < asked; });
        if (at != to.end() && at->first == name) {
            at->second = value;
        } else {
            to.emplace(at, std::move(name), value);
        }
    }

    void orchestration(const Orchestration& step) {
        out_.begin_object();
        if (step.error) {
            out_.key("error");
            out_.begin_object();
            text("message", step.error->message);
            out_.end_object();
        }
        const auto step_name = valid_utf8(step.name);  // which may leave nothing of it
        out_.member("name", step_name.empty() ? "Step" : step_name);
        request(step);
        if (step.response) {
            out_.key("response");
            out_.begin_object();
            body(step.response->body);
            members("headers", clean(step.response->headers));
            out_.member("status", step.response->status);
            out_.member("timestamp", rfc3339(step.response->at));
            out_.end_object();
        }
        out_.end_object();
    }

    static Members clean(const HttpHeaders& fields) {
        Members out;
        out.reserve(fields.size() + 1);
        for (const auto& [name, value] : fields) {
            put(out, mongo_key(to_lower(name)), holds_a_credential(name) ? redacted : std::string_view(value));
        }
        return out;
    }

    void properties(const std::map<std::string, std::string>& given) {
        Members out;
        out.reserve(given.size());
        for (const auto& [name, value] : given) put(out, mongo_key(name), value);
        members("properties", out);
    }

    void members(std::string_view name, const Members& values) {
        out_.key(name);
        out_.begin_object();
        for (const auto& [key, value] : values) text(key, value);
        out_.end_object();
    }

    void body(const std::string& bytes) {
        if (bytes.empty() || options_.bodies == OrchestrationBodies::none) return out_.member("body", "");
        if (options_.bodies == OrchestrationBodies::hash) {
            out_.member("body", "[" + std::to_string(bytes.size()) + " bytes, sha256 " + sha256_hex(bytes) + "]");
            return;
        }
        const auto left = options_.max_bodies - std::min(used_, options_.max_bodies);
        const auto limit = std::min(options_.max_body, left);
        if (bytes.size() <= limit && is_clean(bytes)) {
            used_ += bytes.size();
            return out_.member("body", bytes);
        }
        const auto shown = cut(valid_utf8(bytes), limit);
        used_ += shown.size();
        out_.member("body", shown);
    }

    const EnvelopeOptions& options_;
    JsonText out_;
    std::size_t used_ = 0;
};

}  // namespace

std::string valid_utf8(std::string_view text) {
    if (is_clean(text)) return std::string(text);
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const auto length = sequence_length(text);
        if (length == 0) {
            out += "\xEF\xBF\xBD";
            text.remove_prefix(1);
        } else {
            if (text[0] != '\0') out += text.substr(0, length);
            text.remove_prefix(length);
        }
    }
    return out;
}

HttpResponse build_envelope(const Outcome& outcome, const EnvelopeOptions& options) {
    Writer writer(options);
    auto& json = writer.json();
    json.reserve(outcome.response.body.size() * 5 / 4 + 4096);
    json.begin_object();
    if (outcome.error && is_transient(outcome.error->code)) {
        json.key("error");
        json.begin_object();
        writer.text("message", outcome.error->message);
        json.member("stack", "");
        json.end_object();
    }
    writer.outcome(outcome);
    writer.text("x-mediator-urn", outcome.mediator_urn);
    json.end_object();
    return HttpResponse{200, HttpHeaders{{"content-type", std::string(openhim_media_type)}}, json.take()};
}

std::string build_transaction(const Outcome& outcome, const Orchestration& request, const EnvelopeOptions& options) {
    Writer writer(options);
    writer.json().begin_object();
    writer.request(request);
    writer.outcome(outcome);
    writer.json().end_object();
    return writer.json().take();
}

std::string build_late_update(const Outcome& outcome, const EnvelopeOptions& options) {
    Writer writer(options);
    writer.json().begin_object();
    writer.outcome(outcome);
    writer.json().end_object();
    return writer.json().take();
}

}  // namespace ocm
