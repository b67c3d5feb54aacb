// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/registration_event.hpp"

#include <optional>
#include <string>
#include <string_view>

/// Which OpenCRVS tells of what (opencrvs.md 3, 4.4, 7.10, 7.11): what may be subscribed to, and what the catch-up poll
/// looks for.
namespace ocm::webhook {

enum class TopicSource {
    native,    // OpenCRVS tells of it: by a webhook (1.3 to 1.8), a forwarded action or a trigger (1.9, 2.0)
    catch_up,  // it does not, but it can be looked up: minutes late, and in part
    refused    // nothing would ever be told
};
std::string_view name(TopicSource source);

struct TopicRow {
    TopicSource source = TopicSource::refused;
    bool looked_up = false;  // by the poll too, where it was missed
    std::string_view why{};  // why it is refused, or what is to be known of it; empty where there is nothing to say
};

/// The row of a topic at a target of this version. Where the version is not known everything is native.
TopicRow topic_row(const Topic& topic, std::string_view version);

/// Why a subscription to the topic would never be told anything; absent where it would.
std::optional<std::string> refusal_of(const Topic& topic, std::string_view version);

/// What a subscriber to the topic has to know; absent where there is nothing.
std::optional<std::string> warning_of(const Topic& topic, std::string_view version);

/// The table in docs/registrations.md.
std::string topic_table();

}  // namespace ocm::webhook
