// SPDX-License-Identifier: MPL-2.0
// The OpenHIM envelope: whatever a transaction holds, the answer is one that core can store. What core cannot store
// costs it the transaction or its worker process, so every rule is checked on the emitted text.
#include "core/envelope.hpp"
#include "core/json.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <cstdlib>
#include <fuzzer/FuzzedDataProvider.h>

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

std::string some_text(FuzzedDataProvider& in) {
    return in.ConsumeRandomLengthString(64);
}

ocm::HttpHeaders some_headers(FuzzedDataProvider& in) {
    ocm::HttpHeaders headers;
    for (auto n = in.ConsumeIntegralInRange(0, 3); n > 0; --n) headers.add(some_text(in), some_text(in));
    return headers;
}

ocm::WallTime some_time(FuzzedDataProvider& in) {
    return ocm::WallTime(ocm::Milliseconds(in.ConsumeIntegralInRange<std::int64_t>(0, 4'102'444'800'000)));
}

ocm::Error some_error(FuzzedDataProvider& in) {
    return {in.PickValueInArray({ocm::ErrorCode::bad_request, ocm::ErrorCode::unavailable, ocm::ErrorCode::bad_gateway,
                                 ocm::ErrorCode::target_timeout, ocm::ErrorCode::internal}),
            some_text(in), some_text(in), std::nullopt};
}

ocm::Orchestration some_step(FuzzedDataProvider& in) {
    ocm::Orchestration step;
    for (auto* text : {&step.name, &step.method, &step.scheme, &step.host, &step.port, &step.path, &step.query}) {
        *text = some_text(in);
    }
    step.headers = some_headers(in);
    step.body = in.ConsumeRandomLengthString(2000);
    step.at = some_time(in);
    if (in.ConsumeBool()) {
        step.response = {in.ConsumeIntegral<int>(), some_headers(in), in.ConsumeRandomLengthString(2000),
                         some_time(in)};
    }
    if (in.ConsumeBool()) step.error = some_error(in);
    return step;
}

bool is_text(const ocm::Json& object, const char* key) {
    return object.contains(key) && object[key].is_string();
}

bool is_instant(const ocm::Json& object, const char* key) {
    return is_text(object, key) && ocm::parse_rfc3339(object[key].get_ref<const std::string&>()).has_value();
}

bool holds_only_text(const ocm::Json& object) {
    if (!object.is_object()) return false;
    for (const auto& [key, value] : object.items()) {
        if (!value.is_string() || key.find('.') != std::string::npos || key.find('$') != std::string::npos)
            return false;
    }
    return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    FuzzedDataProvider in(data, size);
    ocm::EnvelopeOptions options;
    options.bodies = in.PickValueInArray(
        {ocm::OrchestrationBodies::none, ocm::OrchestrationBodies::hash, ocm::OrchestrationBodies::full});
    options.max_body = in.ConsumeIntegralInRange<std::size_t>(0, 1500);
    options.max_bodies = in.ConsumeIntegralInRange<std::size_t>(0, 4000);
    options.max_orchestrations = in.ConsumeIntegralInRange<std::size_t>(0, 4);

    ocm::Outcome outcome;
    outcome.mediator_urn = some_text(in);
    outcome.response = {in.ConsumeIntegral<int>(), some_headers(in), in.ConsumeRandomLengthString(500)};
    outcome.at = some_time(in);
    for (auto n = in.ConsumeIntegralInRange(0, 5); n > 0; --n) outcome.orchestrations.push_back(some_step(in));
    for (auto n = in.ConsumeIntegralInRange(0, 3); n > 0; --n) outcome.properties[some_text(in)] = some_text(in);
    if (in.ConsumeBool()) outcome.status = ocm::TransactionStatus::completed_with_errors;
    if (in.ConsumeBool()) outcome.error = some_error(in);

    const auto answer = ocm::build_envelope(outcome, options);
    require(answer.status == 200 && answer.headers.get("content-type") == ocm::openhim_media_type);
    const auto parsed = ocm::parse_json(answer.body);  // valid UTF-8 and no duplicate keys, or it would be refused
    require(parsed.has_value());

    const auto& envelope = *parsed;
    require(ocm::transaction_status(envelope["status"].get<std::string>()).has_value());
    const auto& response = envelope["response"];
    require(response["status"].is_number_integer() && response["status"] >= 100 && response["status"] <= 999);
    require(holds_only_text(response["headers"]) && response["headers"].contains("content-type"));
    require(is_text(response, "body") && is_instant(response, "timestamp"));
    require(holds_only_text(envelope["properties"]));
    require(envelope["orchestrations"].is_array() && envelope["orchestrations"].size() <= options.max_orchestrations);
    for (const auto& step : envelope["orchestrations"]) {
        require(is_text(step, "name") && !step["name"].get_ref<const std::string&>().empty());
        require(step.contains("request") && is_instant(step["request"], "timestamp"));
        require(is_text(step["request"], "body") && holds_only_text(step["request"]["headers"]));
        if (!step.contains("response")) continue;
        require(step["response"]["status"].is_number_integer() && is_instant(step["response"], "timestamp"));
        require(is_text(step["response"], "body") && holds_only_text(step["response"]["headers"]));
    }
    require(!envelope.contains("error") ||
            (outcome.error && ocm::is_transient(outcome.error->code) && is_text(envelope["error"], "message")));
    return 0;
}
