// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/webhook/deliver.hpp"

#include <string>
#include <vector>

namespace ocm::webhook {

/// The fields a subscription may be told: names of the field policy as they are, 1.x permission codes as the fields
/// they stand for; a national ID client has its fixed ones (opencrvs.md 4.5, 5.1). Of what became of its notification a
/// notifier is told the numbers of the record, whatever else it may be told.
std::vector<std::string> granted(const Subscription& subscription, const RegistrationEvent& event);

/// Signs the body with the secret of the subscription, where it has one.
void sign(Message& message, const Subscription& subscription);

/// Every contract that is written. `fhir_base` is the address of our FHIR interface, which FHIR notifications name
/// their subscription and topic by (external-systems.md 4.4): where it is empty, nothing is written in FHIR.
Contracts contracts(const std::string& fhir_base);

}  // namespace ocm::webhook
