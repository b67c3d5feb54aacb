// SPDX-License-Identifier: MPL-2.0
#include "app/engine.hpp"

#include "app/late_update.hpp"
#include "core/json.hpp"

#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include <stdexcept>
#include <typeinfo>

namespace ocm::app {
namespace {

/// More than this many answers in memory means the store has been gone for long: new work was refused long before.
constexpr std::size_t max_pending = 10'000;

ErrorCode code_of(int status) {
    switch (status) {
        case 408:
            return ErrorCode::request_timeout;
        case 413:
            return ErrorCode::too_large;
        case 431:
            return ErrorCode::headers_too_large;
        case 503:
            return ErrorCode::unavailable;
        default:
            return ErrorCode::bad_request;
    }
}

bool allowed(const Route& route, const Caller& caller) {
    if (route.allowed.empty()) return true;
    if (!caller.client) return false;
    for (const auto kind : route.allowed) {
        if (kind == caller.client->kind) return true;
    }
    return false;
}

}  // namespace

store_ops::Unit unit_of(const Exchange& exchange, const Answer& answer, WallTime at, const store_ops::Unit& more) {
    store_ops::Unit unit;
    unit.reserve(exchange.steps().size() + more.size() + 2);
    if (!exchange.received()) unit.emplace_back(exchange.receive_op(std::nullopt));
    for (const auto& step : exchange.steps()) unit.emplace_back(store_ops::Attempt{exchange.id(), step, {}});
    store_ops::Answer op;
    op.transaction = exchange.id();
    op.at = at;
    op.http_status = answer.response.status;
    op.status = answer.status.value_or(status_for(op.http_status));
    if (answer.error) op.error_code = name(answer.error->code);
    op.subjects = answer.subjects;
    op.claim = answer.claim;
    op.replay_of = answer.replay_of;
    if (answer.replay_of.empty()) {
        op.parts.push_back({"response.content_type", std::string(answer.response.headers.get("content-type"))});
        if (exchange.keeps_bodies && !answer.response.body.empty())
            op.parts.push_back({"response.body", answer.response.body});
    }
    if (!answer.account.empty()) op.parts.push_back({"account", answer.account});
    unit.emplace_back(std::move(op));
    unit.insert(unit.end(), more.begin(), more.end());
    return unit;
}

HttpResponse plain_error(const Error& error) {
    Json body{{"error", name(error.code)}, {"message", error.message}};
    if (!error.path.empty()) body["path"] = error.path;
    auto response = json_response(http_status(error.code), dump_json(body));
    if (error.retry_after) response.headers.set("retry-after", std::to_string(error.retry_after->count()));
    return response;
}

Engine::Engine(std::vector<ChannelDefinition> channels, Ports ports, Metrics& metrics)
    : channels_(std::move(channels)), ports_(ports), metrics_(metrics) {
    settings_.store(std::make_shared<const EngineSettings>());
    clients_.store(std::make_shared<const ClientDirectory>(std::vector<store_ops::Client>{}));
}

Task<HttpResponse> Engine::handle(HttpRequest request) {
    const auto settings = settings_.load();
    auto match = match_route(channels_, settings->path_prefix, request.method, request.path);
    if (!match) {
        auto rejected = co_await reject(std::move(request), "", "", match.error(), match.error().message, plain_error);
        co_return rejected;
    }
    const auto& route = *match->route;
    const auto& channel = *match->channel;

    Caller caller;
    if (route.allowed.empty()) {
        if (from_openhim(request, settings->peers)) caller.through = Caller::Through::openhim;
    } else {
        const auto clients = clients_.load();
        auto identified = identify(request, *clients, settings->peers, ports_.clock.now(), tokens_.get());
        if (!identified) {
            const Error error{ErrorCode::unauthenticated, told(request, identified.error()), "", std::nullopt};
            auto rejected = co_await reject(std::move(request), channel.name, route.pattern, error,
                                            identified.error().message, route.render_error);
            co_return rejected;
        }
        caller = std::move(*identified);
        if (!allowed(route, caller)) {
            const Error error{ErrorCode::forbidden, "this kind of client may not use this path", "", std::nullopt};
            auto rejected = co_await reject(std::move(request), channel.name, route.pattern, error, error.message,
                                            route.render_error);
            co_return rejected;
        }
    }
    if (!settings->enabled_channels.contains(channel.name)) {
        const Error error{ErrorCode::unavailable, "the " + channel.name + " channel is switched off", "",
                          std::chrono::seconds(60)};
        auto rejected =
            co_await reject(std::move(request), channel.name, route.pattern, error, error.message, route.render_error);
        co_return rejected;
    }
    auto response = co_await run(std::move(request), route, channel.name, std::move(caller), std::move(match->values));
    co_return response;
}

Task<HttpResponse> Engine::run(HttpRequest request, const Route& route, std::string channel, Caller caller,
                               std::map<std::string, std::string> path_values) {
    const auto settings = settings_.load();
    auto timeout = settings->request_timeout;
    if (const auto it = settings->channel_timeouts.find(channel); it != settings->channel_timeouts.end()) {
        timeout = it->second;
    }
    Exchange exchange(std::move(request), std::move(caller), channel, route.pattern, ports_.clock.steady() + timeout,
                      ports_);
    exchange.path_values = std::move(path_values);
    exchange.part_runner = [this](Exchange& whole, HttpRequest part) { return run_part(whole, std::move(part)); };
    auto answer = co_await answer_of(exchange, route);
    auto response = co_await finish(exchange, std::move(answer));
    co_return response;
}

Task<HttpResponse> Engine::run_part(Exchange& whole, HttpRequest part) {
    const auto settings = settings_.load();
    auto match = match_route(channels_, settings->path_prefix, part.method, part.path);
    if (!match) throw std::logic_error("a part of a message has no route");
    // The transaction in OpenHIM is the whole's, and so is its end.
    part.headers.erase("x-openhim-transactionid");
    part.headers.erase("parentid");
    part.headers.set("mediator-part-of", whole.id());
    part.peer = whole.request().peer;
    Exchange exchange(std::move(part), whole.caller(), match->channel->name, match->route->pattern, whole.deadline(),
                      ports_);
    exchange.path_values = std::move(match->values);
    Answer answer;
    if (allowed(*match->route, exchange.caller())) {
        answer = co_await answer_of(exchange, *match->route);
    } else {
        const Error error{ErrorCode::forbidden, "this kind of client may not use this path", "", std::nullopt};
        answer.response = match->route->render_error(error);
        answer.error = error;
    }
    auto recorded = co_await record(exchange, std::move(answer));
    whole.note_part(exchange.steps());
    co_return std::move(recorded.response);
}

Task<Answer> Engine::answer_of(Exchange& exchange, const Route& route) {
    exchange.keeps_bodies = route.keeps_bodies;
    Answer answer;
    try {
        answer = co_await route.handler(exchange);
    } catch (const std::exception& bug) {
        spdlog::error("transaction {} failed on a bug of ours ({})", exchange.id(), typeid(bug).name());
        const Error error{ErrorCode::internal, "the mediator failed; nothing is known to be done", "", std::nullopt};
        answer = Answer{};
        answer.response = route.render_error(error);
        answer.error = error;
        answer.claim = ClaimState::interrupted;
    }
    co_return answer;
}

Task<HttpResponse> Engine::reject(HttpRequest request, std::string channel, std::string route, Error error,
                                  std::string reason, ErrorRenderer render) {
    const auto settings = settings_.load();
    metrics_.refused(http_status(error.code));
    // A body from someone we do not know is not ours to keep.
    request.body.clear();
    Caller caller;
    if (from_openhim(request, settings->peers)) caller.through = Caller::Through::openhim;
    const bool direct = caller.through != Caller::Through::openhim;
    const std::string scheme(is_bearer(request) ? R"(Bearer realm="opencrvs-mediator", error="invalid_token")"
                                                : R"(Basic realm="opencrvs-mediator", charset="UTF-8")");
    Exchange exchange(std::move(request), std::move(caller), std::move(channel), std::move(route),
                      ports_.clock.steady() + settings->request_timeout, ports_);
    Answer answer;
    answer.response = render(error);
    if (error.code == ErrorCode::unauthenticated && direct) {
        answer.response.headers.set("www-authenticate", scheme);
    }
    if (error.code == ErrorCode::method_not_allowed) {
        answer.response.headers.set("allow", methods_at(channels_, settings->path_prefix, exchange.request().path));
    }
    answer.error = std::move(error);
    answer.properties["refused"] = std::move(reason);
    auto response = co_await finish(exchange, std::move(answer));
    co_return response;
}

Task<HttpResponse> Engine::refuse(HttpRequest request, int status, std::string reason) {
    const auto settings = settings_.load();
    auto match = match_route(channels_, settings->path_prefix, request.method, request.path);
    const Error error{code_of(status), reason, "", std::nullopt};
    std::string channel;
    std::string route;
    ErrorRenderer render = plain_error;
    if (match) {
        channel = match->channel->name;
        route = match->route->pattern;
        render = match->route->render_error;
    }
    auto response =
        co_await reject(std::move(request), std::move(channel), std::move(route), error, reason, std::move(render));
    co_return response;
}

Task<Answer> Engine::record(Exchange& exchange, Answer answer) {
    for (const auto& step : exchange.steps()) metrics_.upstream(step);
    const auto answered_at = ports_.clock.now();
    store_ops::Unit more;
    if (!answer.replaces.empty()) co_await end_replaced(answer.replaces, answered_at, more);
    const bool queues = !answer.also.empty() || !answer.replaces.empty();
    for (auto& also : answer.also) more.emplace_back(std::move(also));

    const bool had_effect = exchange.received();
    auto unit = unit_of(exchange, answer, answered_at, more);
    auto committed = co_await ports_.store.commit(std::move(unit));
    if (!committed) {
        metrics_.unrecorded();
        spdlog::error("transaction {} could not be recorded: {}", exchange.id(), committed.error().message);
        if (had_effect) {
            record_later({unit_of(exchange, answer, answered_at, more), {}});
        }
        // Nothing leaves without a record; asking again is safe, for the upstream ids stay the same.
        const Error error{ErrorCode::storage, "the mediator cannot record now; send it again later", "",
                          std::chrono::seconds(30)};
        answer.response = plain_error(error);
        answer.response.reset = answer.reset_unless_recorded;
        answer.error = error;
        answer.status = TransactionStatus::failed;
    } else if (queues && queued_) {
        queued_();
    }

    const auto took = std::chrono::duration_cast<Milliseconds>(answered_at - exchange.received_at());
    metrics_.transaction(exchange.channel(), answer.response.status, took);
    // Why a call was turned away: the caller may not hear it, and an administrator has to.
    const auto reason = answer.error ? answer.properties.find("refused") : answer.properties.end();
    const bool turned_away = reason != answer.properties.end();
    spdlog::info("{} {} {} {} {} ms{}{}{}{}", exchange.id(), exchange.channel().empty() ? "-" : exchange.channel(),
                 exchange.request().method, answer.response.status, took.count(),
                 exchange.openhim_transaction().empty() ? "" : " openhim ", exchange.openhim_transaction(),
                 turned_away ? ": " : "", turned_away ? std::string_view(reason->second) : std::string_view{});

    answer.recorded_at = answered_at;
    co_return answer;
}

Task<HttpResponse> Engine::finish(Exchange& exchange, Answer answer) {
    auto recorded = co_await record(exchange, std::move(answer));
    if (exchange.caller().through != Caller::Through::openhim) {
        recorded.response.headers.set("x-transaction-id", exchange.id());
        co_return std::move(recorded.response);
    }
    const auto settings = settings_.load();
    Outcome outcome;
    outcome.mediator_urn = settings->mediator_urn;
    outcome.response = std::move(recorded.response);
    outcome.at = recorded.recorded_at;
    outcome.orchestrations = exchange.take_steps();
    outcome.properties = std::move(recorded.properties);
    outcome.properties["mediator-transaction"] = exchange.id();
    outcome.status = recorded.status;
    outcome.error = std::move(recorded.error);
    co_return build_envelope(outcome, settings->envelope);
}

/// A message that waited in the outbox is over when another one has taken its place.
Task<void> Engine::end_replaced(std::string replaced, WallTime at, store_ops::Unit& unit) {
    auto state = co_await ports_.store.transaction_state(replaced);
    if (!state || !state->delivery || state->delivery->state != DeliveryState::replaced || state->completed) co_return;
    store_ops::Complete complete;
    complete.transaction = replaced;
    complete.at = at;
    complete.status = TransactionStatus::completed;
    LateUpdate update;
    update.delivery = ports_.ids.next();
    update.transaction = replaced;
    update.openhim_transaction = state->openhim_transaction;
    update.complete = complete;
    update.response = json_response(200, dump_json({{"id", replaced}, {"state", "replaced"}}));
    update.envelope = settings_.load()->envelope;
    auto late = late_update(update);
    unit.emplace_back(std::move(complete));
    if (late) unit.emplace_back(std::move(*late));
}

std::size_t Engine::unrecorded() const {
    const std::lock_guard lock(pending_mutex_);
    return pending_.size();
}

void Engine::record_later(Unrecorded unrecorded) {
    const std::lock_guard lock(pending_mutex_);
    if (pending_.size() < max_pending) pending_.push_back(std::move(unrecorded));
}

Task<void> Engine::record_pending() {
    for (;;) {
        Unrecorded next;
        {
            const std::lock_guard lock(pending_mutex_);
            if (pending_.empty()) co_return;
            next = pending_.front();
        }
        auto committed = co_await ports_.store.commit(std::move(next.unit));
        if (!committed) co_return;
        if (next.recorded) next.recorded();
        const std::lock_guard lock(pending_mutex_);
        pending_.pop_front();
    }
}

}  // namespace ocm::app
