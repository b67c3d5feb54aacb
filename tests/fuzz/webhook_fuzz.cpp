// SPDX-License-Identifier: MPL-2.0
// The delivery of a 1.x webhook: it is read into an event, or refused with a path. Reading twice gives the same, what
// was read survives the canonical form, and what is written of it for a subscriber holds just what was granted.
#include "channels/field_policy.hpp"
#include "core/json.hpp"
#include "formats/cloudevents/write.hpp"
#include "formats/fhir_r4/notification_write.hpp"
#include "formats/opencrvs_v1/hub.hpp"
#include "formats/opencrvs_v1/webhook_read.hpp"
#include "formats/opencrvs_v1/webhook_write.hpp"
#include "formats/vital_json/vital_json.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

bool is_pointer(std::string_view path) {
    return path.empty() || path.front() == '/';
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view body(reinterpret_cast<const char*>(data), size);
    require(ocm::opencrvs_v1::hub_signature_matches("secret", body, ocm::opencrvs_v1::hub_signature("secret", body)));
    const auto delivery = ocm::parse_json(body);
    if (!delivery) return 0;
    const auto got = ocm::opencrvs_v1::read_webhook(*delivery);
    if (!got) {
        require(got.error().code == ocm::ErrorCode::bad_request);
        require(!got.error().message.empty() && is_pointer(got.error().path));
        return 0;
    }
    require(!got->event.occurrence.empty());
    for (const auto& path : got->account.carried) require(is_pointer(path));
    for (const auto* notes : {&got->account.dropped, &got->account.recoded, &got->account.warnings}) {
        for (const auto& note : *notes) require(is_pointer(note.path) && !note.why.empty());
    }
    const auto again = ocm::opencrvs_v1::read_webhook(*delivery);
    require(again.has_value() && again->event == got->event && again->account == got->account);
    const auto back = ocm::vital_json::read(ocm::vital_json::write(got->event.event));
    require(back.has_value() && *back == got->event.event);

    auto cut = got->event;
    cut.event = ocm::permit(cut.event, *ocm::fields_of_permission("mother-details")).event;
    const auto written = ocm::opencrvs_v1::write_webhook(cut, {"s", {"mother-details"}, {}});
    require(written.has_value() && ocm::parse_json(written->body).has_value());
    const ocm::fhir_r4::NotificationTo to{"https://m/fhir", "s", cut.topic, 1, true, {}};
    require(ocm::parse_json(ocm::dump_json(ocm::fhir_r4::write_notification(cut, to).bundle)).has_value());
    require(ocm::parse_json(ocm::dump_json(ocm::cloudevents::write(cut, 1))).has_value());
    return 0;
}
