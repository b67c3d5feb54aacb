// SPDX-License-Identifier: MPL-2.0
#include "channels/opencrvs/record_search.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace ocm::opencrvs {
namespace {

using namespace std::string_view_literals;
using std::chrono::days;

constexpr std::size_t page_size = 100;
constexpr std::array events{"birth"sv, "death"sv, "marriage"sv};
constexpr std::array sexes{"male"sv, "female"sv, "unknown"sv, "other"sv};
/// Registered records, and what they become when their certificate is made.
constexpr std::array registered_statuses{"REGISTERED"sv, "CERTIFIED"sv, "ISSUED"sv};

constexpr std::string_view search_query =
    "query searchEvents($p: AdvancedSearchParametersInput!, $count: Int, $skip: Int, $sortBy: [SortBy!]) { "
    "searchEvents(advancedSearchParameters: $p, count: $count, skip: $skip, sortBy: $sortBy) { totalItems results { "
    "id type registration { status contactNumber contactEmail contactRelationship dateOfDeclaration trackingId "
    "registrationNumber eventLocationId registeredLocationId } operationHistories { operationType operatedOn } "
    "... on BirthEventSearchSet { childName { use firstNames familyName } childGender childIdentifier dateOfBirth "
    "mothersFirstName mothersLastName motherDateOfBirth motherIdentifier fathersFirstName fathersLastName "
    "fatherDateOfBirth fatherIdentifier } "
    "... on DeathEventSearchSet { deceasedName { use firstNames familyName } deceasedGender dateOfDeath } "
    "... on MarriageEventSearchSet { brideName { use firstNames familyName } groomName { use firstNames familyName } "
    "brideIdentifier groomIdentifier dateOfMarriage } } } }";

bool by_declaration(RecordSearch search) {
    return search == RecordSearch::by_declaration || search == RecordSearch::by_declaration_few;
}

std::string day_of(WallTime at) {
    return format_date(std::chrono::year_month_day(std::chrono::floor<days>(at)));
}

Json events_search(const RecordQuery& query) {
    Json clause;
    clause["legalStatuses.REGISTERED.acceptedAt"] = {
        {"type", "range"}, {"gte", rfc3339(query.from)}, {"lte", rfc3339(query.to)}};
    if (!query.event.empty()) clause["eventType"] = query.event;
    Json out;
    out["query"] = {{"type", "and"}, {"clauses", Json::array({std::move(clause)})}};
    out["limit"] = page_size;
    out["offset"] = query.skip;
    out["sort"] = Json::array({{{"field", "createdAt"}, {"direction", "asc"}}});
    return out;
}

Json graphql_search(RecordSearch search, const RecordQuery& query) {
    Json wanted{{"registrationStatuses", registered_statuses}};
    if (by_declaration(search)) {
        wanted["dateOfRegistrationStart"] = day_of(query.from);
        wanted["dateOfRegistrationEnd"] = day_of(query.to);
    } else {
        wanted["timePeriodFrom"] = rfc3339(query.from);
    }
    if (!query.event.empty()) wanted["event"] = query.event;
    if (!query.sex.empty()) wanted[query.event == "death" ? "deceasedGender" : "childGender"] = query.sex;
    if (!query.office.empty()) wanted["declarationLocationId"] = query.office;
    Json out{{"operationName", "searchEvents"}, {"query", search_query}};
    out["variables"] = {{"p", std::move(wanted)},
                        {"count", page_size},
                        {"skip", query.skip},
                        {"sortBy", Json::array({{{"column", "dateOfDeclaration"}, {"order", "asc"}}})}};
    return out;
}

/// When it was registered, by the record's own history.
std::optional<WallTime> registered_in(const Json& result) {
    const auto* histories = member(result, "operationHistories");
    if (histories == nullptr || !histories->is_array()) return std::nullopt;
    for (const auto& one : *histories) {
        if (text_member(one, "operationType") != "REGISTERED") continue;
        if (const auto at = parse_rfc3339(text_member(one, "operatedOn"))) return at;
    }
    return std::nullopt;
}

std::optional<FoundRecord> found_by_graphql(const Json& result) {
    const auto* registration = member(result, "registration");
    FoundRecord out;
    out.type = to_lower(text_member(result, "type"));
    out.record = text_member(result, "id");
    if (registration != nullptr) out.number = text_member(*registration, "registrationNumber");
    if (out.type.empty() || out.record.empty() || out.number.empty()) return std::nullopt;
    out.registered = registered_in(result);
    out.result = result;
    return out;
}

std::optional<FoundRecord> found_by_events(const Json& result) {
    const auto* legal = member(result, "legalStatuses");
    const auto* registered = legal == nullptr ? nullptr : member(*legal, "REGISTERED");
    if (registered == nullptr) return std::nullopt;
    FoundRecord out;
    out.type = to_lower(text_member(result, "type"));
    out.record = text_member(result, "id");
    out.number = text_member(*registered, "registrationNumber");
    if (out.type.empty() || out.record.empty() || out.number.empty()) return std::nullopt;
    out.registered = parse_rfc3339(text_member(*registered, "acceptedAt"));
    out.result = result;
    return out;
}

tl::unexpected<Error> no_list() {
    return fail(ErrorCode::bad_gateway, "what OpenCRVS answered to a search is no list of records");
}

Result<SearchPage> page_of(const Json* results, const Json* total, const RecordQuery& query,
                           std::optional<FoundRecord> (*found)(const Json&)) {
    if (results == nullptr || !results->is_array() || total == nullptr || !total->is_number_unsigned())
        return no_list();
    SearchPage out;
    out.shown = results->size();
    out.more = out.shown != 0 && query.skip + out.shown < total->get<std::size_t>();
    for (const auto& result : *results) {
        if (auto one = found(result)) out.records.push_back(std::move(*one));
    }
    return out;
}

Result<SearchPage> quota_reached() {
    SearchPage out;
    out.standing = SearchPage::Standing::quota;
    return out;
}

/// What GraphQL refuses, mostly with 200 (3.3). Its words are not repeated: they may quote.
Result<SearchPage> refused_by_graphql(const Json& error) {
    const auto message = text_member(error, "message");
    const auto* extensions = member(error, "extensions");
    const auto code = extensions == nullptr ? ""sv : text_member(*extensions, "code");
    if (message == "Daily search quota exceeded" || code == "DAILY_QUOTA_EXCEEDED" || code == "RATE_LIMIT_EXCEEDED")
        return quota_reached();
    if (message.find("Too many results") != std::string_view::npos) {
        SearchPage out;
        out.standing = SearchPage::Standing::too_many;
        return out;
    }
    if (message == "Unauthorized" || code == "UNAUTHENTICATED") {
        return fail(ErrorCode::bad_gateway,
                    "OpenCRVS does not let the client search records: it has to be one of the kind record search");
    }
    if (message.find("Advanced search is only allowed") != std::string_view::npos) {
        return fail(ErrorCode::bad_gateway,
                    "OpenCRVS does not let the client search records: it needs the scope "
                    "recordsearch");
    }
    return fail(ErrorCode::bad_gateway, "OpenCRVS refused a search of records");
}

Result<SearchPage> read_graphql(const RecordQuery& query, const Json& json) {
    if (const auto* errors = member(json, "errors"); errors != nullptr) {
        if (const auto* first = element(*errors, 0)) return refused_by_graphql(*first);
    }
    const auto* data = member(json, "data");
    const auto* search = data == nullptr ? nullptr : member(*data, "searchEvents");
    if (search == nullptr) return no_list();
    return page_of(member(*search, "results"), member(*search, "totalItems"), query, found_by_graphql);
}

tl::unexpected<Error> refused_by_status(const Version& version, const UpstreamReply& reply) {
    if (reply.status == 403) {
        const bool bare = version.generation == Generation::legacy || version.bracket_scopes;
        return fail(ErrorCode::bad_gateway,
                    std::string("OpenCRVS does not let the client search records: it needs the scope ") +
                        (bare ? "recordsearch" : "record.search"));
    }
    Error error{reply.status == 429 || reply.status >= 500 ? ErrorCode::unavailable : ErrorCode::bad_gateway,
                "OpenCRVS answered " + std::to_string(reply.status) + " to a search of records", "", std::nullopt};
    if (error.code == ErrorCode::unavailable) error.retry_after = retry_after(reply);
    return fail(std::move(error));
}

/// The two halves, in days.
std::vector<RecordQuery> halves(const RecordQuery& query) {
    const auto first = std::chrono::floor<days>(query.from);
    const auto last = std::chrono::floor<days>(query.to);
    const auto middle = first + (last - first) / 2;
    auto early = query;
    auto late = query;
    early.from = first;
    early.to = middle;
    late.from = middle + days(1);
    late.to = last;
    return {early, late};
}

template <class Words>
std::vector<RecordQuery> each(const RecordQuery& query, const Words& words, std::string RecordQuery::* which) {
    std::vector<RecordQuery> out;
    for (const auto& word : words) {
        out.push_back(query);
        out.back().*which = std::string(word);
    }
    return out;
}

const Version& supported(const std::string& name) {
    const auto* version = find_version(name);
    if (version == nullptr) throw std::logic_error("OpenCRVS " + name + " is not supported");
    return *version;
}

}  // namespace

std::vector<RecordQuery> questions(RecordSearch search, WallTime from, WallTime to) {
    if (from > to) return {};
    RecordQuery whole;
    whole.from = from;
    whole.to = to;
    if (search == RecordSearch::by_change) return {whole};
    if (by_declaration(search)) {
        // A day more at the end: the declaration's day is that of the office's clock.
        whole.from = std::chrono::floor<days>(from) - declared_within;
        whole.to = std::chrono::floor<days>(to) + days(1);
        return {whole};
    }
    std::vector<RecordQuery> out;
    for (auto at = from; at <= to; at += days(1)) {
        out.push_back(whole);
        out.back().from = at;
        out.back().to = std::min<WallTime>(to, at + days(1));
    }
    return out;
}

std::vector<RecordQuery> narrower(const RecordQuery& query, const std::vector<std::string>& offices) {
    auto start = query;
    start.skip = 0;
    if (std::chrono::floor<days>(start.from) != std::chrono::floor<days>(start.to)) return halves(start);
    if (start.event.empty()) return each(start, events, &RecordQuery::event);
    // Those of a marriage have no sex to look for.
    if (start.sex.empty() && start.event != "marriage") return each(start, sexes, &RecordQuery::sex);
    if (start.office.empty()) return each(start, offices, &RecordQuery::office);
    return {};
}

UpstreamCall search_call(const Version& version, const std::string& gateway_url, const RecordQuery& query) {
    UpstreamCall call;
    call.name = "Search events";
    call.method = "POST";
    call.url = gateway_url + std::string(version.search_path);
    call.headers.add("Accept", "application/json");
    call.headers.add("Content-Type", "application/json");
    call.body = dump_json(version.record_search == RecordSearch::by_registration
                              ? events_search(query)
                              : graphql_search(version.record_search, query));
    call.repeatable = true;
    return call;
}

Result<SearchPage> read_page(const Version& version, const RecordQuery& query, const UpstreamReply& reply) {
    const bool graphql = version.record_search != RecordSearch::by_registration;
    const auto json = parse_json(reply.body);
    // Apollo 4 says with 429 that the quota is used up (3.3); the events service has none.
    if (graphql && reply.status == 429) return quota_reached();
    const bool says_why = graphql && json && member(*json, "errors") != nullptr && reply.status < 500;
    if (reply.status != 200 && !says_why) return refused_by_status(version, reply);
    if (!json) return no_list();
    if (graphql) return read_graphql(query, *json);
    return page_of(member(*json, "results"), member(*json, "total"), query, found_by_events);
}

RecordSearcher::RecordSearcher(RecordSearchOptions options, Ports ports)
    : options_(std::move(options)),
      version_(&supported(options_.version)),
      ports_(ports),
      tokens_(options_.token, ports.clock) {}

Task<Result<SearchPage>> RecordSearcher::page(RecordQuery query) {
    auto call = search_call(*version_, options_.gateway_url, query);
    call.timeout = options_.timeout;
    // A token, the call, and both again after a 401.
    DirectWay way(ports_.upstream, ports_.clock.steady() + 4 * options_.timeout);
    auto reply = co_await send_authorized(way, tokens_, std::move(call));
    if (!reply) co_return fail(unreachable(reply.error()));
    co_return read_page(*version_, query, *reply);
}

}  // namespace ocm::opencrvs
