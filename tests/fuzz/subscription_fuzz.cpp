// SPDX-License-Identifier: MPL-2.0
// What somebody asks to be told, in FHIR and in plain JSON: it is read, or refused with a path. What is shown of a FHIR
// subscription is read as the same.
#include "core/json.hpp"
#include "formats/cloudevents/subscription_read.hpp"
#include "formats/fhir_r4/subscription_read.hpp"
#include "formats/fhir_r4/subscription_write.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

const std::string base = "https://mediator.example.org/fhir";

void require(bool holds) {
    if (!holds) std::abort();
}

void require_refusal(const ocm::Error& error) {
    require(error.code == ocm::ErrorCode::bad_request && !error.message.empty());
    require(error.path.empty() || error.path.front() == '/');
}

ocm::Subscription kept(const ocm::fhir_r4::SubscriptionRead& read) {
    ocm::Subscription out;
    out.id = read.id;
    out.contract = ocm::SubscriptionContract::fhir_r4;
    out.state = ocm::SubscriptionState::active;
    out.topics = {name(read.topic)};
    out.callback = read.endpoint;
    for (const auto& each : read.areas) out.areas.push_back(each.code.code);
    for (const auto& each : read.offices) out.offices.push_back(each.code.code);
    out.statuses = read.statuses;
    out.headers = read.headers;
    out.full = read.full;
    out.reason = read.reason;
    return out;
}

void try_fhir(const ocm::Json& document) {
    const auto read = ocm::fhir_r4::read_subscription(document, base);
    if (!read) return require_refusal(read.error());
    for (const auto& note : read->account.dropped) require(note.path.front() == '/' && !note.why.empty());
    const auto shown = ocm::fhir_r4::write_subscription(kept(*read), base, {});
    const auto again = ocm::fhir_r4::read_subscription(shown, base);
    require(again.has_value());
    require(again->topic == read->topic && again->endpoint == read->endpoint && again->full == read->full);
    require(again->statuses == read->statuses && again->headers.size() == read->headers.size());
    require(kept(*again).areas == kept(*read).areas && kept(*again).offices == kept(*read).offices);
}

void try_own(const ocm::Json& document) {
    const auto read = ocm::cloudevents::read_subscription(document);
    if (!read) return require_refusal(read.error());
    require(!read->callback.empty() && !read->topics.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto document = ocm::parse_json({reinterpret_cast<const char*>(data), size});
    if (!document) return 0;
    try_fhir(*document);
    try_own(*document);
    return 0;
}
