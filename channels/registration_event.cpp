// SPDX-License-Identifier: MPL-2.0
#include "channels/registration_event.hpp"

#include "core/ids.hpp"

#include <algorithm>
#include <array>

namespace ocm {
namespace {

using namespace std::string_view_literals;

constexpr std::array changes{"registered"sv, "corrected"sv, "revoked"sv, "certified"sv, "notification-status"sv};
constexpr std::array heards{"webhook"sv, "forwarded"sv, "trigger"sv, "catch-up"sv};
constexpr std::array statuses{"registered"sv, "rejected"sv, "archived"sv};
constexpr std::string_view status_topic = "notification.status";

/// Name space of the ids of events; never changes.
constexpr std::string_view event_space = "0b6f2c0e-5f0e-5d5c-9d37-6c1b8d0f4a21";

template <class Enum, std::size_t N>
std::optional<Enum> from(const std::array<std::string_view, N>& names, std::string_view text) {
    const auto* found = std::ranges::find(names, text);
    if (found == names.end()) return std::nullopt;
    return static_cast<Enum>(found - names.begin());
}

}  // namespace

std::string_view name(Change change) {
    return changes[static_cast<std::size_t>(change)];
}

std::string_view name(Heard heard) {
    return heards[static_cast<std::size_t>(heard)];
}

std::optional<Heard> heard(std::string_view text) {
    return from<Heard>(heards, text);
}

std::string_view name(NotificationStatus status) {
    return statuses[static_cast<std::size_t>(status)];
}

std::optional<NotificationStatus> notification_status(std::string_view text) {
    return from<NotificationStatus>(statuses, text);
}

std::string name(const Topic& topic) {
    if (topic.change == Change::notification_status) return std::string(status_topic);
    return std::string(name(topic.kind)) + "." + std::string(name(topic.change));
}

const std::vector<Topic>& topics() {
    static const std::vector<Topic> all = [] {
        std::vector<Topic> out;
        for (const auto change : {Change::registered, Change::corrected, Change::revoked, Change::certified}) {
            for (const auto kind : {VitalKind::birth, VitalKind::death, VitalKind::marriage}) {
                out.push_back({change, kind});
            }
        }
        out.push_back({Change::notification_status, VitalKind::birth});
        return out;
    }();
    return all;
}

std::optional<Topic> topic(std::string_view text) {
    const auto found = std::ranges::find_if(topics(), [text](const Topic& one) { return name(one) == text; });
    if (found == topics().end()) return std::nullopt;
    return *found;
}

RegistrationEvent with_content(const RegistrationEvent& event, VitalEvent content) {
    // Names every member, so that this does not compile with one more.
    const auto& [topic, target, record, occurrence, occurred_at, old_content, partial, confirmed, heard, status, reason,
                 notifier, document] = event;
    return {topic, target, record, occurrence, occurred_at, std::move(content), partial, confirmed,
            heard, status, reason, notifier,   document};
}

std::string once_key(const RegistrationEvent& event) {
    // Spaces are in none of the names.
    return event.target + " " + name(event.topic) + " " + event.occurrence;
}

std::string event_id(const RegistrationEvent& event) {
    return uuid_v5(event_space, once_key(event));
}

}  // namespace ocm
