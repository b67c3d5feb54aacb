// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/vital_event.hpp"
#include "core/json.hpp"
#include "core/result.hpp"
#include "formats/opencrvs_v1/marks.hpp"

namespace ocm::opencrvs_v1 {

/// Reads an Observation by its code alone: senders disagree on categories and label local codes as LOINC.
Result<void> read_observation(const Json& observation, VitalEvent& event, Marks& marks);

/// Reads the custom form fields of a QuestionnaireResponse: item text to answer.
void read_questionnaire(const Json& response, VitalEvent& event, Marks& marks);

}  // namespace ocm::opencrvs_v1
