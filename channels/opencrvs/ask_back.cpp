// SPDX-License-Identifier: MPL-2.0
#include "channels/opencrvs/ask_back.hpp"

#include "channels/opencrvs/versions.hpp"

#include <nlohmann/json.hpp>

#include <stdexcept>

namespace ocm::opencrvs {
namespace {

const Version& supported(const std::string& name) {
    const auto* version = find_version(name);
    if (version == nullptr || version->generation != Generation::events) {
        throw std::logic_error("OpenCRVS " + name + " has no events to ask for");
    }
    return *version;
}

}  // namespace

Result<std::optional<std::string>> registered_number(const UpstreamReply& reply, std::string_view event_id) {
    const auto json = parse_json(reply.body);
    const auto* results = json ? member(*json, "results") : nullptr;
    if (results == nullptr || !results->is_array()) {
        return fail(ErrorCode::bad_gateway, "what OpenCRVS answered to a search is no list of records");
    }
    for (const auto& result : *results) {
        if (text_member(result, "id") != event_id) continue;
        const auto* legal = member(result, "legalStatuses");
        const auto* registered = legal == nullptr ? nullptr : member(*legal, "REGISTERED");
        if (registered == nullptr) continue;
        auto number = std::string(text_member(*registered, "registrationNumber"));
        if (!number.empty()) return std::optional(std::move(number));
    }
    return std::optional<std::string>();
}

AskBack::AskBack(AskOptions options, Clock& clock)
    : options_(std::move(options)),
      reads_(!supported(options_.version).read_path.empty()),
      tokens_(options_.token, clock) {}

Task<Result<UpstreamReply>> AskBack::send(Exchange& exchange, UpstreamCall call) {
    call.headers.add("Accept", "application/json");
    call.timeout = options_.timeout;
    call.repeatable = true;
    // Tried once: it stands in the outbox, which tries again.
    TransactionWay way(exchange, RetryPolicy{.attempts = 1});
    auto reply = co_await send_authorized(way, tokens_, std::move(call));
    if (!reply) co_return fail(unreachable(reply.error()));
    const auto status = reply->status;
    if (status == 200) co_return reply;
    if (status == 404) co_return fail(ErrorCode::not_found, "OpenCRVS does not show this record");
    if (status == 403) {
        co_return fail(ErrorCode::bad_gateway, "OpenCRVS does not let the client " + options_.token.client +
                                                   " look at records: it needs the scope " +
                                                   (reads_ ? "record.read" : "recordsearch"));
    }
    Error error{status == 429 || status >= 500 ? ErrorCode::unavailable : ErrorCode::bad_gateway,
                "OpenCRVS answered " + std::to_string(status) + " where it was asked for a record", "", std::nullopt};
    if (error.code == ErrorCode::unavailable) error.retry_after = retry_after(*reply);
    co_return fail(std::move(error));
}

Task<Result<Json>> AskBack::event(Exchange& exchange, std::string id) {
    UpstreamCall call;
    call.name = "Read event";
    call.method = "GET";
    call.url = options_.gateway_url + event_path(supported(options_.version).read_path, encode_query_value(id));
    auto reply = co_await send(exchange, std::move(call));
    if (!reply) co_return fail(reply.error());
    auto document = parse_json(reply->body);
    if (!document || text_member(*document, "id") != id) {
        co_return fail(ErrorCode::bad_gateway, "what OpenCRVS answered is not the event that it was asked for");
    }
    co_return document;
}

Task<Result<std::optional<std::string>>> AskBack::registered(Exchange& exchange, std::string id) {
    Json clause;
    clause["id"] = id;
    clause["status"] = {{"type", "exact"}, {"term", "REGISTERED"}};
    Json body;
    body["query"]["type"] = "and";
    body["query"]["clauses"] = Json::array({clause});
    body["limit"] = 1;
    body["offset"] = 0;
    UpstreamCall call;
    call.name = "Search events";
    call.method = "POST";
    call.url = options_.gateway_url + std::string(supported(options_.version).search_path);
    call.headers.add("Content-Type", "application/json");
    call.body = dump_json(body);
    auto reply = co_await send(exchange, std::move(call));
    if (!reply) co_return fail(reply.error());
    co_return registered_number(*reply, id);
}

}  // namespace ocm::opencrvs
