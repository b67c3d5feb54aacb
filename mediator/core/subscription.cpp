// SPDX-License-Identifier: MPL-2.0
#include "core/subscription.hpp"

#include <algorithm>
#include <array>

namespace ocm {
namespace {

using namespace std::string_view_literals;

constexpr std::array contracts{"opencrvs-1"sv, "national-id"sv, "fhir-r4"sv, "cloudevents"sv};
constexpr std::array states{"requested"sv, "active"sv, "paused"sv, "ended"sv};

template <class Enum, std::size_t N>
std::optional<Enum> from(const std::array<std::string_view, N>& names, std::string_view text) {
    const auto* found = std::ranges::find(names, text);
    if (found == names.end()) return std::nullopt;
    return static_cast<Enum>(found - names.begin());
}

}  // namespace

std::string_view name(SubscriptionContract contract) {
    return contracts[static_cast<std::size_t>(contract)];
}

std::optional<SubscriptionContract> subscription_contract(std::string_view text) {
    return from<SubscriptionContract>(contracts, text);
}

std::string_view name(SubscriptionState state) {
    return states[static_cast<std::size_t>(state)];
}

std::optional<SubscriptionState> subscription_state(std::string_view text) {
    return from<SubscriptionState>(states, text);
}

}  // namespace ocm
