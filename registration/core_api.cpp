// SPDX-License-Identifier: MPL-2.0
#include "registration/core_api.hpp"

#include "core/hash.hpp"

#include <boost/asio/this_coro.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace ocm::registration {
namespace {

bool announces_json(const UpstreamReply& reply) {
    return media_type(reply.headers.get("content-type")) == "application/json";
}

Result<Json> json_body(Ask ask, const UpstreamReply& reply, bool (Json::*shape)() const noexcept) {
    if (reply.status != 200) return fail(explain(ask, reply));
    if (!announces_json(reply)) return fail(explain(ask, reply));
    auto parsed = parse_json(reply.body);
    if (!parsed || !((*parsed).*shape)()) {
        return fail(ErrorCode::bad_gateway, "OpenHIM answered with JSON that cannot be read", "openhim.api_url");
    }
    return parsed;
}

}  // namespace

CoreApi::CoreApi(Upstream& upstream, Clock& clock, Ids& ids, const OpenHimOptions& options)
    : upstream_(upstream),
      clock_(clock),
      ids_(ids),
      options_(options),
      base_(options.api_url),
      use_token_(options.auth == Auth::token) {
    while (!base_.empty() && base_.back() == '/') base_.pop_back();
}

std::string CoreApi::mediator_path(std::string_view below) const {
    return "/mediators/" + encode_query_value(options_.urn) + std::string(below);
}

HttpHeaders CoreApi::basic_credentials() const {
    // The core looks for "Basic" with exactly this case (openhim.md 1.2).
    return {{"Authorization", "Basic " + base64(options_.username + ":" + options_.password)}};
}

Task<Result<UpstreamReply>> CoreApi::send(Request request, HttpHeaders credentials, SteadyTime deadline) {
    const auto state = co_await boost::asio::this_coro::cancellation_state;
    if (state.cancelled() != boost::asio::cancellation_type::none) co_return fail(ErrorCode::cancelled, "stopped");
    UpstreamCall call;
    call.name = std::move(request.name);
    call.method = std::move(request.method);
    call.url = base_ + request.path;
    call.headers = std::move(credentials);
    // Any other type reads as an empty object in the core (openhim.md 1.1).
    call.headers.set("Content-Type", "application/json");
    call.headers.set("Accept", "application/json, text/plain");
    call.body = std::move(request.body);
    call.timeout = options_.call_timeout;
    call.repeatable = true;  // every call may reach the core twice without harm: it is the same state again
    call.credentials = true;
    const auto before = clock_.now();
    auto reply = co_await upstream_.send(std::move(call), deadline);
    if (!reply) {
        if (reply.error().code == ErrorCode::cancelled) co_return fail(reply.error());
        co_return fail(reply.error().code, "cannot talk to the OpenHIM API: " + reply.error().message,
                       "openhim.api_url");
    }
    if (const auto date = parse_http_date(reply->headers.get("date"))) {
        const auto ours = before + (clock_.now() - before) / 2;
        skew_ = *date + Milliseconds{500} - ours;
    }
    co_return reply;
}

Task<CoreApi::Challenge> CoreApi::challenge(SteadyTime deadline) {
    using Outcome = Refusal::Challenge;
    Request request{
        Ask::mediator, "OpenHIM authenticate", "GET", "/authenticate/" + encode_query_value(options_.username), {}};
    auto reply = co_await send(std::move(request), HttpHeaders{}, deadline);
    Challenge out;
    if (!reply) {
        out.failure = reply.error();
        co_return out;
    }
    if (reply->status == 404 && !is_web_page(*reply)) {
        const bool known = reply->body.find("token passport") != std::string::npos;
        out.outcome = known ? Outcome::no_token_password : Outcome::unknown_user;
        co_return out;
    }
    const auto parsed = parse_json(reply->body);
    const auto salt = parsed ? text_member(*parsed, "salt") : std::string_view{};
    const auto time = parsed ? text_member(*parsed, "ts") : std::string_view{};
    if (reply->status != 200 || salt.empty() || !parse_rfc3339(time)) {
        out.failure = reply->status == 200
                          ? Error{ErrorCode::bad_gateway, "OpenHIM gave no salt and time for the token scheme",
                                  "openhim.api_url", std::nullopt}
                          : explain(Ask::mediator, *reply);
        co_return out;
    }
    const auto nonce = ids_.next();
    const auto secret = sha512_hex(std::string(salt) + options_.password);
    out.outcome = Outcome::given;
    out.headers = {{"auth-username", options_.username},
                   {"auth-ts", std::string(time)},
                   {"auth-salt", nonce},
                   {"auth-token", sha512_hex(secret + nonce + std::string(time))}};
    co_return out;
}

Task<Result<UpstreamReply>> CoreApi::ask(Request request, SteadyTime deadline) {
    Refusal refusal;
    if (!use_token_) {
        auto reply = co_await send(request, basic_credentials(), deadline);
        if (!reply || reply->status != 401) co_return reply;
        refusal.basic = true;
        if (options_.auth == Auth::basic) co_return fail(explain(refusal));
    }
    auto proof = co_await challenge(deadline);
    refusal.challenge = proof.outcome;
    if (proof.outcome != Refusal::Challenge::given) {
        if (options_.auth == Auth::automatic) use_token_ = false;
        if (proof.failure && !refusal.basic) co_return fail(*proof.failure);
        co_return fail(explain(refusal));
    }
    auto reply = co_await send(std::move(request), std::move(proof.headers), deadline);
    if (!reply) co_return reply;
    refusal.token = reply->status == 401;
    if (options_.auth == Auth::automatic) use_token_ = !refusal.token;
    if (refusal.token) co_return fail(explain(refusal));
    co_return reply;
}

Task<Result<void>> CoreApi::register_mediator(Json description, SteadyTime deadline) {
    Request request{Ask::registration, "OpenHIM register", "POST", "/mediators", dump_json(description)};
    auto reply = co_await ask(std::move(request), deadline);
    if (!reply) co_return fail(reply.error());
    if (reply->status == 201 && !is_web_page(*reply)) co_return Result<void>{};
    co_return fail(explain(Ask::registration, *reply));
}

Task<Result<Json>> CoreApi::mediator(SteadyTime deadline) {
    Request request{Ask::mediator, "OpenHIM read registration", "GET", mediator_path(""), {}};
    auto reply = co_await ask(std::move(request), deadline);
    if (!reply) co_return fail(reply.error());
    co_return json_body(Ask::mediator, *reply, &Json::is_object);
}

Task<Result<BeatReply>> CoreApi::heartbeat(std::chrono::duration<double> uptime, bool want_config,
                                           SteadyTime deadline) {
    Json body{{"uptime", uptime.count()}};
    if (want_config) body["config"] = true;
    Request request{Ask::heartbeat, "OpenHIM heartbeat", "POST", mediator_path("/heartbeat"), dump_json(body)};
    auto reply = co_await ask(std::move(request), deadline);
    if (!reply) co_return fail(reply.error());
    if (reply->status != 200 || is_web_page(*reply)) co_return fail(explain(Ask::heartbeat, *reply));
    BeatReply out;
    if (!announces_json(*reply)) co_return out;
    auto parsed = parse_json(reply->body);
    if (parsed && parsed->is_object()) {
        out.kind = BeatReply::Config::given;
        out.config = std::move(*parsed);
    } else {
        out.kind = BeatReply::Config::unreadable;
    }
    co_return out;
}

Task<Result<Json>> CoreApi::channels(SteadyTime deadline) {
    Request request{Ask::list_channels, "OpenHIM list channels", "GET", "/channels", {}};
    auto reply = co_await ask(std::move(request), deadline);
    if (!reply) co_return fail(reply.error());
    co_return json_body(Ask::list_channels, *reply, &Json::is_array);
}

Task<Result<InstallOutcome>> CoreApi::install_channel(std::string name, SteadyTime deadline) {
    Request request{Ask::install_channel, "OpenHIM install channel", "POST", mediator_path("/channels"),
                    dump_json(Json::array({name}))};
    auto reply = co_await ask(std::move(request), deadline);
    if (!reply) co_return fail(reply.error());
    if (reply->status == 201 && !is_web_page(*reply)) co_return InstallOutcome::installed;
    // There is no 409: a taken name is a duplicate key (openhim.md 4.4).
    if (reply->body.find("E11000") != std::string::npos) co_return InstallOutcome::already_there;
    auto error = explain(Ask::install_channel, *reply);
    if (reply->status == 400) {
        error.message = "OpenHIM does not find this channel in our registration there: it holds another version of it";
    }
    co_return fail(std::move(error));
}

Task<Result<void>> CoreApi::add_channel(Json channel, SteadyTime deadline) {
    Request request{Ask::add_channel, "OpenHIM add channel", "POST", "/channels", dump_json(channel)};
    auto reply = co_await ask(std::move(request), deadline);
    if (!reply) co_return fail(reply.error());
    // A taken name is a duplicate key, never 409 (openhim.md 4.3).
    const bool there = reply->body.find("E11000") != std::string::npos;
    if (there || (reply->status == 201 && !is_web_page(*reply))) co_return Result<void>{};
    co_return fail(explain(Ask::add_channel, *reply));
}

Task<Result<void>> CoreApi::update_channel(std::string id, Json fields, SteadyTime deadline) {
    Request request{Ask::update_channel, "OpenHIM update channel", "PUT", "/channels/" + encode_query_value(id),
                    dump_json(fields)};
    auto reply = co_await ask(std::move(request), deadline);
    if (!reply) co_return fail(reply.error());
    if (reply->status == 200 && !is_web_page(*reply)) co_return Result<void>{};
    co_return fail(explain(Ask::update_channel, *reply));
}

Task<Result<std::optional<Json>>> CoreApi::transaction(std::string id, SteadyTime deadline) {
    Request request{Ask::transaction, "OpenHIM read transaction", "GET", "/transactions/" + encode_query_value(id), {}};
    auto reply = co_await ask(std::move(request), deadline);
    if (!reply) co_return fail(reply.error());
    if (reply->status == 404 && !is_web_page(*reply)) co_return std::nullopt;
    auto body = json_body(Ask::transaction, *reply, &Json::is_object);
    if (!body) co_return fail(body.error());
    co_return std::optional<Json>(std::move(*body));
}

Task<Result<void>> CoreApi::update_transaction(std::string id, Json update, SteadyTime deadline) {
    Request request{Ask::transaction, "OpenHIM complete transaction", "PUT", "/transactions/" + encode_query_value(id),
                    dump_json(update)};
    auto reply = co_await ask(std::move(request), deadline);
    if (!reply) co_return fail(reply.error());
    if (reply->status == 200 && !is_web_page(*reply)) co_return Result<void>{};
    co_return fail(explain(Ask::transaction, *reply));
}

Task<Result<void>> CoreApi::add_transaction(Json transaction, SteadyTime deadline) {
    Request request{Ask::transactions, "OpenHIM add transaction", "POST", "/transactions", dump_json(transaction)};
    auto reply = co_await ask(std::move(request), deadline);
    if (!reply) co_return fail(reply.error());
    if (reply->status == 201 && !is_web_page(*reply)) co_return Result<void>{};
    co_return fail(explain(Ask::transactions, *reply));
}

Task<Result<bool>> CoreApi::has_transaction(std::string property, std::string value, SteadyTime deadline) {
    const Json filters{{"properties", {{property, value}}}};
    Request request{Ask::transactions,
                    "OpenHIM find transaction",
                    "GET",
                    "/transactions?filterLimit=1&filterPage=0&filters=" + encode_query_value(dump_json(filters)),
                    {}};
    auto reply = co_await ask(std::move(request), deadline);
    if (!reply) co_return fail(reply.error());
    auto found = json_body(Ask::transactions, *reply, &Json::is_array);
    if (!found) co_return fail(found.error());
    co_return !found->empty();
}

}  // namespace ocm::registration
