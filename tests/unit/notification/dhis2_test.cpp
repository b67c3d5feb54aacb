// SPDX-License-Identifier: MPL-2.0
#include "unit/notification/fixture.hpp"

using namespace ocm;
using namespace ocm::test;

namespace {

class Dhis2Tracker : public Notification {
  protected:
    Dhis2Tracker() { path = "/dhis2/tracker"; }

    static Json birth() { return json_file(format_data() / "dhis2-birth.json"); }
    static Json entity() { return birth()["trackedEntities"][0]; }
    static Json death() { return json_file(format_data() / "dhis2-death.json")["instances"][0]; }
    static Json all(std::vector<Json> entities) { return {{"trackedEntities", std::move(entities)}}; }

    static Json& event_of(Json& one) { return one["enrollments"][0]["events"][0]; }
    static Json& value_of(Json& one, std::string_view id) {
        for (auto& each : event_of(one)["dataValues"]) {
            if (each["dataElement"] == id) return each["value"];
        }
        ADD_FAILURE() << id;
        return one;
    }

    /// What the engine does with a part.
    Task<HttpResponse> run_part(Exchange& whole, HttpRequest part) {
        EXPECT_TRUE(whole.received()) << "the whole is recorded before its parts have effects";
        EXPECT_EQ(part.path, path);
        EXPECT_EQ(part.headers.find("idempotency-key"), nullptr);
        auto& exchange = open(part.body, part.headers, "c0ffee00-0000-4000-8000-00000000000c", part.query);
        auto given = co_await through(exchange, route(), store, clock);
        parts.push_back(given.transaction);
        co_return lost ? plain_text(503) : given.answer.response;
    }
    static HttpResponse plain_text(int status) { return text_response(status, "not recorded"); }

    Given post(const Json& document, HttpHeaders headers = {{"Content-Type", "application/json"}},
               std::string query = "") {
        Runner runner;
        auto& exchange =
            open(dump_json(document), std::move(headers), "c0ffee00-0000-4000-8000-00000000000c", std::move(query));
        exchange.part_runner = [this](Exchange& whole, HttpRequest part) { return run_part(whole, std::move(part)); };
        return runner.run(through(exchange, route(), store, clock));
    }

    static Json objects(const Given& given) {
        return given.body()["bundleReport"]["typeReportMap"]["TRACKED_ENTITY"]["objectReports"];
    }
    static Json errors(const Given& given) { return given.body()["validationReport"]["errorReports"]; }

    std::vector<std::string> parts;
    bool lost = false;
};

TEST_F(Dhis2Tracker, OneIsAnsweredWithAnImportReport) {
    const auto given = post(birth());
    EXPECT_EQ(given.answer.response.status, 200);
    const auto body = given.body();
    EXPECT_EQ(body["status"], "WARNING");
    EXPECT_EQ(body["stats"], (Json{{"created", 1}, {"updated", 0}, {"ignored", 0}, {"deleted", 0}, {"total", 1}}));
    EXPECT_EQ(errors(given), Json::array());
    EXPECT_EQ(objects(given), (Json{{{"trackerType", "TRACKED_ENTITY"},
                                     {"uid", "tE7qN0pLm1b"},
                                     {"index", 0},
                                     {"errorReports", Json::array()},
                                     {"notification",
                                      {{"id", given.transaction},
                                       {"state", "delivered"},
                                       {"trackingId", "TRK1"},
                                       {"status", "/notifications/" + given.transaction}}}}}));
    const auto& warnings = body["validationReport"]["warningReports"];
    EXPECT_EQ(warnings[0], (Json{{"message", "the mapping has no place for this attribute"},
                                 {"errorCode", "DROPPED"},
                                 {"trackerType", "TRACKED_ENTITY"},
                                 {"uid", "tE7qN0pLm1b"},
                                 {"path", "/trackedEntities/0/attributes/10/value"}}));
    EXPECT_EQ(given.answer.properties.at("format"), "dhis2");
    EXPECT_EQ(given.answer.claim, ClaimState::delivered);
    EXPECT_EQ(given.answer.subjects.source_id, "tE7qN0pLm1b/FTBBLOT3sO7/birth");
    EXPECT_TRUE(parts.empty());
    EXPECT_EQ(target.events.at(0).birth.weight_grams, 3200);
}

TEST_F(Dhis2Tracker, WhatWasWrittenBackIsNoCorrection) {
    const auto first = post(birth());
    auto again = birth();
    auto& one = again["trackedEntities"][0];
    one["updatedAt"] = "2026-01-15T09:00:00.000";
    event_of(one)["updatedAt"] = "2026-01-15T09:00:00.000";
    event_of(one)["completedAt"] = "2026-01-16";
    event_of(one)["dataValues"].push_back({{"dataElement", "uf3svrmp8Oj"}, {"value", "TRK1"}});
    const auto given = post(again);
    EXPECT_EQ(given.answer.response.status, 200);
    EXPECT_EQ(given.answer.response.body, first.answer.response.body);
    EXPECT_EQ(given.answer.response.headers.get("idempotency-replayed"), "true");
    EXPECT_EQ(target.calls, 1);
}

TEST_F(Dhis2Tracker, AnEditOfWhatWasSentIsAConflict) {
    post(birth());
    auto edited = birth();
    value_of(edited["trackedEntities"][0], "WUquHs0Al7h") = "3300";
    const auto given = post(edited);
    EXPECT_EQ(given.answer.response.status, 409);
    EXPECT_EQ(given.body()["status"], "ERROR");
    EXPECT_EQ(errors(given),
              (Json{{{"message",
                      "This notification was already sent to OpenCRVS with other content. A correction is made at the "
                      "registration office (Location/0f51ce00-0000-4000-8000-000000000001), with tracking id TRK1"},
                     {"errorCode", "CONFLICT"},
                     {"trackerType", "TRACKED_ENTITY"},
                     {"uid", "tE7qN0pLm1b"}}}));
    EXPECT_EQ(target.calls, 1);
}

TEST_F(Dhis2Tracker, UnnamedTwinsAreTwoChildren) {
    auto one = entity();
    for (const auto at : {2, 1}) one["attributes"].erase(static_cast<std::size_t>(at));
    one["enrollments"][0]["attributes"] = Json::array();
    value_of(one, "LtlzGAPWWo8") = "TWIN";
    auto other = one;
    other["trackedEntity"] = "tE7qN0pLm9z";
    const auto given = post(all({one, other}));
    EXPECT_EQ(given.answer.response.status, 200);
    EXPECT_EQ(objects(given)[0]["notification"]["trackingId"], "TRK1");
    EXPECT_EQ(objects(given)[1]["notification"]["trackingId"], "TRK2");
}

TEST_F(Dhis2Tracker, TwoBirthsOfOneEntityAreNotTwoChildren) {
    auto one = entity();
    auto second = event_of(one);
    second["event"] = "eVeNt000002";
    one["enrollments"][0]["events"].push_back(second);
    value_of(one, "WUquHs0Al7h") = "2500";
    const auto given = post(all({one}));
    EXPECT_EQ(given.answer.response.status, 409);
    EXPECT_EQ(target.records(), 1u);
    EXPECT_EQ(errors(given),
              (Json{{{"message",
                      "This notification was already sent to OpenCRVS with other content. A correction is made at the "
                      "registration office (Location/0f51ce00-0000-4000-8000-000000000001), with tracking id TRK1"},
                     {"errorCode", "CONFLICT"},
                     {"trackerType", "TRACKED_ENTITY"},
                     {"uid", "tE7qN0pLm1b"}}}));
}

TEST_F(Dhis2Tracker, WhatIsNotToBeSentIsIgnored) {
    auto one = entity();
    event_of(one)["status"] = "ACTIVE";
    const auto given = post(all({one}));
    EXPECT_EQ(given.answer.response.status, 200);
    EXPECT_EQ(given.body()["status"], "OK");
    EXPECT_EQ(given.body()["stats"]["ignored"], 1);
    EXPECT_EQ(objects(given)[0]["ignored"],
              (Json{{"path", "/trackedEntities/0/enrollments/0/events/0"}, {"why", "the event is not completed"}}));
    EXPECT_FALSE(given.answer.error);
    EXPECT_EQ(target.calls, 0);
    EXPECT_EQ(post(all({})).body()["stats"]["total"], 0);
}

TEST_F(Dhis2Tracker, ManyRunEachByItself) {
    auto wrong = entity();
    wrong["trackedEntity"] = "tE7qN0pLm3w";
    wrong["attributes"][4]["value"] = "2026-02-30";
    auto unfinished = entity();
    unfinished["trackedEntity"] = "tE7qN0pLm4u";
    event_of(unfinished)["status"] = "SCHEDULE";
    auto foreign = entity();
    foreign["enrollments"][0]["program"] = "aaaaaaaaaaa";
    const auto given = post(all({entity(), wrong, unfinished, death(), foreign}),
                            {{"Content-Type", "application/json"}, {"Idempotency-Key", "page-1"}});
    EXPECT_EQ(given.answer.response.status, 409);
    EXPECT_EQ(given.body()["status"], "ERROR");
    EXPECT_EQ(given.body()["stats"],
              (Json{{"created", 2}, {"updated", 0}, {"ignored", 3}, {"deleted", 0}, {"total", 5}}));
    EXPECT_EQ(errors(given), (Json{{{"message", "must be a date that exists, as YYYY-MM-DD"},
                                    {"errorCode", "BAD_REQUEST"},
                                    {"trackerType", "TRACKED_ENTITY"},
                                    {"uid", "tE7qN0pLm3w"},
                                    {"path", "/trackedEntities/1/attributes/4/value"}},
                                   {{"message", "the mapping does not know this program"},
                                    {"errorCode", "BAD_REQUEST"},
                                    {"trackerType", "ENROLLMENT"},
                                    {"uid", "tE7qN0pLm1b"},
                                    {"path", "/trackedEntities/4/enrollments/0/program"}}}));
    ASSERT_EQ(objects(given).size(), 5u);
    for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(objects(given)[i]["index"], i);
    ASSERT_EQ(parts.size(), 3u);
    EXPECT_EQ(objects(given)[0]["notification"]["id"], parts[0]);
    EXPECT_EQ(objects(given)[3]["notification"]["trackingId"], "TRK2");
    EXPECT_EQ(target.events.at(1).kind, VitalKind::death);
    const Json warned = given.body()["validationReport"]["warningReports"];
    EXPECT_TRUE(std::any_of(warned.begin(), warned.end(), [](const Json& each) {
        return text_member(each, "path").starts_with("/trackedEntities/3/");
    })) << "paths are those of the whole";
    EXPECT_EQ(given.answer.properties.at("failed"), "2");

    const auto again = post(all({entity(), death()}));
    EXPECT_EQ(again.answer.response.status, 200);
    EXPECT_EQ(target.calls, 2) << "sent again, nothing is done twice";
}

TEST_F(Dhis2Tracker, ABirthAndADeathOfOneAreTwo) {
    auto both = entity();
    auto died = death()["enrollments"][0]["events"][0];
    both["attributes"].push_back({{"attribute", "whdKMBo0pZx"}, {"value", "2026-01-19"}});
    both["enrollments"][0]["events"].push_back(died);
    const auto given = post(all({both}));
    EXPECT_EQ(given.answer.response.status, 200);
    EXPECT_EQ(given.body()["stats"]["created"], 2);
    ASSERT_EQ(target.events.size(), 2u);
    EXPECT_EQ(target.events[0].source.record, "tE7qN0pLm1b/FTBBLOT3sO7/birth");
    EXPECT_EQ(target.events[1].source.record, "tE7qN0pLm1b/FTBBLOT3sO7/death");
}

TEST_F(Dhis2Tracker, WhatHasToComeAgainIsSaidOfTheWhole) {
    target.failures = {Error{ErrorCode::unavailable, "connect failed", "", {}}};
    const auto given = post(all({entity(), death()}));
    EXPECT_EQ(given.answer.response.status, 503);
    EXPECT_EQ(given.answer.response.headers.get("retry-after"), "5");
    ASSERT_TRUE(given.answer.error);
    EXPECT_TRUE(is_transient(given.answer.error->code));
    EXPECT_EQ(given.body()["stats"]["created"], 1);
    EXPECT_EQ(errors(given)[0]["errorCode"], "UNAVAILABLE");
}

TEST_F(Dhis2Tracker, APartThatCouldNotBeRecordedIsNotForgotten) {
    lost = true;
    const auto given = post(all({entity(), death()}));
    EXPECT_EQ(given.answer.response.status, 503);
    EXPECT_EQ(given.body()["stats"]["total"], 2);
    EXPECT_EQ(errors(given)[1]["message"], "the mediator cannot record now; send it again later");
    EXPECT_EQ(errors(given)[1]["uid"], "tE7qN0pLm2d");
}

TEST_F(Dhis2Tracker, WhatThereIsNoTimeForIsToBeSentAgain) {
    Runner runner;
    auto& exchange = open(dump_json(all({entity(), death()})));
    clock.advance(std::chrono::seconds(30));
    const auto given = runner.run(through(exchange, route(), store, clock));
    EXPECT_EQ(given.answer.response.status, 503);
    EXPECT_EQ(errors(given).size(), 2u);
    EXPECT_EQ(errors(given)[1]["path"], "/trackedEntities/1/enrollments/0/events/0");
    EXPECT_EQ(target.calls, 0);
}

TEST_F(Dhis2Tracker, IsQueuedWhileOpenCrvsIsDown) {
    on_outage = store_ops::OnOutage::queue;
    target.failures = {Error{ErrorCode::unavailable, "connect failed", "", {}}};
    const auto given = post(birth());
    EXPECT_EQ(given.answer.response.status, 202);
    EXPECT_EQ(objects(given)[0]["notification"]["state"], "queued");
    EXPECT_EQ(given.answer.response.headers.get("location"), "/notifications/" + given.transaction);
}

TEST_F(Dhis2Tracker, ADryRunSendsNothing) {
    const auto given = post(all({entity(), death()}), {{"Content-Type", "application/json"}}, "dry-run");
    EXPECT_EQ(given.answer.response.status, 200);
    EXPECT_EQ(objects(given)[1]["notification"], (Json{{"state", "checked"}}));
    EXPECT_EQ(target.calls, 0);
    // As DHIS2 itself has it.
    for (const auto* query : {"importMode=VALIDATE", "async=false&importMode=validate", "dryRun=true"}) {
        post(all({entity(), death()}), {{"Content-Type", "application/json"}}, query);
        EXPECT_EQ(target.calls, 0) << query;
    }
    post(all({entity(), death()}), {{"Content-Type", "application/json"}}, "importMode=COMMIT");
    EXPECT_EQ(target.calls, 2);
}

TEST_F(Dhis2Tracker, StrictIsRefusedWhereItWouldLoseSomething) {
    const auto given = post(birth(), {{"Prefer", "handling=strict"}});
    EXPECT_EQ(given.answer.response.status, 422);
    EXPECT_EQ(errors(given)[0]["path"], "/trackedEntities/0/attributes/10/value");
    EXPECT_EQ(target.calls, 0);
}

Json stillbirth(Json one) {
    one["enrollments"][0]["events"][0]["programStage"] = "wTAeBwb4gse";
    one["attributes"][0]["value"] = "2";
    return {{"trackedEntities", Json::array({std::move(one)})}};
}

TEST_F(Dhis2Tracker, StillbirthsAreRefusedInClearWords) {
    target.failures = {Error{ErrorCode::bad_request, "OpenCRVS has no form for this kind of event", "kind", {}}};
    const auto given = post(stillbirth(entity()));
    EXPECT_EQ(given.answer.response.status, 400);
    EXPECT_EQ(errors(given),
              (Json{{{"message",
                      "is a stillbirth or fetal death, for which this OpenCRVS has no form; the administrator "
                      "can have stillbirths sent as deaths"},
                     {"errorCode", "BAD_REQUEST"},
                     {"trackerType", "EVENT"},
                     {"uid", "tE7qN0pLm1b"},
                     {"path", "/trackedEntities/0/enrollments/0/events/0/programStage"}}}));
}

TEST_F(Dhis2Tracker, StillbirthsAreSentAsDeathsWhereTheAdministratorSaysSo) {
    std::atomic<bool> as_death{true};
    auto with = deps();
    with.stillbirths_as_death = &as_death;
    channel = notification::make_notification_channel(std::move(with));
    EXPECT_EQ(post(stillbirth(entity())).answer.response.status, 200);
    ASSERT_EQ(target.events.size(), 1u);
    EXPECT_EQ(target.events[0].kind, VitalKind::death);
    EXPECT_EQ(target.events[0].date, "2026-01-14");
    EXPECT_EQ(target.events[0].persons.at(role::deceased).gender, "female");
}

TEST_F(Dhis2Tracker, RefusalsOfTheTargetNameThePlaceInThePayload) {
    target.failures = {Error{ErrorCode::bad_request, "OpenCRVS has no such facility", "place.location", {}}};
    EXPECT_EQ(errors(post(birth()))[0]["path"], "/trackedEntities/0/enrollments/0/events/0/dataValues/1/value");
}

struct Bad {
    const char* label;
    const char* body;
    const char* content_type;
    int status;
    const char* error;
};
void PrintTo(const Bad& row, std::ostream* out) {
    *out << row.label;
}
class BadDhis2 : public Dhis2Tracker, public testing::WithParamInterface<Bad> {};

TEST_P(BadDhis2, GetsAClearAnswer) {
    const auto& row = GetParam();
    const auto given = send_text(row.body, {{"Content-Type", row.content_type}});
    EXPECT_EQ(given.answer.response.status, row.status);
    EXPECT_EQ(dump_json(errors(given)), row.error);
    EXPECT_EQ(given.body()["status"], "ERROR");
}
INSTANTIATE_TEST_SUITE_P(
    Rows, BadDhis2,
    testing::Values(
        Bad{"truncated", R"({"trackedEntities":[{"trackedEntity":"tE)", "application/json", 400,
            R"([{"errorCode":"BAD_REQUEST","message":"malformed JSON at byte 41","path":"/trackedEntities/0/trackedEntity","trackerType":"TRACKED_ENTITY"}])"},
        Bad{"xml", "<trackedEntities/>", "application/xml", 415,
            R"([{"errorCode":"UNSUPPORTED_MEDIA_TYPE","message":"send a DHIS2 tracker payload as application/json","path":"Content-Type","trackerType":"TRACKED_ENTITY"}])"},
        Bad{"doorbell", R"({"org_unit_name":"Hilltop"})", "application/json", 400,
            R"([{"errorCode":"BAD_REQUEST","message":"is required","path":"/trackedEntities","trackerType":"TRACKED_ENTITY"}])"},
        Bad{"wrong_type", R"({"trackedEntities":[{"trackedEntity":"tE7qN0pLm1b","enrollments":{}}]})",
            "application/json", 400,
            R"([{"errorCode":"BAD_REQUEST","message":"no enrollment came with the tracked entity: ask DHIS2 for its enrollments and their events","path":"/trackedEntities/0/enrollments","trackerType":"TRACKED_ENTITY","uid":"tE7qN0pLm1b"}])"}),
    [](const auto& row) { return std::string(row.param.label); });

TEST_F(Dhis2Tracker, AnswersHoldNoValues) {
    const auto given = post(all({entity(), death()}));
    for (const auto* value : {"Tala", "Mwansa", "Banda", "4410098765", "07000000", "Market Road"}) {
        EXPECT_EQ(given.answer.response.body.find(value), std::string::npos) << value;
        for (const auto& [key, shown] : given.answer.properties) EXPECT_EQ(shown.find(value), std::string::npos);
    }
}

}  // namespace
