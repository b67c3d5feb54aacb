// SPDX-License-Identifier: MPL-2.0
#include "formats/cloudevents/write.hpp"

#include "core/time.hpp"
#include "formats/vital_json/vital_json.hpp"

namespace ocm::cloudevents {
namespace {

constexpr std::string_view prefix = "org.opencrvs.mediator.";

/// A part of a URI path: what is not unreserved is percent-encoded.
std::string path_part(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    constexpr std::string_view marks = "-._~";
    std::string out;
    for (const char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                           marks.find(c) != std::string_view::npos;
        if (plain) {
            out += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        out += '%';
        out += digits[byte >> 4U];
        out += digits[byte & 0xFU];
    }
    return out;
}

Json envelope(std::string_view id, std::string source, std::string type) {
    Json out = Json::object();
    out["specversion"] = "1.0";
    out["id"] = id;
    out["source"] = std::move(source);
    out["type"] = std::move(type);
    out["datacontenttype"] = "application/json";
    return out;
}

}  // namespace

std::string type_of(const Topic& topic) {
    return std::string(prefix) + name(topic) + ".v" + std::string(vital_json::version);
}

Json write(const RegistrationEvent& event, std::optional<std::int64_t> sequence) {
    auto out = envelope(event_id(event), "/opencrvs/" + path_part(event.target), type_of(event.topic));
    // An attribute that is there has to be an instant.
    if (parse_rfc3339(event.occurred_at)) out["time"] = event.occurred_at;
    if (sequence) {
        // Compared as text, so all of one length.
        auto number = std::to_string(*sequence);
        constexpr std::size_t digits = 19;
        if (number.size() < digits) number.insert(0, digits - number.size(), '0');
        out["sequence"] = std::move(number);
    }
    auto& data = out["data"] = Json::object();
    data["event"] = vital_json::write(event.event);
    data["confirmed"] = event.confirmed;
    data["partial"] = event.partial;
    if (event.status) data["status"] = name(*event.status);
    if (!event.reason.empty()) data["reason"] = event.reason;
    // Of the status of a notification, which goes to its sender alone.
    if (event.status && event.notifier) {
        data["notification"] = event.notifier->transaction;
        if (!event.notifier->source_id.empty()) data["source_id"] = event.notifier->source_id;
    }
    return out;
}

Json write_test(std::string_view subscription, std::string_view id) {
    auto out = envelope(id, "/subscriptions/" + path_part(subscription), std::string(prefix) + "subscription.test");
    out["data"] = Json::object();
    return out;
}

}  // namespace ocm::cloudevents
