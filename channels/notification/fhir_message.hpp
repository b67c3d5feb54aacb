// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/notification/fhir_request.hpp"
#include "channels/notification/format.hpp"
#include "formats/fhir_r4/outcome.hpp"

#include <atomic>
#include <memory>
#include <string>

namespace ocm::notification {

/// How one FHIR notification is taken.
struct FhirTaking {
    std::shared_ptr<const FhirRequest> request;
    std::string prefix;  // before our paths, as the caller sees them
    bool part = false;   // it came inside a larger message
    const std::atomic<bool>* stillbirths_as_death = nullptr;
};

/// The one notification of a FHIR request, for the flow every notification takes.
Result<std::unique_ptr<Message>> read_fhir(const FhirTaking& taking);

}  // namespace ocm::notification
