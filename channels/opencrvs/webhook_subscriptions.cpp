// SPDX-License-Identifier: MPL-2.0
#include "channels/opencrvs/webhook_subscriptions.hpp"

#include "core/json.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>

namespace ocm::opencrvs {
namespace {

using namespace std::chrono_literals;

constexpr BackoffPolicy sync_backoff{.first = 5s, .cap = 300s};

Error unexpected(std::string_view what, int status) {
    return Error{
        ErrorCode::bad_gateway,
        "OpenCRVS answered " + std::to_string(status) + " where its webhooks service was asked to " + std::string(what),
        "", std::nullopt};
}

}  // namespace

Result<std::vector<HubSubscription>> read_subscriptions(const UpstreamReply& reply) {
    if (reply.status == 400) {
        return fail(ErrorCode::bad_gateway, "OpenCRVS says that the webhook client is not active");
    }
    if (reply.status != 200) return fail(unexpected("list subscriptions", reply.status));
    const auto json = parse_json(reply.body);
    const auto* entries = json ? member(*json, "entries") : nullptr;
    if (entries == nullptr || !entries->is_array()) {
        return fail(ErrorCode::bad_gateway, "the list of subscriptions that OpenCRVS answered is none");
    }
    std::vector<HubSubscription> out;
    for (const auto& entry : *entries) {
        HubSubscription one{std::string(text_member(entry, "id")), std::string(text_member(entry, "callback")),
                            std::string(text_member(entry, "topic"))};
        if (!one.id.empty() && !one.callback.empty() && !one.topic.empty()) out.push_back(std::move(one));
    }
    return out;
}

Reconciliation reconcile(const std::vector<HubSubscription>& there, const std::vector<std::string>& topics,
                         std::string_view callback) {
    Reconciliation out;
    std::set<std::string_view> kept;
    for (const auto& one : there) {
        const bool wanted =
            one.callback == callback && std::find(topics.begin(), topics.end(), one.topic) != topics.end();
        if (wanted && kept.insert(one.topic).second) continue;
        if (wanted || one.callback.ends_with(callback_path)) out.remove.push_back(one.id);
    }
    for (const auto& topic : topics) {
        if (!kept.contains(topic)) out.subscribe.push_back(topic);
    }
    return out;
}

Result<void> read_subscribed(const UpstreamReply& reply, std::string_view topic) {
    if (reply.status == 202) return {};
    const std::string what = "OpenCRVS did not take the subscription to " + std::string(topic) + ": ";
    if (reply.status != 400) return fail(ErrorCode::bad_gateway, what + "it answered " + std::to_string(reply.status));
    // A reason as JSON, plain text where our callback did not pass, nothing for anything else (opencrvs.md 4.1).
    const auto json = parse_json(reply.body);
    const auto* hub = json ? member(*json, "hub") : nullptr;
    const auto reason = hub == nullptr ? std::string_view{} : text_member(*hub, "reason");
    if (reason.find("hub.secret") != std::string_view::npos) {
        return fail(ErrorCode::bad_gateway, what + "its SHA secret is not that of the webhook client");
    }
    if (reason.find("no longer authorized") != std::string_view::npos) {
        return fail(ErrorCode::bad_gateway, what + "the webhook client is not active");
    }
    if (reason.find("Unsupported topic") != std::string_view::npos) {
        return fail(ErrorCode::bad_gateway, what + "it does not know the topic");
    }
    if (reply.body.find("callback check failed") != std::string::npos) {
        return fail(ErrorCode::bad_gateway,
                    what + "it could not reach this mediator at the callback; see channels.webhook-inbound.public_url");
    }
    return fail(ErrorCode::bad_gateway, what + "it gave no reason that is known");
}

WebhookSubscriptions::WebhookSubscriptions(WebhookSubscriptionOptions options, Ports ports)
    : options_(std::move(options)), ports_(ports), tokens_(options_.token, ports.clock) {}

Task<Result<UpstreamReply>> WebhookSubscriptions::send(std::string name, std::string method, std::string path,
                                                       std::string body) {
    UpstreamCall call;
    call.name = std::move(name);
    call.method = std::move(method);
    call.url = options_.webhooks_url + path;
    call.headers.add("Accept", "application/json");
    if (!body.empty()) call.headers.add("Content-Type", "application/json");
    call.body = std::move(body);
    call.timeout = options_.timeout;
    // A token, the call, and both again after a 401.
    DirectWay way(ports_.upstream, ports_.clock.steady() + 4 * options_.timeout);
    auto reply = co_await send_authorized(way, tokens_, std::move(call));
    if (!reply) co_return fail(unreachable(reply.error()));
    co_return reply;
}

Task<Result<std::vector<HubSubscription>>> WebhookSubscriptions::list() {
    auto reply = co_await send("List webhooks", "GET", "/webhooks", "");
    if (!reply) co_return fail(reply.error());
    co_return read_subscriptions(*reply);
}

Task<Result<void>> WebhookSubscriptions::remove(std::string id) {
    auto reply = co_await send("Delete webhook", "DELETE", "/webhooks/" + encode_query_value(id), "");
    if (!reply) co_return fail(reply.error());
    if (reply->status != 204) co_return fail(unexpected("remove a subscription", reply->status));
    co_return Result<void>{};
}

Task<Result<void>> WebhookSubscriptions::subscribe(std::string topic) {
    Json body;
    body["hub"] = {
        {"callback", options_.callback}, {"mode", "subscribe"}, {"topic", topic}, {"secret", options_.sha_secret}};
    auto reply = co_await send("Subscribe webhook", "POST", "/webhooks", dump_json(body));
    if (!reply) co_return fail(reply.error());
    co_return read_subscribed(*reply, topic);
}

Task<Result<SyncReport>> WebhookSubscriptions::sync() {
    auto there = co_await list();
    if (!there) co_return fail(there.error());
    const auto change = reconcile(*there, options_.topics, options_.callback);
    SyncReport out;
    for (const auto& id : change.remove) {
        auto removed = co_await remove(id);
        if (removed) {
            ++out.removed;
        } else {
            out.failed.push_back(removed.error());
        }
    }
    for (const auto& topic : change.subscribe) {
        auto subscribed = co_await subscribe(topic);
        if (subscribed) {
            out.subscribed.push_back(topic);
        } else {
            out.failed.push_back(subscribed.error());
        }
    }
    co_return out;
}

Task<void> WebhookSubscriptions::keep_current(std::function<void(const Result<SyncReport>&)> report) {
    unsigned failures = 0;
    for (;;) {
        auto done = co_await sync();
        report(done);
        failures = done && done->failed.empty() ? 0 : failures + 1;
        const auto wait = failures == 0
                              ? options_.interval
                              : std::min(options_.interval, backoff(sync_backoff, failures, ports_.ids.random()));
        const bool slept = co_await ports_.clock.sleep(wait);
        if (!slept) co_return;
    }
}

}  // namespace ocm::opencrvs
