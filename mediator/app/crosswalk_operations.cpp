// SPDX-License-Identifier: MPL-2.0
#include "app/crosswalk_operations.hpp"

#include "app/arguments.hpp"
#include "app/parked.hpp"
#include "channels/opencrvs/crosswalk_csv.hpp"
#include "channels/opencrvs/target.hpp"
#include "store/store.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace ocm::app {
namespace {

using opencrvs::RowProblem;

const opencrvs::Places* places_of(const std::shared_ptr<const opencrvs::Snapshot>& snapshot) {
    return snapshot ? &snapshot->places : nullptr;
}

Json entry_json(const CrosswalkEntry& entry, const opencrvs::Places* places, WallTime now) {
    const auto& from = entry.key.from;
    Json out{{"target", entry.key.target}, {"kind", name(from.kind)},    {"system", from.system},
             {"code", from.code},          {"location", entry.location}, {"origin", name(entry.origin)},
             {"by", entry.actor},          {"at", rfc3339(entry.at)}};
    if (!entry.name.empty()) out["name"] = entry.name;
    if (!entry.note.empty()) out["note"] = entry.note;
    if (places == nullptr) return out;
    const auto called = opencrvs::name_of_place(from.kind, entry.location, *places);
    if (!called.empty()) out["location_name"] = called;
    const auto trouble = opencrvs::trouble_with(from.kind, entry.location, *places, now);
    if (!trouble.empty()) out["problem"] = "points to " + trouble;
    return out;
}

Json problems_json(const std::vector<RowProblem>& problems) {
    auto out = Json::array();
    for (const auto& problem : problems)
        out.push_back({{"line", problem.line}, {"column", problem.column}, {"message", problem.message}});
    return out;
}

Error first_of(const std::vector<RowProblem>& problems) {
    Error out{ErrorCode::bad_request, "", problems.front().column, std::nullopt};
    for (const auto& problem : problems)
        out.message += (out.message.empty() ? "" : "; ") +
                       (problem.column.empty() ? std::string() : problem.column + " ") + problem.message;
    return out;
}

bool same(const CrosswalkEntry& a, const CrosswalkEntry& b) {
    return a.location == b.location && a.name == b.name && a.note == b.note;
}

}  // namespace

const std::vector<std::string>& CrosswalkOperations::commands() {
    static const std::vector<std::string> all{"crosswalk.list", "crosswalk.set", "crosswalk.remove",
                                              "crosswalk.import"};
    return all;
}

Task<Result<Json>> CrosswalkOperations::run(std::string command, Json args, std::string actor) {
    if (deps_.target == nullptr) co_return fail(ErrorCode::internal, "no target is configured here");
    if (command == "crosswalk.list") co_return co_await list(std::move(args));
    if (command == "crosswalk.set") co_return co_await set(std::move(args), std::move(actor));
    if (command == "crosswalk.remove") co_return co_await remove(std::move(args), std::move(actor));
    if (command == "crosswalk.import") co_return co_await import_table(std::move(args), std::move(actor));
    co_return fail(ErrorCode::not_found, "there is no such command");
}

Task<Result<void>> CrosswalkOperations::publish() {
    std::uint64_t turn = 0;
    {
        const std::lock_guard lock(mutex_);
        turn = ++asked_;
    }
    auto entries = co_await deps_.store.crosswalk();
    if (!entries) co_return fail(entries.error());
    auto made = std::make_shared<const Crosswalk>(std::move(*entries));
    const std::lock_guard lock(mutex_);
    if (turn > published_) {
        published_ = turn;
        deps_.target->set_crosswalk(std::move(made));
    }
    co_return Result<void>{};
}

Task<Result<std::size_t>> CrosswalkOperations::release(std::string actor) {
    auto released = co_await release_known(
        deps_.store, deps_.clock, [target = deps_.target](const PlaceCode& code) { return target->knows(code); },
        std::move(actor));
    if (released && *released != 0 && deps_.outbox_changed) deps_.outbox_changed();
    co_return released;
}

Task<Result<std::size_t>> CrosswalkOperations::commit(store_ops::ChangeCrosswalk change) {
    const auto actor = change.record.actor;
    store_ops::Unit unit;
    unit.emplace_back(std::move(change));
    auto committed = co_await deps_.store.commit(std::move(unit));
    if (!committed) co_return fail(committed.error());
    auto published = co_await publish();
    if (!published) co_return fail(published.error());
    auto released = co_await release(actor);
    co_return released;
}

Task<Result<Json>> CrosswalkOperations::list(Json args) {
    std::optional<PlaceKind> kind;
    if (const auto text = arg(args, "kind"); !text.empty()) {
        kind = place_kind(text);
        if (!kind) co_return wrong("kind", "one of facility, office, area");
    }
    const auto system = arg(args, "system");
    const auto code = arg(args, "code");
    const auto location = arg(args, "location");
    auto entries = co_await deps_.store.crosswalk();
    if (!entries) co_return fail(entries.error());
    const auto snapshot = deps_.target->snapshot();
    const auto now = deps_.clock.now();
    Json out{{"target", deps_.target->name()}, {"entries", Json::array()}};
    for (const auto& entry : *entries) {
        const auto& from = entry.key.from;
        const bool wanted = (!kind || from.kind == *kind) && (system.empty() || from.system == system) &&
                            (code.empty() || from.code == code) && (location.empty() || entry.location == location);
        const bool ours = entry.key.target == deps_.target->name();
        if (wanted) out["entries"].push_back(entry_json(entry, ours ? places_of(snapshot) : nullptr, now));
    }
    co_return out;
}

Task<Result<Json>> CrosswalkOperations::set(Json args, std::string actor) {
    const auto snapshot = deps_.target->snapshot();
    const auto now = deps_.clock.now();
    const opencrvs::WantedEntry wanted{0,
                                       arg(args, "kind"),
                                       arg(args, "system"),
                                       arg(args, "code"),
                                       arg(args, "location"),
                                       arg(args, "name"),
                                       arg(args, "note")};
    auto checked = opencrvs::check_entry(wanted, deps_.target->name(), places_of(snapshot), now);
    if (!checked.problems.empty()) co_return fail(first_of(checked.problems));
    auto entry = checked.entry;
    entry.actor = actor;
    entry.at = now;
    auto out = entry_json(entry, places_of(snapshot), now);
    Change change{{}, "crosswalk.set", std::move(actor)};
    change.entries.push_back(std::move(entry));
    auto done = co_await put(std::move(change), out);
    if (!done) co_return fail(done.error());
    co_return out;
}

Task<Result<Json>> CrosswalkOperations::remove(Json args, std::string actor) {
    const auto kind = place_kind(arg(args, "kind"));
    if (!kind) co_return wrong("kind", "one of facility, office, area");
    store_ops::ChangeCrosswalk change;
    change.remove.push_back({deps_.target->name(), {*kind, arg(args, "system"), arg(args, "code")}});
    change.record = {deps_.clock.now(), std::move(actor), "crosswalk.remove",
                     canonical_json({{"target", deps_.target->name()}, {"removed", 1}})};
    auto committed = co_await commit(std::move(change));
    if (!committed) co_return fail(committed.error());
    co_return Json{{"removed", 1}};
}

Task<Result<Json>> CrosswalkOperations::import_table(Json args, std::string actor) {
    const auto snapshot = deps_.target->snapshot();
    auto rows =
        opencrvs::read_crosswalk_csv(arg(args, "csv"), deps_.target->name(), places_of(snapshot), deps_.clock.now());
    const bool dry_run = flag(args, "dry_run");
    Json out{{"rows", rows.entries.size()}, {"dry_run", dry_run}, {"checked_against_target", snapshot != nullptr}};
    out["problems"] = problems_json(rows.problems);
    // All or nothing: half a table is harder to put right than none.
    if (!rows.problems.empty()) co_return out;
    for (auto& entry : rows.entries) entry.origin = CrosswalkOrigin::imported;
    Change change{std::move(rows.entries), "crosswalk.import", std::move(actor), dry_run};
    auto done = co_await put(std::move(change), out);
    if (!done) co_return fail(done.error());
    co_return out;
}

Task<Result<void>> CrosswalkOperations::put(Change wanted, Json& out) {
    auto stored = co_await deps_.store.crosswalk();
    if (!stored) co_return fail(stored.error());
    const Crosswalk known(std::move(*stored));
    store_ops::ChangeCrosswalk change;
    std::size_t unchanged = 0;
    std::size_t replaced = 0;
    for (auto& entry : wanted.entries) {
        const auto* before = known.at(entry.key);
        if (before != nullptr && same(*before, entry)) {
            ++unchanged;
            continue;
        }
        if (before != nullptr) ++replaced;
        change.put.push_back(std::move(entry));
    }
    out["added"] = change.put.size() - replaced;
    out["replaced"] = replaced;
    out["unchanged"] = unchanged;
    if (wanted.dry_run || change.put.empty()) co_return Result<void>{};
    const Json detail{{"target", deps_.target->name()}, {"added", out["added"]}, {"replaced", replaced}};
    change.record = {deps_.clock.now(), std::move(wanted.actor), std::move(wanted.action), canonical_json(detail)};
    auto released = co_await commit(std::move(change));
    if (!released) co_return fail(released.error());
    out["released"] = *released;
    co_return Result<void>{};
}

}  // namespace ocm::app
