// SPDX-License-Identifier: MPL-2.0
#include "channels/webhook/catch_up.hpp"

#include "channels/webhook/inbound.hpp"
#include "core/ids.hpp"
#include "core/json.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace ocm::webhook {
namespace {

using opencrvs::RecordQuery;
using opencrvs::RecordSearch;
using opencrvs::SearchPage;

/// Name space of the ids of what was found; never changes.
constexpr std::string_view found_space = "5b1e8f0a-8d0b-5c7e-9a51-2f1f6a0c7d33";

/// Results of a page that are looked at again on the next: what is archived between the two moves the others forward.
constexpr std::size_t seen_twice = 10;

bool has_quota(RecordSearch search) {
    return search != RecordSearch::by_registration;
}

WallTime start_of_day(WallTime at) {
    return std::chrono::floor<std::chrono::days>(at);
}

Json query_json(const RecordQuery& query) {
    Json out{{"from", rfc3339(query.from)}, {"to", rfc3339(query.to)}};
    if (!query.event.empty()) out["event"] = query.event;
    if (!query.sex.empty()) out["sex"] = query.sex;
    if (!query.office.empty()) out["office"] = query.office;
    if (query.skip != 0) out["skip"] = query.skip;
    return out;
}

Json job_json(const CatchUpJob& job) {
    Json out{{"id", job.id},       {"floor", rfc3339(job.floor)}, {"to", rfc3339(job.to)}, {"searches", job.searches},
             {"found", job.found}, {"queued", job.queued},        {"unseen", job.unseen},  {"todo", Json::array()}};
    if (job.regular) out["regular"] = true;
    if (!job.subscription.empty()) out["subscription"] = job.subscription;
    for (const auto& query : job.todo) out["todo"].push_back(query_json(query));
    return out;
}

/// Reads what `write_state` wrote; one wrong value makes all of it wrong.
class StateReader {
  public:
    explicit StateReader(const Json& json) : json_(json) {}

    std::optional<CatchUpState> run() {
        CatchUpState out;
        out.origin = time(json_, "origin");
        out.cursor = time(json_, "cursor");
        if (member(json_, "gap") != nullptr) out.gap = time(json_, "gap");
        out.day = time(json_, "day");
        out.counted = count(json_, "counted");
        each(json_, "jobs", [&](const Json& job) { out.jobs.push_back(read_job(job)); });
        if (!sound_) return std::nullopt;
        return out;
    }

  private:
    CatchUpJob read_job(const Json& json) {
        CatchUpJob out;
        out.id = text_member(json, "id");
        const auto* regular = member(json, "regular");
        out.regular = regular != nullptr && *regular == true;
        out.subscription = text_member(json, "subscription");
        out.floor = time(json, "floor");
        out.to = time(json, "to");
        out.searches = count(json, "searches");
        out.found = count(json, "found");
        out.queued = count(json, "queued");
        out.unseen = count(json, "unseen");
        each(json, "todo", [&](const Json& query) { out.todo.push_back(read_query(query)); });
        return out;
    }

    RecordQuery read_query(const Json& json) {
        RecordQuery out;
        out.from = time(json, "from");
        out.to = time(json, "to");
        out.event = text_member(json, "event");
        out.sex = text_member(json, "sex");
        out.office = text_member(json, "office");
        if (member(json, "skip") != nullptr) out.skip = count(json, "skip");
        return out;
    }

    WallTime time(const Json& json, std::string_view key) {
        const auto at = parse_rfc3339(text_member(json, key));
        sound_ = sound_ && at.has_value();
        return at.value_or(WallTime{});
    }
    std::size_t count(const Json& json, std::string_view key) {
        const auto* value = member(json, key);
        const bool fits = value != nullptr && value->is_number_unsigned();
        sound_ = sound_ && fits;
        return fits ? value->get<std::size_t>() : 0;
    }
    template <class Read>
    void each(const Json& json, std::string_view key, Read read) {
        const auto* list = member(json, key);
        if (list == nullptr || !list->is_array()) {
            sound_ = false;
            return;
        }
        for (const auto& one : *list) read(one);
    }

    const Json& json_;
    bool sound_ = true;
};

/// Questions as work: the last is the next.
std::vector<RecordQuery> as_work(std::vector<RecordQuery> queries) {
    std::ranges::reverse(queries);
    return queries;
}

bool counts(const SearchPage& page) {
    // Searches without a hit are free; what is too much is taken to count (opencrvs.md 3.3).
    return page.shown != 0 || page.standing == SearchPage::Standing::too_many;
}

}  // namespace

std::string catch_up_key(std::string_view target) {
    return "catch-up/" + std::string(target);
}

std::string write_state(const CatchUpState& state) {
    Json out{{"v", 1},
             {"origin", rfc3339(state.origin)},
             {"cursor", rfc3339(state.cursor)},
             {"day", rfc3339(state.day)},
             {"counted", state.counted},
             {"jobs", Json::array()}};
    if (state.gap) out["gap"] = rfc3339(*state.gap);
    for (const auto& job : state.jobs) out["jobs"].push_back(job_json(job));
    return dump_json(out);
}

Result<CatchUpState> read_state(std::string_view text) {
    const auto json = parse_json(text);
    auto state = json ? StateReader(*json).run() : std::nullopt;
    if (!state) return fail(ErrorCode::storage, "how far OpenCRVS was asked cannot be read");
    return std::move(*state);
}

CatchUpState first_state(WallTime now) {
    CatchUpState out;
    out.origin = now;
    out.cursor = now;
    out.day = start_of_day(now);
    return out;
}

void note_gap(CatchUpState& state, WallTime since) {
    state.gap = std::min(state.gap.value_or(since), since);
}

void add_round(CatchUpState& state, std::string id, RecordSearch search, WallTime now, Milliseconds overlap) {
    if (std::ranges::any_of(state.jobs, &CatchUpJob::regular)) return;
    CatchUpJob job;
    job.id = std::move(id);
    job.regular = true;
    job.floor = state.origin;
    job.to = now;
    const auto heard_since = state.cursor - overlap;
    const auto from = std::max(state.origin, std::min(heard_since, state.gap.value_or(heard_since)));
    job.todo = as_work(opencrvs::questions(search, from, now));
    // The clock was put back: the next round has it right again.
    if (job.todo.empty()) return;
    state.gap.reset();
    state.jobs.push_back(std::move(job));
}

void add_stretch(CatchUpState& state, std::string id, RecordSearch search, WallTime since, WallTime now,
                 std::string subscription) {
    CatchUpJob job;
    job.id = std::move(id);
    job.subscription = std::move(subscription);
    job.floor = since;
    job.to = now;
    job.todo = as_work(opencrvs::questions(search, since, now));
    state.jobs.push_back(std::move(job));
}

bool within_quota(CatchUpState& state, RecordSearch search, std::size_t quota, WallTime now) {
    if (start_of_day(now) != state.day) {
        state.day = start_of_day(now);
        state.counted = 0;
    }
    return !has_quota(search) || state.counted < quota;
}

std::optional<CatchUpJob> advance(CatchUpState& state, const SearchPage& page,
                                  const std::vector<std::string>& offices) {
    if (state.jobs.empty() || page.standing == SearchPage::Standing::quota) return std::nullopt;
    auto& job = state.jobs.front();
    if (!job.todo.empty()) {
        auto asked = std::move(job.todo.back());
        job.todo.pop_back();
        ++job.searches;
        if (counts(page)) ++state.counted;
        if (page.standing == SearchPage::Standing::too_many) {
            auto less = as_work(opencrvs::narrower(asked, offices));
            if (less.empty()) ++job.unseen;
            job.todo.insert(job.todo.end(), less.begin(), less.end());
        } else if (page.more) {
            asked.skip += page.shown > 2 * seen_twice ? page.shown - seen_twice : page.shown;
            job.todo.push_back(std::move(asked));
        }
    }
    if (!job.todo.empty()) return std::nullopt;
    auto done = std::move(job);
    state.jobs.erase(state.jobs.begin());
    if (done.regular) state.cursor = std::max(state.cursor, done.to);
    return done;
}

Milliseconds until_next(RecordSearch search, Milliseconds every, std::size_t searches, std::size_t quota) {
    if (!has_quota(search) || quota == 0) return every;
    constexpr Milliseconds day = std::chrono::hours(24);
    return std::max(every, day * static_cast<std::int64_t>(searches) / static_cast<std::int64_t>(quota));
}

std::vector<Candidate> candidates(const CatchUpJob& job, const std::vector<opencrvs::FoundRecord>& records,
                                  const std::string& target,
                                  const std::function<std::optional<VitalKind>(std::string_view type)>& kind_of) {
    std::vector<Candidate> out;
    for (const auto& found : records) {
        const auto kind = kind_of(found.type);
        if (!kind) continue;
        RegistrationEvent event;
        event.topic = {Change::registered, *kind};
        if (!topic(name(event.topic))) continue;
        if (found.registered ? *found.registered < job.floor : job.regular) continue;
        event.target = target;
        event.occurrence = found.number;
        out.push_back({found, once_key(event), event_id(event)});
    }
    return out;
}

std::string found_delivery(const Candidate& candidate, const CatchUpJob& job) {
    // Whoever asks for the past again may mean what nobody meant the first time.
    const auto whose = job.subscription.empty() ? std::string() : " " + job.subscription + " " + job.id;
    return uuid_v5(found_space, candidate.once_key + whose);
}

store_ops::Unit take_found(const Candidate& candidate, const CatchUpJob& job, const std::string& target,
                           std::string transaction, WallTime now, bool reads) {
    Json message{{"record", candidate.found.record}};
    if (!job.subscription.empty()) message["subscription"] = job.subscription;
    if (!reads) message["result"] = candidate.found.result;
    store_ops::Receive receive;
    receive.transaction = transaction;
    receive.at = now;
    receive.channel = "webhook-inbound";
    receive.route = "catch-up";
    receive.method = "POLL";
    receive.caller = "mediator";
    store_ops::Enqueue heard;
    heard.delivery = found_delivery(candidate, job);
    heard.transaction = std::move(transaction);
    heard.at = now;
    heard.kind = heard_kind;
    // What is asked back waits for the target; what was found whole waits for nobody.
    heard.destination = std::string(reads ? "confirm:" : "heard:") + target;
    if (is_uuid(candidate.found.record)) heard.order_key = candidate.found.record;
    heard.due = now;
    heard.payload = write_heard(Heard::catch_up, dump_json(message));
    store_ops::Unit out;
    out.emplace_back(std::move(receive));
    out.emplace_back(std::move(heard));
    return out;
}

}  // namespace ocm::webhook
