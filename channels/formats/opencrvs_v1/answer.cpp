// SPDX-License-Identifier: MPL-2.0
#include "formats/opencrvs_v1/answer.hpp"

#include "core/ids.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>

namespace ocm::opencrvs_v1 {
namespace {

constexpr std::chrono::seconds default_retry_after{30};

bool says_when_to_come_again(int status) {
    return status == 429 || status == 502 || status == 503 || status == 504;
}

/// 1.3 to 1.5: what Hearth answers to a transaction, without a word about the record but for its ids.
Json transaction_response(const Json& bundle, const Accepted& outcome) {
    Json entries = Json::array();
    const auto& sent = bundle["entry"];
    for (std::size_t i = 0; i < sent.size(); ++i) {
        const auto id = resource_id(outcome, i);
        std::string location = "/fhir/";
        location += text_member(sent[i]["resource"], "resourceType");
        location += '/';
        location += id;
        location += "/_history/";
        location += uuid_v5(id, "version");
        entries.push_back({{"response", {{"status", "201"}, {"location", std::move(location)}}}});
    }
    return {{"resourceType", "Bundle"}, {"entry", std::move(entries)}};
}

}  // namespace

HttpResponse refusal(const Error& error) {
    const int status = http_status(error.code);
    Json body{{"statusCode", status}, {"error", reason_phrase(status)}, {"message", error.message}};
    if (error.code == ErrorCode::internal) body["message"] = "An internal server error occurred";
    if (error.path.starts_with('/')) {
        std::string key = error.path.substr(1);
        std::replace(key.begin(), key.end(), '/', '.');
        body["validation"] = {{"source", "payload"}, {"keys", Json::array({std::move(key)})}};
        body["path"] = error.path;
    }
    if (error.path.starts_with('?')) {
        body["validation"] = {{"source", "query"}, {"keys", Json::array({error.path.substr(1)})}};
    }
    auto response = json_response(status, dump_json(body));
    if (says_when_to_come_again(status)) {
        const auto wait = error.retry_after.value_or(default_retry_after);
        response.headers.set("Retry-After", std::to_string(wait.count()));
    }
    return response;
}

HttpResponse accepted(const SavedRecord& saved, const Accepted& outcome) {
    using store_ops::ContractVersion;
    if (outcome.contract == ContractVersion::v1_3) {
        return json_response(200, dump_json(transaction_response(saved.document().value(), outcome)));
    }
    if (outcome.contract == ContractVersion::v1_8 && outcome.potential_duplicate) {
        return json_response(200, dump_json({{"compositionId", outcome.event_id},
                                             {"trackingId", outcome.tracking_id},
                                             {"isPotentiallyDuplicate", true}}));
    }
    return json_response(200, saved.text(outcome));
}

}  // namespace ocm::opencrvs_v1
