// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/opencrvs/token.hpp"
#include "channels/opencrvs/versions.hpp"
#include "core/json.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Looking up what OpenCRVS registered since a moment (opencrvs.md 3, 7.7), whatever its version. All but the client
/// at the end is pure.
namespace ocm::opencrvs {

/// One question. What `from` and `to` bound is the version's (`RecordSearch`): the moment of the registration, the
/// moment of the last change, or the days of the declaration.
struct RecordQuery {
    WallTime from{}, to{};
    std::string event{};   // "birth", "death" or "marriage"; empty: any
    std::string sex{};     // of the child or the deceased; empty: any
    std::string office{};  // id of the office it was declared at; empty: any
    std::size_t skip = 0;  // results that were seen already
    friend bool operator==(const RecordQuery&, const RecordQuery&) = default;
};

/// A registered record as a search shows it.
struct FoundRecord {
    std::string type;    // of the event, in lower case: "birth"
    std::string record;  // the target's id of the record
    std::string number;  // of the registration
    std::optional<WallTime> registered;
    Json result;  // as it was found
};

struct SearchPage {
    enum class Standing {
        found,
        too_many,  // 1.3 and 1.4 tell nothing of more than five
        quota      // the client has asked too often today
    };
    Standing standing = Standing::found;
    std::vector<FoundRecord> records;
    std::size_t shown = 0;  // results on the page, those without a registration too
    bool more = false;      // there are results behind these
};

/// 1.3 to 1.6 look records up by the day of their declaration only: one that was declared longer before its
/// registration than this is not found.
inline constexpr std::chrono::days declared_within{30};

/// The questions that find what was registered in [from, to], in the order they are asked. Slices of a day where the
/// version looks up by the registration: the index tells no more than 10,000 results of one question.
std::vector<RecordQuery> questions(RecordSearch search, WallTime from, WallTime to);

/// Questions that together ask the same and each find less: fewer days, then one kind of event, then one sex, then one
/// office. Empty where there are none.
std::vector<RecordQuery> narrower(const RecordQuery& query, const std::vector<std::string>& offices);

/// Times are sent whole, with their offset: OpenCRVS reads those without one as times in Dhaka (7.7). Pages are in the
/// order of something that does not change while they are turned.
UpstreamCall search_call(const Version& version, const std::string& gateway_url, const RecordQuery& query);

/// Reads the answer. Results without a registration number are left out. Fails with `bad_gateway` (in an
/// administrator's words) or `unavailable`.
Result<SearchPage> read_page(const Version& version, const RecordQuery& query, const UpstreamReply& reply);

struct RecordSearchOptions {
    std::string target;  // its name, for messages
    std::string version;
    std::string gateway_url;
    TokenOptions token;  // of a client that may search records
    Milliseconds timeout{10'000};
};

/// Asks the target, outside of any transaction, once.
class RecordSearcher {
  public:
    /// Throws std::logic_error for an unsupported version: the configuration has been checked before.
    RecordSearcher(RecordSearchOptions options, Ports ports);

    const Version& version() const { return *version_; }
    Task<Result<SearchPage>> page(RecordQuery query);

  private:
    RecordSearchOptions options_;
    const Version* version_;
    Ports ports_;
    TokenSource tokens_;
};

}  // namespace ocm::opencrvs
