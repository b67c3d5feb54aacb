// SPDX-License-Identifier: MPL-2.0
#include "channels/opencrvs/record_search.hpp"

#include "core/json.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

using namespace ocm;
using namespace ocm::opencrvs;
using namespace std::chrono_literals;

namespace {

WallTime at(const char* text) {
    return parse_rfc3339(text).value();
}

const Version& version(const char* name) {
    return *find_version(name);
}

Json body_of(const char* name, const RecordQuery& query) {
    return parse_json(search_call(version(name), "https://gateway.example.org", query).body).value();
}

UpstreamReply reply(int status, const Json& body) {
    return {status, {}, dump_json(body)};
}

Json graphql(Json results, std::size_t total) {
    return {{"data", {{"searchEvents", {{"totalItems", total}, {"results", std::move(results)}}}}}};
}

Json graphql_error(const char* message, const char* code) {
    return {{"errors", Json::array({{{"message", message}, {"extensions", {{"code", code}}}}})}};
}

Json legacy_result(const char* number) {
    return {{"id", "c0ffee00-0000-4000-8000-000000000001"},
            {"type", "Birth"},
            {"registration", {{"status", "REGISTERED"}, {"registrationNumber", number}}},
            {"operationHistories",
             Json::array({{{"operationType", "DECLARED"}, {"operatedOn", "2026-03-01T08:00:00.000Z"}},
                          {{"operationType", "REGISTERED"}, {"operatedOn", "2026-03-02T09:15:00.000Z"}},
                          {{"operationType", "CERTIFIED"}, {"operatedOn", "2026-03-05T10:00:00.000Z"}}})}};
}

TEST(Questions, AskInstantsOfWhatLooksUpByRegistration) {
    const auto asked = questions(RecordSearch::by_registration, at("2026-03-01T10:00:00Z"), at("2026-03-03T09:00:00Z"));
    ASSERT_EQ(asked.size(), 2U);
    EXPECT_EQ(asked[0].from, at("2026-03-01T10:00:00Z"));
    EXPECT_EQ(asked[0].to, at("2026-03-02T10:00:00Z"));
    EXPECT_EQ(asked[1].from, at("2026-03-02T10:00:00Z"));
    EXPECT_EQ(asked[1].to, at("2026-03-03T09:00:00Z"));
    EXPECT_TRUE(
        questions(RecordSearch::by_registration, at("2026-03-01T10:00:00Z"), at("2026-03-01T09:00:00Z")).empty());
}

TEST(Questions, ReachBackToTheDeclarationWhereOnlyThatIsLookedUpBy) {
    const auto asked = questions(RecordSearch::by_declaration, at("2026-03-31T10:00:00Z"), at("2026-03-31T23:00:00Z"));
    ASSERT_EQ(asked.size(), 1U);
    const auto wanted = body_of("1.6", asked[0])["variables"]["p"];
    EXPECT_EQ(wanted["dateOfRegistrationStart"], "2026-03-01");
    EXPECT_EQ(wanted["dateOfRegistrationEnd"], "2026-04-01") << "the office's day may be ahead of ours";
    EXPECT_FALSE(wanted.contains("timePeriodFrom")) << "1.6 refuses what it does not know";
}

TEST(SearchCall, SaysTimesWholeBecauseOpenCrvsReadsOthersInDhaka) {
    const auto body = body_of("2.0", questions(RecordSearch::by_registration, at("2026-03-01T10:00:00+02:00"),
                                               at("2026-03-01T09:00:00Z"))[0]);
    EXPECT_EQ(body["query"]["clauses"][0]["legalStatuses.REGISTERED.acceptedAt"],
              (Json{{"type", "range"}, {"gte", "2026-03-01T08:00:00.000Z"}, {"lte", "2026-03-01T09:00:00.000Z"}}));
    EXPECT_EQ(body["query"]["clauses"][0].size(), 1U) << "an archived record was registered too";
    EXPECT_EQ(body["limit"], 100);
    EXPECT_EQ(body["offset"], 0);
    EXPECT_EQ(body["sort"][0], (Json{{"field", "createdAt"}, {"direction", "asc"}}));
    EXPECT_EQ(search_call(version("1.9"), "https://g.example.org", {}).url,
              "https://g.example.org/events/events/search");
}

TEST(SearchCall, AsksGraphQlForChangesSince17) {
    RecordQuery query;
    query.from = at("2026-03-01T10:00:00Z");
    query.event = "death";
    query.sex = "female";
    query.office = "office-1";
    query.skip = 100;
    const auto body = body_of("1.8", query);
    EXPECT_EQ(search_call(version("1.8"), "https://g.example.org", query).url, "https://g.example.org/graphql");
    EXPECT_EQ(body["operationName"], "searchEvents");
    EXPECT_EQ(body["variables"]["skip"], 100);
    EXPECT_EQ(body["variables"]["count"], 100);
    EXPECT_EQ(body["variables"]["p"], (Json{{"registrationStatuses", {"REGISTERED", "CERTIFIED", "ISSUED"}},
                                            {"timePeriodFrom", "2026-03-01T10:00:00.000Z"},
                                            {"event", "death"},
                                            {"deceasedGender", "female"},
                                            {"declarationLocationId", "office-1"}}));
}

TEST(Narrower, GoesFromDaysToKindsToSexesToOffices) {
    RecordQuery query;
    query.from = at("2026-03-01T00:00:00Z");
    query.to = at("2026-03-04T00:00:00Z");
    query.skip = 5;
    const auto halves = narrower(query, {});
    ASSERT_EQ(halves.size(), 2U);
    EXPECT_EQ(halves[0].from, at("2026-03-01T00:00:00Z"));
    EXPECT_EQ(halves[0].to, at("2026-03-02T00:00:00Z"));
    EXPECT_EQ(halves[1].from, at("2026-03-03T00:00:00Z"));
    EXPECT_EQ(halves[1].to, at("2026-03-04T00:00:00Z"));
    EXPECT_EQ(halves[0].skip, 0U);

    auto day = query;
    day.to = day.from;
    const auto kinds = narrower(day, {"o-1", "o-2"});
    ASSERT_EQ(kinds.size(), 3U);
    EXPECT_EQ(kinds[1].event, "death");
    const auto sexes = narrower(kinds[1], {"o-1", "o-2"});
    ASSERT_EQ(sexes.size(), 4U);
    const auto offices = narrower(sexes[0], {"o-1", "o-2"});
    ASSERT_EQ(offices.size(), 2U);
    EXPECT_EQ(offices[1].office, "o-2");
    EXPECT_TRUE(narrower(offices[0], {"o-1", "o-2"}).empty());
    EXPECT_EQ(narrower(kinds[2], {"o-1"}).at(0).office, "o-1") << "a marriage has no sex";
}

TEST(SearchPage, HoldsTheRegisteredOnesOf1x) {
    RecordQuery query;
    query.skip = 100;
    auto unnumbered = legacy_result("");
    const auto page =
        read_page(version("1.8"), query, reply(200, graphql(Json::array({legacy_result("2026B1"), unnumbered}), 103)));
    ASSERT_TRUE(page) << page.error().message;
    EXPECT_EQ(page->standing, SearchPage::Standing::found);
    EXPECT_EQ(page->shown, 2U);
    EXPECT_TRUE(page->more);
    ASSERT_EQ(page->records.size(), 1U);
    EXPECT_EQ(page->records[0].type, "birth");
    EXPECT_EQ(page->records[0].number, "2026B1");
    EXPECT_EQ(page->records[0].registered, at("2026-03-02T09:15:00Z"));
    EXPECT_FALSE(
        read_page(version("1.8"), query, reply(200, graphql(Json::array({legacy_result("2026B1")}), 101)))->more);
    EXPECT_FALSE(read_page(version("1.8"), query, reply(200, graphql(Json::array(), 500)))->more)
        << "a page without results is the last, whatever the total says";
}

TEST(SearchPage, HoldsTheRegisteredOnesOfEvents) {
    const Json registered{
        {"id", "e-1"},
        {"type", "birth"},
        {"legalStatuses",
         {{"REGISTERED", {{"acceptedAt", "2026-03-02T11:15:00.000+02:00"}, {"registrationNumber", "2026B1"}}}}}};
    const Json declared{{"id", "e-2"}, {"type", "birth"}, {"legalStatuses", Json::object()}};
    const auto page = read_page(version("2.0"), {}, reply(200, {{"results", {registered, declared}}, {"total", 2}}));
    ASSERT_TRUE(page) << page.error().message;
    ASSERT_EQ(page->records.size(), 1U);
    EXPECT_EQ(page->records[0].record, "e-1");
    EXPECT_EQ(page->records[0].registered, at("2026-03-02T09:15:00Z"));
    EXPECT_FALSE(page->more);
}

TEST(SearchPage, TellsTheQuotaOfEachGeneration) {
    for (const auto& [status, body] :
         {std::pair{200, graphql_error("Daily search quota exceeded", "INTERNAL_SERVER_ERROR")},
          std::pair{200, graphql_error("x", "DAILY_QUOTA_EXCEEDED")},
          std::pair{429, graphql_error("x", "RATE_LIMIT_EXCEEDED")}, std::pair{429, Json("nothing known")}}) {
        const auto page = read_page(version("1.8"), {}, reply(status, body));
        ASSERT_TRUE(page) << page.error().message;
        EXPECT_EQ(page->standing, SearchPage::Standing::quota);
    }
    const auto many =
        read_page(version("1.3"), {},
                  reply(200, graphql_error("Too many results Please narrow your search", "INTERNAL_SERVER_ERROR")));
    ASSERT_TRUE(many);
    EXPECT_EQ(many->standing, SearchPage::Standing::too_many);
}

TEST(SearchPage, SaysWhatAnAdministratorCanDo) {
    struct Row {
        const char* version;
        int status;
        Json body;
        ErrorCode code;
        const char* why;
    };
    const std::vector<Row> rows{
        {"1.8", 200, graphql_error("Unauthorized", "UNAUTHENTICATED"), ErrorCode::bad_gateway,
         "OpenCRVS does not let the client search records: it has to be one of the kind record search"},
        {"1.4", 200, graphql_error("Advanced search is only allowed for registrar", "INTERNAL_SERVER_ERROR"),
         ErrorCode::bad_gateway, "OpenCRVS does not let the client search records: it needs the scope recordsearch"},
        {"1.8", 400, graphql_error("Tala Mwansa", "BAD_USER_INPUT"), ErrorCode::bad_gateway,
         "OpenCRVS refused a search of records"},
        {"1.8", 200, Json::object(), ErrorCode::bad_gateway,
         "what OpenCRVS answered to a search is no list of records"},
        {"1.8", 502, Json("x"), ErrorCode::unavailable, "OpenCRVS answered 502 to a search of records"},
        {"1.9", 403, Json::object(), ErrorCode::bad_gateway,
         "OpenCRVS does not let the client search records: it needs the scope recordsearch"},
        {"2.0", 403, Json::object(), ErrorCode::bad_gateway,
         "OpenCRVS does not let the client search records: it needs the scope record.search"},
        {"2.0",
         200,
         {{"results", "none"}, {"total", 1}},
         ErrorCode::bad_gateway,
         "what OpenCRVS answered to a search is no list of records"},
        {"2.0", 404, Json::object(), ErrorCode::bad_gateway, "OpenCRVS answered 404 to a search of records"},
        {"2.0", 503, Json::object(), ErrorCode::unavailable, "OpenCRVS answered 503 to a search of records"}};
    for (const auto& row : rows) {
        const auto page = read_page(version(row.version), {}, reply(row.status, row.body));
        ASSERT_FALSE(page) << row.why;
        EXPECT_EQ(page.error().code, row.code) << row.why;
        EXPECT_EQ(page.error().message, row.why);
    }
}

}  // namespace
