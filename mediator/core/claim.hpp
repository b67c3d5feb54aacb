// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/http_message.hpp"
#include "core/time.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ocm {

/// Where the identity of a message comes from, strongest first (design 5.2).
enum class KeyKind {
    explicit_key,  // the client's Idempotency-Key header
    document,      // the document's own identifier
    source,        // the source system's record id
    content,       // hash of the raw body; valid for 24 hours, never used for a multiple birth
};
std::string_view name(KeyKind kind);
std::optional<KeyKind> key_kind(std::string_view text);

/// Whom a message is about, as hashes that can be compared but not read. An absent feature compares with nothing.
struct Subject {
    std::string person;  // name and date of birth of the child or the deceased
    std::string date;    // date of the event
    std::string parent;  // mother or informant
    std::string sex;
    bool multiple = false;  // a twin or more: two unnamed ones are never the same subject
    friend bool operator==(const Subject&, const Subject&) = default;
};

/// Plainly another subject: both are known well enough, and they differ where one person could not. Vendors copy
/// constant identifiers from samples, so the same document identifier may come with many children.
bool plainly_another(const Subject& a, const Subject& b);

enum class ClaimState {
    running,      // being worked on in this process
    interrupted,  // the process ended while it ran: evaluated afresh, with the same upstream ids
    delivered,    // done; the outcome is replayed
    queued,       // accepted, in the outbox
    parked,       // accepted, waits for an administrator: evaluated afresh when it comes again
    refused,      // the target or we said no: evaluated afresh
    unavailable,  // the target was down and the caller was told to come again: evaluated afresh
    unclear,      // sent, and nobody knows whether it was taken: not sent again before an administrator has looked
};
std::string_view name(ClaimState state);
std::optional<ClaimState> claim_state(std::string_view text);

/// What a message claims to be, decided against what the store holds, in the store's writer.
struct Claim {
    std::string client;  // scope: keys of two clients never meet
    std::string format;  // scope: "opencrvs-1"
    KeyKind kind = KeyKind::content;
    std::string key;             // as sent; hashed by the store
    std::string content_sha256;  // of the raw body
    Subject subject;
};

/// A claim the store holds.
struct HeldClaim {
    std::string transaction;
    KeyKind kind = KeyKind::content;
    std::string content_sha256;
    Subject subject;
    ClaimState state = ClaimState::running;
    WallTime at{};
    unsigned version = 1;  // 1 for the first content under this key, 2 for its first correction...
};

enum class ClaimVerdict {
    fresh,            // nothing like it: go on
    again,            // known, but to be evaluated afresh (refused, interrupted, unavailable): go on
    another_subject,  // same document key, plainly another subject: go on as new, with a warning
    replay,           // same content, delivered: answer what was answered
    wait,             // same content, running: wait for it
    queued,           // same content, queued: report that
    replaces_queued,  // other content, still queued: goes on in its place
    correction,       // other content, same subject, already sent: 409
    key_reused,       // explicit key with other content: 422
};
std::string_view name(ClaimVerdict verdict);

struct ClaimDecision {
    ClaimVerdict verdict = ClaimVerdict::fresh;
    std::optional<std::size_t> held;  // index into the held claims that decided it
};

/// The whole rule, pure. `held` are the claims with the same client, format and key, newest first.
ClaimDecision decide(const Claim& claim, const std::vector<HeldClaim>& held, WallTime now);

/// How long a content hash identifies a message.
inline constexpr Milliseconds content_key_lifetime = std::chrono::hours(24);

}  // namespace ocm
