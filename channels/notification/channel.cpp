// SPDX-License-Identifier: MPL-2.0
#include "channels/notification/channel.hpp"

#include "channels/notification/dhis2.hpp"
#include "channels/notification/fhir.hpp"
#include "channels/notification/flow.hpp"
#include "channels/notification/opencrvs_1.hpp"
#include "channels/notification/status.hpp"
#include "channels/notification/vital_events.hpp"

namespace ocm::notification {
namespace {

struct Shared {
    NotificationDeps deps;
    Format opencrvs_1 = opencrvs_1_format();
    Format vital_events = vital_events_format(deps.stillbirths_as_death);
};
using SharedPtr = std::shared_ptr<const Shared>;

/// A route that takes one notification in a format.
struct Intake {
    std::string pattern, summary;
    const Format* format;
    Mode mode = Mode::send;  // `?dry-run` checks whatever the route does
};

Route intake(const SharedPtr& shared, Intake described) {
    Route route;
    route.method = "POST";
    route.pattern = std::move(described.pattern);
    route.summary = std::move(described.summary);
    route.allowed = {store_ops::ClientKind::event_notification};
    route.handler = [shared, format = described.format, mode = described.mode](Exchange& exchange) {
        return take(exchange, *format, shared->deps, mode_of(exchange.request(), mode));
    };
    route.render_error = described.format->refusal;
    return route;
}

Route tracker(const SharedPtr& shared) {
    Route route;
    route.method = "POST";
    route.pattern = "/dhis2/tracker";
    route.summary = "Takes births and deaths out of a DHIS2 tracker payload (docs/dhis2.md).";
    route.allowed = {store_ops::ClientKind::event_notification};
    route.handler = [shared](Exchange& exchange) {
        const auto& mapping = shared->deps.dhis2 ? *shared->deps.dhis2 : dhis2::shipped_mapping();
        return take_tracker(exchange, mapping, shared->deps, mode_of_tracker(exchange.request()));
    };
    route.render_error = tracker_refusal;
    return route;
}

}  // namespace

ChannelDefinition make_notification_channel(NotificationDeps deps) {
    auto shared = std::make_shared<const Shared>(Shared{std::move(deps)});
    ChannelDefinition channel;
    channel.name = channel_name;
    channel.title = "OpenCRVS notification";
    channel.description = "Birth and death notifications from health facilities to OpenCRVS.";
    channel.role = "opencrvs-notification";
    channel.routes = {
        intake(shared, {"/notification",
                        "Takes a birth or death notification: the FHIR document bundle of OpenCRVS 1.x. "
                        "With ?dry-run it checks and sends nothing.",
                        &shared->opencrvs_1}),
        intake(shared, {"/vital-events", "Takes a birth or death as plain JSON (docs/vital-events.md).",
                        &shared->vital_events}),
        intake(shared, {"/vital-events/$validate", "Checks such a birth or death and sends nothing.",
                        &shared->vital_events, Mode::check}),
        schema_route(),
        tracker(shared),
        status_route(shared->deps.hold),
    };
    for (auto& route : fhir_routes({shared, &shared->deps})) channel.routes.push_back(std::move(route));
    for (auto& route : access_routes(shared->deps.access)) channel.routes.push_back(std::move(route));
    for (auto& route : location_routes(shared->deps.locations)) channel.routes.push_back(std::move(route));
    return channel;
}

}  // namespace ocm::notification
