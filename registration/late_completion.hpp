// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/delivery_kind.hpp"
#include "core/json.hpp"
#include "registration/core_api.hpp"
#include "registration/options.hpp"

#include <optional>
#include <string>

/// Tells OpenHIM how a transaction ended that it was answered 202 for (openhim.md 7.2).
namespace ocm::registration {

/// What to do about a transaction as OpenHIM has it now.
struct NextUpdate {
    enum class Kind {
        done,    // it says what it should, or OpenHIM has forgotten it
        wait,    // the core has not saved its own copy yet: what is written now would be written over
        update,  // write `body`, then look again
    };
    Kind kind = Kind::done;
    Json body;
};

/// Pure. `wanted` is build_late_update's: status, response, properties, and `orchestrations` to append, of which those
/// that are there already (same name, same time) are left out. `present` is absent where OpenHIM answered 404.
NextUpdate next_update(const std::optional<Json>& present, const Json& wanted);

/// The delivery kind "openhim-transaction". Each attempt looks first and is over only when OpenHIM shows the update,
/// for the core writes its copy of the transaction after our answer and over whatever came before (7.2, race).
DeliveryKind make_late_completion(Upstream& upstream, Clock& clock, Ids& ids, OpenHimOptions options);

}  // namespace ocm::registration
