// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/notification/channel.hpp"
#include "core/route.hpp"

#include <memory>
#include <vector>

/// FHIR R4 in: `POST /fhir`, `/fhir/Bundle`, `/fhir/$process-message`, `/fhir/$validate`
/// (external-systems.md 4.2, 4.3).
namespace ocm::notification {

/// Answers are of the message's own kind. A document, a collection or bare resources: 201 with Location and an
/// OperationOutcome (202 where it is queued or parked). A transaction: a transaction-response; of several notifications
/// all are checked before any is sent. A batch: a batch-response, each entry with the status of its notification. A
/// message: a message with MessageHeader.response. Refusals are OperationOutcomes with element paths, never values; a
/// message's is wrapped in a message.
///
/// Each notification of several is a transaction of its own.
std::vector<Route> fhir_routes(const std::shared_ptr<const NotificationDeps>& deps);

}  // namespace ocm::notification
