// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/opencrvs/record_search.hpp"
#include "channels/registration_event.hpp"
#include "core/store_port.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Asking OpenCRVS for what it registered and was not heard of (design section 6): what is decided about it, pure. What
/// is found enters the outbox as `heard`, like everything else that OpenCRVS tells.
namespace ocm::webhook {

/// Work at hand: a round of the poll, a stretch that someone asked for, or the past for one subscription.
struct CatchUpJob {
    std::string id;                           // names it to whoever asked for it
    bool regular = false;                     // a round: its end moves the cursor
    std::string subscription;                 // only this one is told; empty: everybody who asks for it
    WallTime floor{};                         // what was registered before is not told
    WallTime to{};                            // what has been asked for by its end
    std::vector<opencrvs::RecordQuery> todo;  // questions not asked yet; the last is the next
    std::size_t searches = 0;                 // asked so far
    std::size_t found = 0;                    // registrations among the answers
    std::size_t queued = 0;                   // of these, not known before
    std::size_t unseen = 0;                   // questions that find too much and cannot be narrowed
    friend bool operator==(const CatchUpJob&, const CatchUpJob&) = default;
};

/// What is kept of it across restarts, in the store's cache.
struct CatchUpState {
    WallTime origin{};  // when this mediator first listened to the target: a round tells nothing registered before
    WallTime cursor{};  // up to here everything was asked for
    std::optional<WallTime> gap{};  // since then something may have been missed, and no round has begun to look
    WallTime day{};                 // of the count below
    std::size_t counted = 0;        // searches that count towards the client's quota, today (UTC)
    std::vector<CatchUpJob> jobs;   // in the order they are worked off
    friend bool operator==(const CatchUpState&, const CatchUpState&) = default;
};

/// The key of the state in the cache.
std::string catch_up_key(std::string_view target);
std::string write_state(const CatchUpState& state);
/// `storage` where it cannot be read.
Result<CatchUpState> read_state(std::string_view text);

/// Of a target that is listened to for the first time.
CatchUpState first_state(WallTime now);

/// Something may have been missed since then: the next round goes back to it, never behind the origin.
void note_gap(CatchUpState& state, WallTime since);

/// Puts a round at the end of the work unless one is there.
void add_round(CatchUpState& state, std::string id, opencrvs::RecordSearch search, WallTime now, Milliseconds overlap);

/// Puts a stretch of the past at the end of the work: for everybody, or for one subscription.
void add_stretch(CatchUpState& state, std::string id, opencrvs::RecordSearch search, WallTime since, WallTime now,
                 std::string subscription = {});

/// False where today's searches are used up. A new day starts the count again.
bool within_quota(CatchUpState& state, opencrvs::RecordSearch search, std::size_t quota, WallTime now);

/// Takes the answer to the next question of the first job. A finished job is taken off the work and returned. Of a page
/// that says the quota is used up nothing changes.
std::optional<CatchUpJob> advance(CatchUpState& state, const opencrvs::SearchPage& page,
                                  const std::vector<std::string>& offices);

/// Time until the next round. Where rounds are dear they are further apart, so that a day of them is within the quota.
Milliseconds until_next(opencrvs::RecordSearch search, Milliseconds every, std::size_t searches, std::size_t quota);

/// A registration that was found.
struct Candidate {
    opencrvs::FoundRecord found;
    std::string once_key;  // as of any other way to hear of it
    std::string event;     // id of the event
};

/// Which of the records found are to be told by the job: of a kind there are topics for, and registered since its
/// floor. What says nothing of when it was registered is told only where somebody asked for a stretch.
std::vector<Candidate> candidates(const CatchUpJob& job, const std::vector<opencrvs::FoundRecord>& records,
                                  const std::string& target,
                                  const std::function<std::optional<VitalKind>(std::string_view type)>& kind_of);

/// Names what was found in the outbox, so that it is there once, however often it is found until it is known.
std::string found_delivery(const Candidate& candidate, const CatchUpJob& job);

/// A transaction of its own for what was found, and the message in the outbox that works it off. `reads` says that the
/// record will be read, so that nothing of the result is kept.
store_ops::Unit take_found(const Candidate& candidate, const CatchUpJob& job, const std::string& target,
                           std::string transaction, WallTime now, bool reads);

}  // namespace ocm::webhook
