// SPDX-License-Identifier: MPL-2.0
#include "app/country_config.hpp"

#include "channels/account.hpp"
#include "channels/opencrvs/event_document.hpp"
#include "channels/webhook/trigger.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include <atomic>

namespace ocm::app {
namespace {

namespace asio = boost::asio;
using webhook::Decision;

constexpr std::string_view channel = "webhook-inbound";

bool changes_nothing(std::string_view method) {
    return method == "GET" || method == "HEAD" || method == "OPTIONS";
}

/// No answer of the country configuration, as who asked it is told.
Error unanswered(const Error& error) {
    switch (error.code) {
        case ErrorCode::target_timeout:
            return {error.code, "the country configuration did not answer: " + error.message, "", std::nullopt};
        case ErrorCode::cancelled:
            return {error.code, "the mediator is stopping", "", std::nullopt};
        default:
            return {ErrorCode::bad_gateway, "the country configuration cannot be used: " + error.message, "",
                    std::nullopt};
    }
}

HttpResponse passed_back(UpstreamReply reply) {
    HttpResponse out;
    out.status = reply.status;
    out.headers = webhook::passed_on(reply.headers);
    // Counted anew where there is a body; of the answer to HEAD it is all there is.
    if (const auto* length = reply.headers.find("content-length")) out.headers.set("content-length", *length);
    out.body = std::move(reply.body);
    return out;
}

}  // namespace

/// A trigger: on its connection's thread, and until it is recorded.
struct CountryConfigFront::Taking {
    Taking(HttpRequest request, webhook::TriggerPath trigger_path, SteadyTime deadline, Ports ports,
           const asio::any_io_executor& on)
        : exchange(std::move(request), Caller{Caller::Through::direct, {}}, std::string(channel),
                   std::string(webhook::trigger_pattern), deadline, ports),
          path(std::move(trigger_path)),
          executor(on),
          step_ended(on) {
        exchange.keeps_bodies = false;  // of what is taken the outbox keeps the copy
    }

    Exchange exchange;
    webhook::TriggerPath path;
    std::optional<Json> document;             // absent where it cannot be read
    std::optional<webhook::Trigger> trigger;  // absent where it could not be verified
    Answer answer;
    bool missed = false;  // of what comes to be there is no copy

    asio::any_io_executor executor;
    asio::steady_timer step_ended;
    Milliseconds patience{0};  // left
    bool receiving = false;
    bool busy = false;      // a step of recording runs
    bool answered = false;  // the answer is there to be recorded
    std::atomic<bool> is_recorded{false};
    std::atomic<std::uint64_t> gap{0};
};

CountryConfigFront::CountryConfigFront(CountryConfigOptions options, Deps deps)
    : options_(std::move(options)), deps_(std::move(deps)) {}

Task<HttpResponse> CountryConfigFront::handle(HttpRequest request) {
    if (webhook::trigger_path(request)) {
        auto taken = co_await take(std::move(request));
        co_return taken;
    }
    auto passed = co_await pass_by(std::move(request));
    co_return passed;
}

Task<HttpResponse> CountryConfigFront::refuse(http::Refusal refusal) {
    deps_.metrics.refused(refusal.status);
    auto out = webhook::trigger_refusal({ErrorCode::bad_request, std::move(refusal.reason), "", std::nullopt});
    if (refusal.status != 400) out.status = refusal.status;
    co_return out;
}

Task<void> CountryConfigFront::learn_key() {
    std::string said;
    while (!deps_.key.known()) {
        auto read = co_await deps_.key.refresh();
        if (!read && read.error().code == ErrorCode::cancelled) co_return;
        if (!read && read.error().message != said) {
            said = read.error().message;
            spdlog::warn("triggers cannot be verified yet: {}", said);
        }
        if (deps_.key.known()) co_return;
        const bool slept = co_await deps_.ports.clock.sleep(opencrvs::AuthKey::between_reads);
        if (!slept) co_return;
    }
}

bool CountryConfigFront::knows(const HttpRequest& request) const {
    return !options_.peer || options_.peer(request.peer.address);
}

UpstreamCall CountryConfigFront::call_for(const HttpRequest& request) const {
    UpstreamCall call;
    call.name = "Country configuration";
    call.method = request.method;
    call.url = options_.url + (request.target.starts_with('/') ? request.target : "/");
    call.headers = webhook::passed_on(request.headers);
    call.body = request.body;
    call.timeout = options_.timeout;
    call.max_response = options_.max_body;
    call.repeatable = changes_nothing(request.method);
    call.verbatim = true;
    return call;
}

Task<HttpResponse> CountryConfigFront::pass_by(HttpRequest request) {
    HttpResponse out;
    if (!knows(request)) {
        deps_.metrics.refused(403);
        out = webhook::trigger_refusal(
            {ErrorCode::forbidden, "the country configuration is not open to this address", "", std::nullopt});
    } else {
        auto call = call_for(request);
        request.body = {};
        auto reply = co_await deps_.ports.upstream.send(std::move(call), deps_.ports.clock.steady() + options_.timeout);
        out = reply ? passed_back(std::move(*reply)) : webhook::trigger_refusal(unanswered(reply.error()));
    }
    deps_.metrics.country_config("other", out.status);
    co_return out;
}

Task<HttpResponse> CountryConfigFront::take(HttpRequest request) {
    const auto executor = co_await asio::this_coro::executor;
    const bool known = knows(request);
    const auto path = *webhook::trigger_path(request);
    auto taking = std::make_shared<Taking>(std::move(request), path, deps_.ports.clock.steady() + options_.timeout,
                                           deps_.ports, executor);
    taking->patience = options_.patience;
    const std::string token(webhook::shown_token(taking->exchange.request()));
    if (!known || token.empty()) {
        Error error{ErrorCode::forbidden, "triggers are not taken from this address", "", std::nullopt};
        if (known) error = Error{ErrorCode::unauthenticated, "the trigger has no token", "", std::nullopt};
        co_return co_await refuse_trigger(std::move(taking), std::move(error));
    }
    auto claims = co_await deps_.key.claims(token);
    // Without a key nothing can be verified, and nothing is taken for true; but the country configuration verifies by
    // itself, and a registration is not to fail for want of our copy.
    if (!claims && claims.error().code != ErrorCode::unavailable) {
        co_return co_await refuse_trigger(std::move(taking), claims.error());
    }
    auto document = parse_json(taking->exchange.request().body);
    if (document) taking->document = std::move(*document);
    if (claims) {
        auto good = webhook::check_token(*claims, deps_.ports.clock.now());
        if (!good) co_return co_await refuse_trigger(std::move(taking), good.error());
        if (taking->document) {
            auto trigger = webhook::check_trigger(*claims, taking->path, *taking->document);
            if (!trigger) co_return co_await refuse_trigger(std::move(taking), trigger.error());
            taking->trigger = std::move(*trigger);
        }
    }
    if (!taking->trigger) {
        spdlog::warn("transaction {}: no copy can be taken of a trigger: {}", taking->exchange.id(),
                     claims ? document.error().message : claims.error().message);
    }
    co_return co_await forward(std::move(taking));
}

Task<HttpResponse> CountryConfigFront::forward(TakingPtr taking) {
    taking->receiving = taking->busy = true;
    asio::co_spawn(taking->executor, record_received(taking), asio::detached);
    co_await wait(taking);

    auto reply = co_await taking->exchange.pass(call_for(taking->exchange.request()));
    auto& answer = taking->answer;
    if (reply) {
        keep_copy(*taking, *reply);
        answer.response = passed_back(std::move(*reply));
    } else {
        answer.error = unanswered(reply.error());
        answer.response = webhook::trigger_refusal(*answer.error);
    }
    auto response = answer.response;
    co_await finish_record(taking);
    co_return response;
}

Task<HttpResponse> CountryConfigFront::refuse_trigger(TakingPtr taking, Error error) {
    auto& answer = taking->answer;
    answer.response = webhook::trigger_refusal(error);
    answer.error = std::move(error);
    deps_.metrics.refused(answer.response.status);
    auto response = answer.response;
    co_await finish_record(taking);
    co_return response;
}

/// What the country configuration decided, and what is kept of it.
void CountryConfigFront::keep_copy(Taking& taking, const UpstreamReply& reply) {
    auto& answer = taking.answer;
    const auto decided = webhook::decision(reply.status);
    const bool comes_to_be = decided == Decision::accepted || decided == Decision::later;
    const bool tells = opencrvs::may_tell(taking.path.action_type);
    if (!opencrvs::is_known_action(taking.path.action_type)) {
        Account account;
        account.dropped.push_back({"/actions", "OpenCRVS is not known to have such actions"});
        answer.account = account.to_text();
    }
    if (taking.document) answer.subjects.event_id = text_member(*taking.document, "id");
    taking.missed = comes_to_be && tells;
    if (!taking.trigger) return;
    auto copy = webhook::copy_of(std::move(*taking.document), *taking.trigger, reply.status, reply.body);
    taking.document.reset();
    if (!copy) return;
    // What is not accepted yet cannot be believed at once.
    const bool asks = options_.finality == webhook::Finality::confirmed || decided == Decision::later;
    answer.also.emplace_back(webhook::keep_heard(taking.exchange, options_.target, Heard::trigger,
                                                 taking.trigger->record, *copy,
                                                 asks ? webhook::before_asking : Milliseconds{0}));
    answer.status = TransactionStatus::processing;
}

/// Records the answer, as long as there is patience; a gap is what is left where that was not enough.
Task<void> CountryConfigFront::finish_record(TakingPtr taking) {
    const auto& exchange = taking->exchange;
    const auto status = taking->answer.response.status;
    const auto took = std::chrono::duration_cast<Milliseconds>(deps_.ports.clock.now() - exchange.received_at());
    deps_.metrics.transaction(channel, status, took);
    deps_.metrics.country_config("trigger", status);
    for (const auto& step : exchange.steps()) deps_.metrics.upstream(step);
    spdlog::info("{} {} {} {} {} ms", exchange.id(), channel, exchange.request().method, status, took.count());

    const auto& also = taking->answer.also;
    const bool copied = !also.empty();
    const bool missed = taking->missed;
    const auto record = taking->answer.subjects.event_id;
    const auto since = exchange.received_at();
    taking->answered = true;
    if (!taking->receiving) {
        taking->busy = true;
        asio::co_spawn(taking->executor, record_answered(taking), asio::detached);
    }
    co_await wait(taking);
    if (!missed || (copied && taking->is_recorded)) co_return;
    const auto gap = deps_.gaps.add({options_.target, since, record});
    spdlog::warn("transaction {} is not recorded yet: what it told of is to be asked for", exchange.id());
    if (!copied) co_return;
    // Whichever comes second, this or the record, sees the other.
    taking->gap = gap;
    if (taking->is_recorded) deps_.gaps.close(gap);
}

Task<void> CountryConfigFront::record_received(TakingPtr taking) {
    auto received = co_await taking->exchange.receive(std::nullopt);
    if (!received) {
        spdlog::error("transaction {} could not be recorded: {}", taking->exchange.id(), received.error().message);
    }
    taking->receiving = false;
    if (taking->answered) {
        co_await record_answered(std::move(taking));
        co_return;
    }
    taking->busy = false;
    taking->step_ended.cancel();
}

Task<void> CountryConfigFront::record_answered(TakingPtr taking) {
    store_ops::Unit more;
    for (auto& op : taking->answer.also) more.emplace_back(std::move(op));
    taking->answer.also.clear();
    auto unit = unit_of(taking->exchange, taking->answer, deps_.ports.clock.now(), more);
    auto committed = co_await deps_.ports.store.commit(unit);
    if (committed) {
        recorded(taking);
    } else {
        deps_.metrics.unrecorded();
        spdlog::error("transaction {} could not be recorded: {}", taking->exchange.id(), committed.error().message);
        deps_.engine.record_later({std::move(unit), [this, taking] { recorded(taking); }});
    }
    taking->busy = false;
    taking->step_ended.cancel();
}

void CountryConfigFront::recorded(const TakingPtr& taking) {
    taking->is_recorded = true;
    if (const auto gap = taking->gap.load(); gap != 0) deps_.gaps.close(gap);
    if (deps_.queued) deps_.queued();
}

Task<void> CountryConfigFront::wait(TakingPtr taking) {
    if (!taking->busy || taking->patience <= Milliseconds::zero()) co_return;
    const auto begun = std::chrono::steady_clock::now();
    taking->step_ended.expires_after(taking->patience);
    boost::system::error_code ignored;
    co_await taking->step_ended.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    taking->patience -= std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now() - begun);
}

}  // namespace ocm::app
