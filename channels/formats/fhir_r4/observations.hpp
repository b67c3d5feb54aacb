// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/vital_event.hpp"
#include "core/result.hpp"
#include "formats/fhir_r4/cast.hpp"

#include <optional>
#include <string>
#include <vector>

namespace ocm::fhir_r4 {

/// What observations say that becomes a value of the event only once all of them are read.
struct Facts {
    struct Cause {
        long line = 0;
        std::string code, words;
    };
    std::vector<Cause> causes;
    std::optional<long> live_in_delivery;  // infants of this delivery that were born alive
    const Json* live_in_delivery_node = nullptr;
    std::optional<long> still_living, now_dead;  // the mother's earlier births
    bool certified = false;                      // the death was certified by a physician
    const Json* died_node = nullptr;             // where an observation said the date of death
    std::vector<const Json*> place_references;   // of observations that may name the place of death
};

/// Reads an Observation, or one of its components, by its codes alone. `bad_request` for a date that does not exist.
Result<void> read_observation(const Resource& observation, const Cast& cast, const Resources& resources, Facts& facts,
                              VitalEvent& event, Marks& marks);

/// Puts what only all of the observations tell into the event.
void settle(Facts facts, VitalEvent& event, Marks& marks);

}  // namespace ocm::fhir_r4
