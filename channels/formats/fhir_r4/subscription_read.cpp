// SPDX-License-Identifier: MPL-2.0
#include "formats/fhir_r4/subscription_read.hpp"

#include "core/http_message.hpp"
#include "formats/fhir_r4/backport.hpp"
#include "formats/fhir_r4/notification_write.hpp"
#include "formats/fhir_r4/values.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cctype>

namespace ocm::fhir_r4 {
namespace {

constexpr std::size_t most_headers = 16;
constexpr std::size_t longest_text = 4096;
constexpr std::size_t most_codes = 200;

constexpr std::string_view no_place = "nothing here makes use of it";

/// Headers of the message and of the connection, and those that prove who sends: not a subscriber's to set.
constexpr std::array own_headers{
    "host",       "content-length", "content-type", "content-encoding", "transfer-encoding", "connection",
    "keep-alive", "expect",         "te",           "trailer",          "upgrade",           "x-hub-signature"};

bool is_token(std::string_view text) {
    constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
    return !text.empty() && std::ranges::all_of(text, [&](unsigned char c) {
        return std::isalnum(c) != 0 || marks.find(static_cast<char>(c)) != std::string_view::npos;
    });
}

bool is_own(std::string_view name) {
    const auto lower = to_lower(name);
    return std::ranges::find(own_headers, lower) != own_headers.end() || lower.starts_with("mediator-") ||
           lower.starts_with("proxy-");
}

class SubscriptionReader {
  public:
    SubscriptionReader(const Json& resource, const std::string& base)
        : resource_(resource), base_(base), marks_(resource) {}

    Result<SubscriptionRead> run() {
        if (auto fine = read_all(); !fine) return fail(std::move(fine.error()));
        out_.account = marks_.account();
        return std::move(out_);
    }

  private:
    using Done = Result<void>;

    Done read_all() {
        if (!resource_.is_object() || text_member(resource_, "resourceType") != "Subscription")
            return wrong("has to be Subscription", "/resourceType");
        marks_.structure(resource_["resourceType"]);
        for (const auto* key : {"implicitRules", "modifierExtension"}) {
            if (resource_.contains(key)) return wrong("is not understood here", pointer("", key));
        }
        out_.id = text_member(resource_, "id");
        marks_.structure(member(resource_, "id"));
        for (const auto* key : {"meta", "text", "language"}) marks_.structure(member(resource_, key));
        for (const auto* key : {"contact", "contained", "extension"}) {
            if (const auto* there = member(resource_, key)) marks_.dropped(*there, no_place);
        }
        if (const auto* error = member(resource_, "error")) marks_.dropped(*error, "is the server's to say");
        for (auto step :
             {&SubscriptionReader::read_status, &SubscriptionReader::read_topic, &SubscriptionReader::read_filters,
              &SubscriptionReader::read_channel, &SubscriptionReader::read_rest}) {
            if (auto fine = (this->*step)(); !fine) return fine;
        }
        return {};
    }

    static tl::unexpected<Error> wrong(std::string what, std::string path) {
        return fail(ErrorCode::bad_request, std::move(what), std::move(path));
    }

    /// A text that has to be there.
    Result<std::string> required(const Json& in, const char* key, const std::string& at) {
        const auto* value = member(in, key);
        if (value == nullptr) return wrong("is required", pointer(at, key));
        if (!value->is_string() || text(*value).empty() || text(*value).size() > longest_text)
            return wrong("has to be a text", pointer(at, key));
        marks_.carried(*value);
        return std::string(text(*value));
    }

    Done read_status() {
        auto status = required(resource_, "status", "");
        if (!status) return fail(std::move(status.error()));
        constexpr std::array allowed{"requested", "active", "off"};
        if (std::ranges::find(allowed, *status) == allowed.end())
            return wrong("has to be requested, active or off", "/status");
        out_.status = std::move(*status);
        return {};
    }

    Done read_topic() {
        auto criteria = required(resource_, "criteria", "");
        if (!criteria) return fail(std::move(criteria.error()));
        for (const auto& each : topics()) {
            if (*criteria != topic_url(base_, each)) continue;
            out_.topic = each;
            return {};
        }
        return wrong("is not the URL of a topic that is offered here: they are below " + base_ + "/SubscriptionTopic/",
                     "/criteria");
    }

    Done read_filters() {
        const auto* criteria = member(resource_, "_criteria");
        if (criteria == nullptr) return {};
        const auto* extensions = member(*criteria, "extension");
        for (std::size_t i = 0; extensions != nullptr && i < extensions->size(); ++i) {
            const auto at = pointer("/_criteria/extension", i);
            const auto* each = element(*extensions, i);
            if (each == nullptr) return wrong("has to be a list", "/_criteria/extension");
            if (text_member(*each, "url") != backport::filter_criteria)
                return wrong("only the extension backport-filter-criteria is understood here", pointer(at, "url"));
            marks_.structure((*each)["url"]);
            auto filter = required(*each, "valueString", at);
            if (!filter) return fail(std::move(filter.error()));
            if (auto fine = read_filter(*filter, pointer(at, "valueString")); !fine) return fine;
        }
        return {};
    }

    /// "Patient?area=A,B&office=C": a search of the resources that tell of the event, or its parameters alone.
    Done read_filter(std::string_view filter, const std::string& at) {
        const auto mark = filter.find('?');
        if (mark != std::string_view::npos) filter.remove_prefix(mark + 1);
        while (!filter.empty()) {
            const auto cut = filter.find('&');
            const auto one = filter.substr(0, cut);
            filter = cut == std::string_view::npos ? std::string_view{} : filter.substr(cut + 1);
            const auto equals = one.find('=');
            const auto name = one.substr(0, equals);
            const auto values =
                equals == std::string_view::npos ? std::nullopt : decode_query_value(one.substr(equals + 1));
            if (!values || values->empty()) return wrong("a filter is <parameter>=<value>,<value>", at);
            if (auto fine = read_parameter(name, *values, at); !fine) return fine;
        }
        return {};
    }

    Done read_parameter(std::string_view name, const std::string& values, const std::string& at) {
        if (name == "status") return read_statuses(values, at);
        const bool area = name == "area";
        if (!area && name != "office") return wrong("can be filtered by area, office and status only", at);
        auto& list = area ? out_.areas : out_.offices;
        // Two filters would both have to hold.
        if (!list.empty()) return wrong("a filter is given once, with all its values", at);
        for (const auto& value : split(values)) {
            auto code = read_place_code(area ? PlaceKind::area : PlaceKind::office, value);
            if (!code) return wrong("a filter is <parameter>=<value>,<value>", at);
            list.push_back({std::move(*code), at});
        }
        if (list.size() > most_codes) return wrong("has more values than can be looked up", at);
        return {};
    }

    Done read_statuses(const std::string& values, const std::string& at) {
        if (out_.topic.change != Change::notification_status)
            return wrong("only the topic of notifications can be filtered by status", at);
        if (!out_.statuses.empty()) return wrong("a filter is given once, with all its values", at);
        for (auto& value : split(values)) {
            if (!notification_status(value)) return wrong("a status is registered, rejected or archived", at);
            out_.statuses.push_back(std::move(value));
        }
        return {};
    }

    static std::vector<std::string> split(std::string_view values) {
        std::vector<std::string> out;
        for (;;) {
            const auto cut = values.find(',');
            out.emplace_back(values.substr(0, cut));
            if (cut == std::string_view::npos) return out;
            values.remove_prefix(cut + 1);
        }
    }

    Done read_channel() {
        const auto* channel = member(resource_, "channel");
        if (channel == nullptr || !channel->is_object()) return wrong("is required", "/channel");
        auto type = required(*channel, "type", "/channel");
        if (!type) return fail(std::move(type.error()));
        if (*type != "rest-hook") return wrong("only rest-hook is offered here", "/channel/type");
        if (channel->contains("_type")) return wrong("only rest-hook is offered here", "/channel/_type");
        auto endpoint = required(*channel, "endpoint", "/channel");
        if (!endpoint) return fail(std::move(endpoint.error()));
        out_.endpoint = std::move(*endpoint);
        if (auto fine = read_payload(*channel); !fine) return fine;
        if (auto fine = read_headers(member(*channel, "header")); !fine) return fine;
        return read_limits(member(*channel, "extension"));
    }

    Done read_payload(const Json& channel) {
        auto payload = required(channel, "payload", "/channel");
        if (!payload) return fail(std::move(payload.error()));
        if (media_type(*payload) != "application/fhir+json")
            return wrong("only application/fhir+json is offered here", "/channel/payload");
        const auto* more = member(channel, "_payload");
        const auto* extensions = more == nullptr ? nullptr : member(*more, "extension");
        bool said = false;
        for (std::size_t i = 0; extensions != nullptr && i < extensions->size(); ++i) {
            const auto at = pointer("/channel/_payload/extension", i);
            const auto* each = element(*extensions, i);
            if (each == nullptr || text_member(*each, "url") != backport::payload_content)
                return wrong("only the extension backport-payload-content is understood here", pointer(at, "url"));
            marks_.structure((*each)["url"]);
            auto content = required(*each, "valueCode", at);
            if (!content) return fail(std::move(content.error()));
            if (*content != "id-only" && *content != "full-resource")
                return wrong("only id-only and full-resource are offered here", pointer(at, "valueCode"));
            out_.full = *content == "full-resource";
            said = true;
        }
        if (said) return {};
        return wrong("is required with the extension backport-payload-content: id-only or full-resource",
                     "/channel/_payload");
    }

    Done read_headers(const Json* headers) {
        if (headers == nullptr) return {};
        if (!headers->is_array() || headers->size() > most_headers)
            return wrong("has to be a list of at most " + std::to_string(most_headers) + " headers", "/channel/header");
        for (std::size_t i = 0; i < headers->size(); ++i) {
            const auto at = pointer("/channel/header", i);
            const auto line = text(*element(*headers, i));
            const auto colon = line.find(':');
            const auto name = line.substr(0, colon);
            const bool plain = std::ranges::all_of(line, [](unsigned char c) { return c >= 0x20 && c < 0x7F; });
            if (colon == std::string_view::npos || !is_token(name) || !plain || line.size() > longest_text)
                return wrong("has to be \"Name: value\" in printable ASCII", at);
            if (is_own(name)) return wrong("this header is not a subscriber's to set", at);
            marks_.carried(*element(*headers, i));
            out_.headers.emplace_back(line);
        }
        return {};
    }

    /// A notification holds one event: any most of them is kept to.
    Done read_limits(const Json* extensions) {
        for (std::size_t i = 0; extensions != nullptr && i < extensions->size(); ++i) {
            const auto at = pointer("/channel/extension", i);
            const auto* each = element(*extensions, i);
            const auto url = each == nullptr ? std::string_view{} : text_member(*each, "url");
            if (url == backport::heartbeat_period) return wrong("heartbeats are not sent here: leave it out", at);
            if (url == backport::timeout)
                return wrong("what cannot be delivered is repeated for days here: leave it out", at);
            if (url != backport::max_count) return wrong("this extension is not understood here", pointer(at, "url"));
            const auto* count = member(*each, "valuePositiveInt");
            if (count == nullptr || !count->is_number_integer() || *count < 1)
                return wrong("has to be a positive number", pointer(at, "valuePositiveInt"));
            marks_.structure((*each)["url"]);
            marks_.structure(*count);
        }
        return {};
    }

    Done read_rest() {
        if (const auto* end = member(resource_, "end")) {
            out_.until = parse_rfc3339(text(*end));
            if (!out_.until) return wrong("has to be an instant with its time zone", "/end");
            marks_.carried(*end);
        }
        if (!resource_.contains("reason")) return {};
        auto reason = required(resource_, "reason", "");
        if (!reason) return fail(std::move(reason.error()));
        out_.reason = std::move(*reason);
        return {};
    }

    const Json& resource_;
    const std::string& base_;
    Marks marks_;
    SubscriptionRead out_;
};

}  // namespace

Result<SubscriptionRead> read_subscription(const Json& resource, const std::string& base) {
    return SubscriptionReader(resource, base).run();
}

}  // namespace ocm::fhir_r4
