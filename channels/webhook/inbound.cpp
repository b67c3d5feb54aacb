// SPDX-License-Identifier: MPL-2.0
#include "channels/webhook/inbound.hpp"

#include "core/hash.hpp"
#include "core/ids.hpp"
#include "core/json.hpp"
#include "formats/opencrvs_v1/hub.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>

namespace ocm::webhook {
namespace {

using DepsPtr = std::shared_ptr<const InboundDeps>;

HttpResponse refusal(const Error& error) {
    auto response =
        json_response(http_status(error.code), dump_json({{"error", name(error.code)}, {"message", error.message}}));
    // Too much to do, switched off, a bug of ours: an answer would be taken for "received".
    response.reset = response.status >= 500;
    return response;
}

/// Nothing is kept of a body from someone we do not know.
Answer refuse(Exchange& exchange, ErrorCode code, std::string why) {
    exchange.keeps_bodies = false;
    Answer answer;
    answer.error = Error{code, std::move(why), "", std::nullopt};
    answer.response = refusal(*answer.error);
    answer.properties["refused"] = answer.error->message;
    answer.reset_unless_recorded = true;
    return answer;
}

Answer take(Exchange& exchange, const InboundDeps& deps, Heard heard, std::string order_key, Milliseconds wait) {
    // The outbox keeps it.
    exchange.keeps_bodies = false;
    Answer answer;
    answer.response = json_response(200, "{}");
    answer.status = TransactionStatus::processing;
    answer.properties["heard"] = name(heard);
    answer.also.emplace_back(
        keep_heard(exchange, deps.target, heard, std::move(order_key), exchange.request().body, wait));
    answer.reset_unless_recorded = true;
    return answer;
}

Answer verify(Exchange& exchange, const InboundDeps& deps) {
    const auto& query = exchange.request().query;
    const auto challenge = query_value(query, "challenge");
    const auto topic = query_value(query, "topic");
    if (query_value(query, "mode").value_or("") != "subscribe" || !challenge || challenge->empty() || !topic) {
        return refuse(exchange, ErrorCode::bad_request,
                      "mode=subscribe, challenge and topic are needed, as OpenCRVS sends them");
    }
    if (std::find(deps.topics.begin(), deps.topics.end(), *topic) == deps.topics.end()) {
        return refuse(exchange, ErrorCode::not_found, "this mediator did not ask for that topic");
    }
    Answer answer;
    answer.response = json_response(200, dump_json({{"challenge", *challenge}}));
    return answer;
}

Answer take_webhook(Exchange& exchange, const InboundDeps& deps) {
    const auto& request = exchange.request();
    const auto signature = request.headers.get(opencrvs_v1::signature_header);
    if (!opencrvs_v1::hub_signature_matches(deps.sha_secret, request.body, signature)) {
        return refuse(exchange, ErrorCode::unauthenticated,
                      signature.empty() ? "the delivery is not signed" : "the signature is not that of this body");
    }
    // Signed by OpenCRVS: taken whatever it is; what cannot be read becomes a dead letter, for its answer is not looked
    // at.
    const auto message = parse_json(request.body);
    return take(exchange, deps, Heard::webhook, message ? record_of(Heard::webhook, *message) : "", Milliseconds{0});
}

Answer take_forwarded(Exchange& exchange, const InboundDeps& deps) {
    const auto& request = exchange.request();
    const auto& shown = exchange.path_values["secret"];
    if (deps.forwarded_secret.empty() || !constant_time_equal(sha256_hex(shown), sha256_hex(deps.forwarded_secret))) {
        return refuse(exchange, ErrorCode::not_found, "there is nothing at this path");
    }
    if (!deps.forwarded_peer || !deps.forwarded_peer(request.peer.address)) {
        return refuse(exchange, ErrorCode::forbidden, "forwarded actions are not taken from this address");
    }
    const auto message = parse_json(request.body);
    if (!message) return refuse(exchange, ErrorCode::bad_request, message.error().message);
    auto record = record_of(Heard::forwarded, *message);
    const auto* actions = member(*message, "actions");
    if (record.empty() || actions == nullptr || !actions->is_array()) {
        return refuse(exchange, ErrorCode::bad_request, "this is not an event of OpenCRVS: it has no id or no actions");
    }
    const bool asks = deps.finality == Finality::confirmed;
    return take(exchange, deps, Heard::forwarded, std::move(record), asks ? before_asking : Milliseconds{0});
}

Task<Answer> answer_with(Exchange& exchange, DepsPtr deps, Answer (*how)(Exchange&, const InboundDeps&)) {
    co_return how(exchange, *deps);
}

Route route(const DepsPtr& deps, std::string method, std::string pattern, std::string summary,
            Answer (*how)(Exchange&, const InboundDeps&)) {
    Route out;
    out.method = std::move(method);
    out.pattern = std::move(pattern);
    out.summary = std::move(summary);
    out.handler = [deps, how](Exchange& exchange) { return answer_with(exchange, deps, how); };
    out.render_error = refusal;
    return out;
}

/// The resource of a type in the first bundle of a 1.x delivery.
const Json* resource_of(const Json& message, std::string_view type) {
    const auto* event = member(message, "event");
    const auto* context = event == nullptr ? nullptr : member(*event, "context");
    const auto* bundle = context == nullptr ? nullptr : element(*context, 0);
    const auto* entries = bundle == nullptr ? nullptr : member(*bundle, "entry");
    if (entries == nullptr || !entries->is_array()) return nullptr;
    for (const auto& entry : *entries) {
        const auto* resource = member(entry, "resource");
        if (resource != nullptr && text_member(*resource, "resourceType") == type) return resource;
    }
    return nullptr;
}

}  // namespace

store_ops::Enqueue keep_heard(Exchange& exchange, const std::string& target, Heard heard, std::string record,
                              std::string_view body, Milliseconds wait) {
    auto& ports = exchange.ports();
    store_ops::Enqueue op;
    op.delivery = ports.ids.next();
    op.transaction = exchange.id();
    op.at = ports.clock.now();
    op.kind = heard_kind;
    // What is asked back waits for the target; what came signed waits for nobody.
    op.destination = std::string(heard == Heard::webhook ? "heard:" : "confirm:") + target;
    op.order_key = std::move(record);
    op.due = op.at + wait;
    op.payload = write_heard(heard, body);
    return op;
}

std::string write_heard(Heard heard, std::string_view body) {
    return std::string(name(heard)).append("\n").append(body);
}

Result<HeardMessage> read_heard(std::string_view payload) {
    const auto end = payload.find('\n');
    const auto how = end == std::string_view::npos ? std::nullopt : heard(payload.substr(0, end));
    if (!how) return fail(ErrorCode::storage, "what was heard cannot be read");
    return HeardMessage{*how, std::string(payload.substr(end + 1))};
}

std::string record_of(Heard heard, const Json& message) {
    std::string_view id;
    if (heard == Heard::webhook) {
        const auto* task = resource_of(message, "Task");
        const auto* focus = task == nullptr ? nullptr : member(*task, "focus");
        const auto reference = focus == nullptr ? std::string_view{} : text_member(*focus, "reference");
        id = reference.substr(reference.rfind('/') + 1);
    } else {
        id = text_member(message, "id");
    }
    return is_uuid(id) ? std::string(id) : std::string();
}

ChannelDefinition make_inbound_channel(InboundDeps deps) {
    const auto shared = std::make_shared<const InboundDeps>(std::move(deps));
    ChannelDefinition channel;
    channel.name = "webhook-inbound";
    channel.title = "OpenCRVS webhook inbound";
    channel.description = "What OpenCRVS itself tells: deliveries of its webhooks, and forwarded actions.";
    channel.routes = {
        route(shared, "GET", "/public/webhooks/opencrvs",
              "Answers OpenCRVS 1.x, which verifies a subscription of this mediator.", verify),
        route(shared, "POST", "/public/webhooks/opencrvs", "Takes a signed delivery of OpenCRVS 1.x.", take_webhook),
        route(shared, "POST", "/public/forwarded-actions/{secret}",
              "Takes a copy of an event that the country configuration of OpenCRVS 1.9 or 2.0 forwards.",
              take_forwarded),
    };
    return channel;
}

}  // namespace ocm::webhook
