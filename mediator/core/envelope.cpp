// SPDX-License-Identifier: MPL-2.0
#include "core/envelope.hpp"

#include "core/hash.hpp"
#include "core/json.hpp"
#include "core/redact.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace ocm {
namespace {

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

class Writer {
  public:
    explicit Writer(const EnvelopeOptions& options) : options_(options) {}

    Json orchestration(const Orchestration& step) {
        Json out;
        const auto step_name = valid_utf8(step.name);  // which may leave nothing of it
        out["name"] = step_name.empty() ? "Step" : step_name;
        Json request{{"host", valid_utf8(step.host)},    {"port", valid_utf8(step.port)},
                     {"path", valid_utf8(step.path)},    {"method", valid_utf8(step.method)},
                     {"headers", headers(step.headers)}, {"body", body(step.body)},
                     {"timestamp", rfc3339(step.at)}};
        if (!step.query.empty()) request["querystring"] = valid_utf8(redact_query(step.query));
        out["request"] = std::move(request);
        if (step.response) {
            out["response"] = {{"status", step.response->status},
                               {"headers", headers(step.response->headers)},
                               {"body", body(step.response->body)},
                               {"timestamp", rfc3339(step.response->at)}};
        }
        if (step.error) out["error"] = {{"message", valid_utf8(step.error->message)}};
        return out;
    }

    static Json headers(const HttpHeaders& fields) {
        Json out = Json::object();
        for (const auto& [name, value] : redact_headers(fields)) {
            // Mongo keys may hold neither '.' nor a leading '$' (openhim.md 6.3).
            auto key = valid_utf8(to_lower(name));
            std::replace(key.begin(), key.end(), '.', '_');
            std::replace(key.begin(), key.end(), '$', '_');
            out[key] = valid_utf8(value);
        }
        return out;
    }

  private:
    std::string body(const std::string& bytes) {
        if (bytes.empty()) return {};
        if (options_.bodies == OrchestrationBodies::none) return {};
        if (options_.bodies == OrchestrationBodies::hash) {
            return "[" + std::to_string(bytes.size()) + " bytes, sha256 " + sha256_hex(bytes) + "]";
        }
        const auto left = options_.max_bodies - std::min(used_, options_.max_bodies);
        auto out = cut(valid_utf8(bytes), std::min(options_.max_body, left));
        used_ += out.size();
        return out;
    }

    EnvelopeOptions options_;
    std::size_t used_ = 0;
};

Json outcome_json(const Outcome& outcome, const EnvelopeOptions& options) {
    Writer writer(options);
    const int http = std::clamp(outcome.response.status, 100, 999);
    const auto status = outcome.status.value_or(status_for(http));

    auto fields = Writer::headers(outcome.response.headers);
    fields.erase("content-length");
    fields.erase("transfer-encoding");
    fields.erase("connection");
    fields.erase("content-encoding");
    if (!fields.contains("content-type")) fields["content-type"] = "text/plain; charset=utf-8";

    Json out;
    out["status"] = name(status);
    out["response"] = {{"status", http},
                       {"headers", std::move(fields)},
                       {"body", valid_utf8(outcome.response.body)},
                       {"timestamp", rfc3339(outcome.at)}};
    auto& steps = out["orchestrations"] = Json::array();
    for (std::size_t i = 0; i < outcome.orchestrations.size() && i < options.max_orchestrations; ++i) {
        steps.push_back(writer.orchestration(outcome.orchestrations[i]));
    }
    auto& properties = out["properties"] = Json::object();
    for (const auto& [key, value] : outcome.properties) {
        auto clean = valid_utf8(key);
        std::replace(clean.begin(), clean.end(), '.', '_');
        std::replace(clean.begin(), clean.end(), '$', '_');
        properties[clean] = valid_utf8(value);
    }
    return out;
}

}  // namespace

std::string valid_utf8(std::string_view text) {
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
    auto out = outcome_json(outcome, options);
    out["x-mediator-urn"] = valid_utf8(outcome.mediator_urn);
    if (outcome.error && is_transient(outcome.error->code)) {
        out["error"] = {{"message", valid_utf8(outcome.error->message)}, {"stack", ""}};
    }
    return HttpResponse{200, HttpHeaders{{"content-type", std::string(openhim_media_type)}}, dump_json(out)};
}

std::string build_late_update(const Outcome& outcome, const EnvelopeOptions& options) {
    return dump_json(outcome_json(outcome, options));
}

}  // namespace ocm
