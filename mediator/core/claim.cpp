// SPDX-License-Identifier: MPL-2.0
#include "core/claim.hpp"

#include <array>

namespace ocm {
namespace {

template <class E, std::size_t N>
std::optional<E> find_name(std::string_view text, const std::array<std::string_view, N>& names) {
    for (std::size_t i = 0; i < N; ++i) {
        if (names[i] == text) return static_cast<E>(i);
    }
    return std::nullopt;
}

constexpr std::array<std::string_view, 4> kind_names{"explicit", "document", "source", "content"};
constexpr std::array<std::string_view, 8> state_names{"running", "interrupted", "delivered",   "queued",
                                                      "parked",  "refused",     "unavailable", "unclear"};
constexpr std::array<std::string_view, 9> verdict_names{
    "fresh", "again", "another_subject", "replay", "wait", "queued", "replaces_queued", "correction", "key_reused"};

bool differ(const std::string& a, const std::string& b) {
    return !a.empty() && !b.empty() && a != b;
}

bool evaluated_afresh(ClaimState state) {
    return state == ClaimState::refused || state == ClaimState::interrupted || state == ClaimState::unavailable ||
           state == ClaimState::parked;
}

}  // namespace

std::string_view name(KeyKind kind) {
    return kind_names[static_cast<std::size_t>(kind)];
}
std::optional<KeyKind> key_kind(std::string_view text) {
    return find_name<KeyKind>(text, kind_names);
}
std::string_view name(ClaimState state) {
    return state_names[static_cast<std::size_t>(state)];
}
std::optional<ClaimState> claim_state(std::string_view text) {
    return find_name<ClaimState>(text, state_names);
}
std::string_view name(ClaimVerdict verdict) {
    return verdict_names[static_cast<std::size_t>(verdict)];
}

bool plainly_another(const Subject& a, const Subject& b) {
    // Twins share mother and date, and often have no name yet: without proof that it is the same child, it is another.
    if (a.multiple || b.multiple) return a != b || a.person.empty();
    // One corrected field is a correction; a different person born of (or on) something else is not.
    int different = 0;
    if (differ(a.person, b.person)) ++different;
    if (differ(a.date, b.date)) ++different;
    if (differ(a.parent, b.parent)) ++different;
    return different >= 2;
}

ClaimDecision decide(const Claim& claim, const std::vector<HeldClaim>& held, WallTime now) {
    bool met_another_subject = false;
    for (std::size_t i = 0; i < held.size(); ++i) {
        const auto& other = held[i];
        if (claim.kind == KeyKind::content && now - other.at > content_key_lifetime) continue;

        if (other.content_sha256 == claim.content_sha256) {
            if (evaluated_afresh(other.state)) return {ClaimVerdict::again, i};
            if (other.state == ClaimState::running) return {ClaimVerdict::wait, i};
            if (other.state == ClaimState::queued || other.state == ClaimState::unclear)
                return {ClaimVerdict::queued, i};
            return {ClaimVerdict::replay, i};
        }
        if (claim.kind == KeyKind::explicit_key) return {ClaimVerdict::key_reused, i};
        if (plainly_another(claim.subject, other.subject)) {
            met_another_subject = true;
            continue;
        }
        // Refused content left nothing behind: its correction is simply the next try.
        if (evaluated_afresh(other.state)) return {ClaimVerdict::again, i};
        if (other.state == ClaimState::queued) return {ClaimVerdict::replaces_queued, i};
        if (other.state == ClaimState::running) return {ClaimVerdict::wait, i};
        return {ClaimVerdict::correction, i};
    }
    return {met_another_subject ? ClaimVerdict::another_subject : ClaimVerdict::fresh, std::nullopt};
}

}  // namespace ocm
