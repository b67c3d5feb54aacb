// SPDX-License-Identifier: MPL-2.0
#include "channels/webhook/contracts.hpp"

#include "channels/field_policy.hpp"
#include "core/json.hpp"
#include "formats/cloudevents/write.hpp"
#include "formats/fhir_r4/notification_write.hpp"
#include "formats/fhir_r4/outcome.hpp"
#include "formats/opencrvs_v1/hub.hpp"
#include "formats/opencrvs_v1/webhook_write.hpp"

#include <algorithm>

namespace ocm::webhook {
namespace {

const std::vector<std::string>& given_to(const Subscription& subscription, VitalKind kind) {
    return subscription.contract == SubscriptionContract::national_id ? national_id_permissions(kind)
                                                                      : subscription.fields;
}

bool is_section(const std::string& name) {
    return fields_of_permission(name).has_value();
}

/// As OpenCRVS 1.x tells it. Where fields were granted by name, what OpenCRVS sent cannot be cut to sections, and the
/// event is written anew.
Result<Message> write_1x(const RegistrationEvent& event, const Subscription& subscription, WallTime now) {
    const auto& given = given_to(subscription, event.event.kind);
    auto permitted = permit(event.event, granted(subscription, event));
    const auto cut = with_content(event, std::move(permitted.event));
    opencrvs_v1::WebhookTo to;
    to.subscription = subscription.id;
    to.at = now;
    to.family_list = subscription.family_list;
    if (std::all_of(given.begin(), given.end(), is_section)) to.sections = given;
    auto written = opencrvs_v1::write_webhook(cut, to);
    if (!written) return fail(std::move(written.error()));
    Message out;
    out.body = std::move(written->body);
    out.headers.set("Content-Type", "application/json");
    out.headers.set(std::string(opencrvs_v1::signature_header),
                    opencrvs_v1::hub_signature(subscription.secret, out.body));
    out.disclosed = std::move(permitted.disclosed);
    return out;
}

Result<Message> write_cloudevent(const RegistrationEvent& event, const Subscription& subscription,
                                 const Delivery& delivery) {
    auto permitted = permit(event.event, granted(subscription, event));
    const auto cut = with_content(event, std::move(permitted.event));
    Message out;
    out.body = dump_json(cloudevents::write(cut, delivery.sequence));
    out.headers.set("Content-Type", std::string(cloudevents::content_type));
    sign(out, subscription);
    out.disclosed = std::move(permitted.disclosed);
    return out;
}

Result<Message> write_fhir(const RegistrationEvent& event, const Subscription& subscription, const Delivery& delivery,
                           const std::string& base, WallTime now) {
    auto permitted = permit(event.event, granted(subscription, event));
    const auto cut = with_content(event, std::move(permitted.event));
    fhir_r4::NotificationTo to;
    to.base = base;
    to.subscription = subscription.id;
    to.topic = event.topic;
    to.sequence = delivery.sequence;
    to.full = subscription.full;
    to.at = now;
    Message out;
    out.body = dump_json(fhir_r4::write_notification(cut, to).bundle);
    out.headers.set("Content-Type", std::string(fhir_r4::content_type));
    sign(out, subscription);
    // The ids are our own and say nothing of the record.
    if (subscription.full) out.disclosed = std::move(permitted.disclosed);
    return out;
}

}  // namespace

void sign(Message& message, const Subscription& subscription) {
    if (subscription.secret.empty()) return;
    message.headers.set(std::string(opencrvs_v1::signature_header),
                        opencrvs_v1::hub_signature(subscription.secret, message.body));
}

std::vector<std::string> granted(const Subscription& subscription, const RegistrationEvent& event) {
    // It sent the record, and was given the tracking id when it did.
    if (event.topic.change == Change::notification_status) return {"registration.number", "registration.tracking_id"};
    std::vector<std::string> out;
    for (const auto& each : given_to(subscription, event.event.kind)) {
        auto of_code = fields_of_permission(each);
        if (!of_code) {
            out.push_back(each);
            continue;
        }
        out.insert(out.end(), of_code->begin(), of_code->end());
    }
    return out;
}

Contracts contracts(const std::string& fhir_base) {
    const Write as_in_1x = [](const RegistrationEvent& event, const Subscription& subscription, const Delivery&,
                              WallTime now) { return write_1x(event, subscription, now); };
    Contracts out{{SubscriptionContract::opencrvs_1, as_in_1x},
                  {SubscriptionContract::national_id, as_in_1x},
                  {SubscriptionContract::cloudevents,
                   [](const RegistrationEvent& event, const Subscription& subscription, const Delivery& delivery,
                      WallTime) { return write_cloudevent(event, subscription, delivery); }}};
    if (!fhir_base.empty()) {
        out.emplace(
            SubscriptionContract::fhir_r4,
            [fhir_base](const RegistrationEvent& event, const Subscription& subscription, const Delivery& delivery,
                        WallTime now) { return write_fhir(event, subscription, delivery, fhir_base, now); });
    }
    return out;
}

}  // namespace ocm::webhook
