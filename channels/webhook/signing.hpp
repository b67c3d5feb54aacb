// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/webhook/deliver.hpp"
#include "core/store_port.hpp"
#include "core/subscription.hpp"

#include <optional>
#include <string_view>

/// With which key a delivery is signed while a signing secret is rotated: its receiver may have the old one still.
namespace ocm::webhook {

/// The signature with the old secret, and the name of that key, beside those of the new one.
inline constexpr std::string_view old_signature_header = "Mediator-Old-Signature";
inline constexpr std::string_view old_key_header = "Mediator-Old-Key-Id";

enum class Secret { none, current, old };
/// Which of a client's signing secrets this is, as long as the old one counts.
Secret secret_of(const store_ops::Client& client, std::string_view given, WallTime now);

/// The subscription with its old key as the one that signs, where that is what its receiver checks by: the contracts of
/// 1.x have exactly one signature (opencrvs.md 4.6), so the old secret signs alone until its time is over. Absent where
/// the current one signs.
std::optional<Subscription> signed_as_before(const Subscription& subscription, WallTime now);

/// Adds the signature with the old secret in the contracts that may have two.
void add_old_signature(Message& message, const Subscription& subscription, WallTime now);

}  // namespace ocm::webhook
