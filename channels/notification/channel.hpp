// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/account.hpp"
#include "channels/all.hpp"
#include "channels/notification/access.hpp"
#include "channels/notification/locations.hpp"
#include "channels/opencrvs/target.hpp"
#include "core/route.hpp"
#include "formats/dhis2/mapping.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

/// The OpenCRVS 1.x event notification, whatever the target's version (design sections 5 and 9).
namespace ocm::notification {

/// Hands one event to the target; the event outlives the call. Fails with `target_timeout` where the target may have
/// taken it and would take it twice: it is not sent again before someone has looked.
using Send = std::function<Task<Result<opencrvs::Sent>>(Exchange&, const VitalEvent&, opencrvs::NotifyIds)>;

/// What handing it over would carry and drop, without doing so. Fails as `Send` does.
using Preview = std::function<Task<Result<Account>>(Exchange&, const VitalEvent&)>;

struct NotificationDeps {
    Send send;
    Preview preview;
    std::string target;             // its name: upstream ids are derived from it
    const std::atomic<bool>& hold;  // an administrator's stop: outlives the channel
    /// Where set and true, a notification from an unknown facility waits for the crosswalk instead of being refused.
    const std::atomic<bool>* park = nullptr;
    /// The codes of the event that nobody knows (`opencrvs::Target::unknown_places`); empty: it is never parked.
    std::function<std::vector<PlaceCode>(const VitalEvent&)> unknown_places{};
    /// Where set and true, a stillbirth is sent as a death; else the country's forms decide.
    const std::atomic<bool>* stillbirths_as_death = nullptr;
    bool takes_documents = false;  // the target may take the sender's own 1.x document as it is
    /// A call that must not be repeated is recorded before it is sent: cut short, it is unclear, not sent again (ADR
    /// 11).
    bool asks_when_unclear = false;
    std::function<bool()> down{};     // the target did not answer several times in a row: no need to make callers wait
    std::function<void(int)> live{};  // told 1 before and -1 after a call that a caller waits for
    std::shared_ptr<const dhis2::Mapping> dhis2{};  // of programs; empty: the shipped one
    Access access{};
    LocationDeps locations{};
};

inline constexpr std::string_view channel_name = "notification";

/// `POST /notification`: a document bundle in, 1.8's answer out. With `?dry-run` the same decoding and checks, 200 with
/// the account, and nothing sent.
///
/// `POST /fhir` and below: the same for FHIR R4 (fhir.hpp).
///
/// `GET /notifications/{id}`: what became of it, for its sender (status.hpp).
///
/// `POST /token` and `GET /.well-known`: access tokens as 1.x issues them (access.hpp). `GET /location`: the target's
/// places as 1.x shows them (locations.hpp).
///
/// 202 with the status's address in Location where OpenCRVS cannot take it now, the channel is held or (by setting) the
/// facility is not known yet: ours to deliver from then on; a client set to `refuse` is answered 503 instead.
/// 200 with the saved record (Mediator-Account counts what the account holds; Idempotency-Replayed where it is a
/// replay); 400 what the document or the target's registry does not allow, with its place; 409 a correction of what was
/// sent; 415 what is not JSON; 422 an Idempotency-Key used for other content, or
/// a loss that the sender forbade; 502 an answer of the target that cannot
/// be used; 503 with Retry-After while the target is down or slow, the channel is held, or the same record is being
/// worked on.
ChannelDefinition make_notification_channel(NotificationDeps deps);

}  // namespace ocm::notification
