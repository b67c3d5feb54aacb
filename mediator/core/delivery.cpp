// SPDX-License-Identifier: MPL-2.0
#include "core/delivery.hpp"

#include <array>

namespace ocm {
namespace {

constexpr std::array<std::string_view, 7> state_names{"pending", "sending",   "parked",  "delivered",
                                                      "dead",    "discarded", "replaced"};
constexpr std::array<std::string_view, 12> step_names{"start",     "postpone", "park",    "deliver",
                                                      "bury",      "retry",    "release", "discard",
                                                      "hand_over", "withdraw", "resolve", "drop"};

template <class E, std::size_t N>
std::optional<E> find_name(std::string_view text, const std::array<std::string_view, N>& names) {
    for (std::size_t i = 0; i < N; ++i) {
        if (names[i] == text) return static_cast<E>(i);
    }
    return std::nullopt;
}

}  // namespace

std::string_view name(DeliveryState state) {
    return state_names[static_cast<std::size_t>(state)];
}
std::optional<DeliveryState> delivery_state(std::string_view text) {
    return find_name<DeliveryState>(text, state_names);
}
bool is_live(DeliveryState state) {
    return state == DeliveryState::pending || state == DeliveryState::sending || state == DeliveryState::parked;
}

std::string_view name(DeliveryStep step) {
    return step_names[static_cast<std::size_t>(step)];
}
std::optional<DeliveryStep> delivery_step(std::string_view text) {
    return find_name<DeliveryStep>(text, step_names);
}

bool allowed(DeliveryStep step, DeliveryState from) {
    switch (step) {
        case DeliveryStep::start:
            return from == DeliveryState::pending;
        case DeliveryStep::postpone:
        case DeliveryStep::park:
        case DeliveryStep::deliver:
        case DeliveryStep::bury:
        case DeliveryStep::hand_over:
        case DeliveryStep::withdraw:
        case DeliveryStep::drop:
            return from == DeliveryState::sending;
        case DeliveryStep::release:
        case DeliveryStep::resolve:
            return from == DeliveryState::parked;
        case DeliveryStep::retry:
        case DeliveryStep::discard:
            return from == DeliveryState::pending || from == DeliveryState::parked || from == DeliveryState::dead;
    }
    return false;
}

DeliveryState state_after(DeliveryStep step) {
    switch (step) {
        case DeliveryStep::start:
        case DeliveryStep::hand_over:
            return DeliveryState::sending;
        case DeliveryStep::postpone:
        case DeliveryStep::retry:
        case DeliveryStep::release:
            return DeliveryState::pending;
        case DeliveryStep::park:
            return DeliveryState::parked;
        case DeliveryStep::deliver:
        case DeliveryStep::resolve:
            return DeliveryState::delivered;
        case DeliveryStep::bury:
            return DeliveryState::dead;
        case DeliveryStep::discard:
        case DeliveryStep::withdraw:
        case DeliveryStep::drop:
            return DeliveryState::discarded;
    }
    return DeliveryState::dead;
}

}  // namespace ocm
