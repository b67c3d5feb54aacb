// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/registration_event.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What the webhooks of OpenCRVS 1.x and their subscribers agree on: topics and the signature (opencrvs.md 4.4, 4.6).
namespace ocm::opencrvs_v1 {

/// The header that holds the signature.
inline constexpr std::string_view signature_header = "X-Hub-Signature";

/// "sha256=<hex>" over the bytes of the body as they go or came over the wire; JSON written anew is another body.
std::string hub_signature(std::string_view secret, std::string_view raw_body);

/// True where the header is the signature of exactly these bytes; takes the same time wherever they differ. An empty
/// secret or header never matches.
bool hub_signature_matches(std::string_view secret, std::string_view raw_body, std::string_view header);

/// The six topics every 1.x version lets a subscriber ask for ("BIRTH_REGISTERED"), in its order. It has none for a
/// marriage, a revocation or the status of a notification.
const std::vector<std::string_view>& hub_topics();
std::optional<Topic> hub_topic(std::string_view name);
std::optional<std::string_view> hub_topic_name(const Topic& topic);

}  // namespace ocm::opencrvs_v1
