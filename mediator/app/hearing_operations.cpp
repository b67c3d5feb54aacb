// SPDX-License-Identifier: MPL-2.0
#include "app/hearing_operations.hpp"

#include "app/arguments.hpp"
#include "store/store.hpp"

#include <algorithm>

namespace ocm::app {
namespace {

Json job_json(const webhook::CatchUpJob& job, bool ended) {
    Json out{{"job", job.id},        {"since", rfc3339(job.floor)}, {"searches", job.searches}, {"found", job.found},
             {"queued", job.queued}, {"unseen", job.unseen},        {"left", job.todo.size()},  {"ended", ended}};
    if (!job.subscription.empty()) out["subscription"] = job.subscription;
    return out;
}

tl::unexpected<Error> no_catch_up() {
    return fail(ErrorCode::unavailable,
                "nothing is looked up: the mediator does not run, does not hear from OpenCRVS, or has no client that "
                "may search records there");
}

tl::unexpected<Error> no_hub() {
    return fail(ErrorCode::unavailable,
                "nothing is subscribed to: the mediator does not run, or has no webhooks of OpenCRVS configured");
}

}  // namespace

bool HearingOperations::knows(std::string_view command) {
    return command.starts_with("opencrvs.") || command == "subscriptions.replay";
}

Task<Result<Json>> HearingOperations::run(std::string command, Json args, std::string actor) {
    Result<Json> out = fail(ErrorCode::not_found, "there is no such command");
    if (command == "opencrvs.list") {
        out = co_await list();
    } else if (command == "opencrvs.sync") {
        out = co_await sync(std::move(actor));
    } else if (command == "opencrvs.remove") {
        out = co_await remove(arg(args, "id"), std::move(actor));
    } else if (command == "opencrvs.catchup") {
        out = co_await look(std::move(args), "", std::move(actor));
    } else if (command == "opencrvs.progress") {
        out = progress(args);
    } else if (command == "subscriptions.replay") {
        out = co_await replay(std::move(args), std::move(actor));
    }
    co_return out;
}

Task<Result<Json>> HearingOperations::list() {
    if (hub_ == nullptr) co_return no_hub();
    auto there = co_await hub_->list();
    if (!there) co_return fail(there.error());
    auto out = Json::array();
    for (const auto& one : *there) {
        out.push_back({{"id", one.id},
                       {"topic", one.topic},
                       {"callback", one.callback},
                       {"ours", one.callback == hub_->callback()}});
    }
    co_return Json{{"subscriptions", std::move(out)}};
}

Task<Result<Json>> HearingOperations::sync(std::string actor) {
    if (hub_ == nullptr) co_return no_hub();
    auto recorded = co_await record(std::move(actor), "opencrvs.sync", Json::object());
    if (!recorded) co_return fail(recorded.error());
    auto done = co_await hub_->sync();
    if (!done) co_return fail(done.error());
    Json out{{"subscribed", done->subscribed}, {"removed", done->removed}, {"failed", Json::array()}};
    for (const auto& error : done->failed) out["failed"].push_back(error.message);
    co_return out;
}

Task<Result<Json>> HearingOperations::remove(std::string id, std::string actor) {
    if (hub_ == nullptr) co_return no_hub();
    // OpenCRVS answers 204 whatever the id, and removes what is somebody else's too (opencrvs.md 4.3).
    auto there = co_await hub_->list();
    if (!there) co_return fail(there.error());
    const auto found = std::ranges::find(*there, id, &opencrvs::HubSubscription::id);
    if (found == there->end())
        co_return fail(ErrorCode::not_found, "OpenCRVS lists no such subscription of this client", "id");
    const auto& removed = *found;
    Json detail{{"subscription", id}};
    auto recorded = co_await record(std::move(actor), "opencrvs.remove", std::move(detail));
    if (!recorded) co_return fail(recorded.error());
    auto done = co_await hub_->remove(id);
    if (!done) co_return fail(done.error());
    co_return Json{{"id", removed.id}, {"topic", removed.topic}, {"callback", removed.callback}, {"removed", true}};
}

Task<Result<Json>> HearingOperations::look(Json args, std::string subscription, std::string actor) {
    if (catch_up_ == nullptr) co_return no_catch_up();
    const auto since = parse_rfc3339(arg(args, "since"));
    if (!since) co_return wrong("since", "an instant looks like 2026-01-15T00:00:00Z");
    if (*since >= clock_.now()) co_return wrong("since", "it lies in the future");
    Json detail{{"since", rfc3339(*since)}};
    if (!subscription.empty()) detail["subscription"] = subscription;
    auto recorded = co_await record(std::move(actor), subscription.empty() ? "opencrvs.catchup" : "subscription.replay",
                                    std::move(detail));
    if (!recorded) co_return fail(recorded.error());
    const auto job = catch_up_->replay(std::move(subscription), *since);
    co_return progress({{"job", job}});
}

Task<Result<Json>> HearingOperations::replay(Json args, std::string actor) {
    if (catch_up_ == nullptr) co_return no_catch_up();
    auto all = co_await store_.subscriptions();
    if (!all) co_return fail(all.error());
    auto id = arg(args, "id");
    const auto found = std::ranges::find(*all, id, &Subscription::id);
    if (found == all->end()) co_return fail(ErrorCode::not_found, "there is no such subscription", "id");
    if (found->state == SubscriptionState::ended)
        co_return fail(ErrorCode::conflict, "the subscription has ended: its client has to subscribe again", "id");
    auto asked = co_await look(std::move(args), std::move(id), std::move(actor));
    co_return asked;
}

Result<Json> HearingOperations::progress(const Json& args) const {
    if (catch_up_ == nullptr) return no_catch_up();
    const auto status = catch_up_->status();
    const auto wanted = arg(args, "job");
    Json out;
    const auto show = [&](const std::vector<webhook::CatchUpJob>& jobs, bool ended) {
        for (const auto& job : jobs) {
            if (job.id == wanted) out = job_json(job, ended);
        }
    };
    show(status.jobs, false);
    show(status.ended, true);
    if (out.is_null()) return fail(ErrorCode::not_found, "there is no such job, or it ended long ago", "job");
    if (!status.trouble.empty()) out["trouble"] = status.trouble;
    return out;
}

Task<Result<void>> HearingOperations::record(std::string actor, std::string action, Json detail) {
    store_ops::Unit unit;
    unit.emplace_back(store_ops::Administer{clock_.now(), std::move(actor), std::move(action), canonical_json(detail)});
    auto committed = co_await store_.commit(std::move(unit));
    if (!committed) co_return fail(committed.error());
    co_return Result<void>{};
}

}  // namespace ocm::app
