// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/opencrvs/event_document.hpp"
#include "channels/webhook/inbound.hpp"
#include "core/delivery_kind.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace ocm::webhook {

struct HeardDeps {
    std::string target;
    Finality finality = Finality::confirmed;
    /// An EventDocument of 1.9 or 2.0; `unavailable` while the target's forms are not known.
    std::function<Result<opencrvs::DocumentRead>(const Json& document, const opencrvs::About& about)> read_document;
    /// The target's own document of a record (2.0). Empty: the target lets nobody read it.
    std::function<Task<Result<Json>>(Exchange&, std::string record)> event{};
    /// The number of a record once it is registered (1.9). Empty: it cannot be asked for.
    std::function<Task<Result<std::optional<std::string>>>(Exchange&, std::string record)> registered{};
    Publish publish{};  // may be empty: nobody is told, and what was heard is over with that
    /// What is committed so that one subscription is told; nothing where it does not ask for the event. May be empty.
    std::function<std::vector<store_ops::Op>(const RegistrationEvent&, const std::string& subscription,
                                             const std::string& transaction, WallTime)>
        tell{};
};

/// How long what OpenCRVS does not show yet is waited for before it is asked again. Each look is an action and an audit
/// row of the record there (opencrvs.md 7.8), so the waits grow with what was waited already.
Milliseconds before_next_look(Milliseconds waited);
/// Longer than this nothing is waited for.
inline constexpr std::chrono::hours longest_wait{24};

/// What was heard is read, where need be asked back, and published with the same commit that ends it.
///
/// Of what a search found (catch_up.hpp) 2.0 is asked for the whole record, and what became of it since it was
/// registered is published with it; 1.3 to 1.9 show no more than was found, and the event is partial.
///
/// A forwarded copy is no proof (7.11), nor is that of a trigger, whose body is not signed: with `Finality::confirmed`
/// the action must be accepted in the target's own document (2.0), or the record be found among the registered ones
/// (1.9, which shows of other changes nothing: they are published unconfirmed).
DeliveryKind make_heard_delivery(HeardDeps deps);

}  // namespace ocm::webhook
