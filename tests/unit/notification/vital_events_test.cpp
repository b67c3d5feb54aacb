// SPDX-License-Identifier: MPL-2.0
#include "unit/notification/fixture.hpp"

using namespace ocm;
using namespace ocm::test;

namespace {

constexpr const char* transaction_id = "^[0-9a-f-]{36}$";

class VitalEvents : public Notification {
  protected:
    VitalEvents() { path = "/vital-events"; }

    static Json birth() { return json_file(format_data() / "vital-birth.json"); }
    static Json with(std::string_view patch) {
        auto out = birth();
        out.merge_patch(parse_json(patch).value());
        return out;
    }
    std::string status_of(const Given& given) const { return "/notifications/" + given.transaction; }
};

TEST_F(VitalEvents, IsDelivered) {
    const auto given = send(birth());
    EXPECT_EQ(given.answer.response.status, 201);
    EXPECT_THAT(given.transaction, testing::MatchesRegex(transaction_id));
    EXPECT_EQ(given.body(), (Json{{"id", given.transaction},
                                  {"state", "delivered"},
                                  {"status", status_of(given)},
                                  {"trackingId", "TRK1"},
                                  {"warnings", {{{"path", "child.nid"}, {"why", "the form has no place for it"}}}}}));
    EXPECT_EQ(given.answer.response.headers.get("location"), status_of(given));
    EXPECT_EQ(given.answer.claim, ClaimState::delivered);
    EXPECT_EQ(given.answer.properties.at("format"), "vital-json");
    EXPECT_EQ(given.answer.subjects.source_id, "2026-000417");
    ASSERT_EQ(target.events.size(), 1u);
    EXPECT_EQ(target.events[0].birth.weight_grams, 3150);
}

TEST_F(VitalEvents, SentTwiceIsDoneOnceAndAnsweredTheSame) {
    const auto first = send(birth());
    const auto again = send(birth());
    EXPECT_EQ(again.answer.response.status, 201);
    EXPECT_EQ(again.answer.response.body, first.answer.response.body);
    EXPECT_EQ(again.answer.response.headers.get("idempotency-replayed"), "true");
    store.erased = true;
    const auto rebuilt = send(birth());
    EXPECT_EQ(rebuilt.answer.response.status, 201);
    EXPECT_EQ(text_member(rebuilt.body(), "id"), first.transaction);
    EXPECT_EQ(target.calls, 1);
}

TEST_F(VitalEvents, ACorrectionIsMadeAtTheOffice) {
    send(birth());
    const auto given = send(with(R"({"birth":{"weight_grams":3200}})"));
    EXPECT_EQ(given.answer.response.status, 409);
    EXPECT_EQ(text_member(given.body(), "error"), "conflict");
    EXPECT_EQ(given.message(),
              "This notification was already sent to OpenCRVS with other content. A correction is made at the "
              "registration office (Location/0f51ce00-0000-4000-8000-000000000001), with tracking id TRK1");
    EXPECT_EQ(target.calls, 1);
}

TEST_F(VitalEvents, IsQueuedWhileOpenCrvsIsDown) {
    on_outage = store_ops::OnOutage::queue;
    target.failures = {Error{ErrorCode::unavailable, "connect failed", "", {}}};
    const auto given = send(birth());
    EXPECT_EQ(given.answer.response.status, 202);
    EXPECT_EQ(given.answer.response.headers.get("location"), status_of(given));
    EXPECT_EQ(
        given.body(),
        (Json{{"id", given.transaction},
              {"state", "queued"},
              {"status", status_of(given)},
              {"message", "Accepted. OpenCRVS cannot take it now; it is delivered later and need not be sent again"},
              {"warnings", Json::array()}}));
    EXPECT_EQ(given.answer.claim, ClaimState::queued);
}

TEST_F(VitalEvents, IsRefusedWithThePlaceInItsOwnTerms) {
    struct Row {
        const char* event_path;
        const char* told;
    };
    for (const auto& row : {Row{"place.location", "/place/location"}, Row{"office", "/office"}, Row{"kind", "/kind"}}) {
        target.failures = {Error{ErrorCode::bad_request, "OpenCRVS has no such thing", row.event_path, {}}};
        const auto given = send(birth());
        EXPECT_EQ(given.answer.response.status, 400);
        EXPECT_EQ(given.answer.response.body,
                  R"({"error":"bad_request","message":"OpenCRVS has no such thing","path":")" + std::string(row.told) +
                      R"("})");
    }
}

TEST_F(VitalEvents, StillbirthsAreTheCountrysToDecide) {
    target.failures = {Error{ErrorCode::bad_request, "OpenCRVS has no form for this kind of event", "kind", {}}};
    const auto refused = send(with(R"({"kind":"fetal-death"})"));
    EXPECT_EQ(refused.answer.response.status, 400);
    EXPECT_EQ(text_member(refused.body(), "path"), "/kind");
    EXPECT_TRUE(refused.message().starts_with("is a stillbirth or fetal death"));
    std::atomic<bool> as_death{true};
    auto deciding = deps();
    deciding.stillbirths_as_death = &as_death;
    channel = notification::make_notification_channel(std::move(deciding));
    EXPECT_EQ(send(with(R"({"kind":"fetal-death"})")).answer.response.status, 201);
    EXPECT_EQ(target.events.back().kind, VitalKind::death);
    EXPECT_EQ(target.events.back().date, "2026-01-12");
}

struct Bad {
    const char* label;
    const char* body;
    const char* content_type;
    int status;
    const char* answer;
};
void PrintTo(const Bad& row, std::ostream* out) {
    *out << row.label;
}
class BadVitalEvents : public VitalEvents, public testing::WithParamInterface<Bad> {};

TEST_P(BadVitalEvents, GetsAClearAnswer) {
    const auto& row = GetParam();
    const auto given = send_text(row.body, {{"Content-Type", row.content_type}});
    EXPECT_EQ(given.answer.response.status, row.status);
    EXPECT_EQ(given.answer.response.body, row.answer);
    EXPECT_EQ(target.calls, 0);
}
INSTANTIATE_TEST_SUITE_P(
    Rows, BadVitalEvents,
    testing::Values(
        Bad{"empty", "", "application/json", 400, R"~({"error":"bad_request","message":"malformed JSON at byte 1"})~"},
        Bad{"truncated", R"({"version":"1","kind":"birth","persons":{"child":{"names":[{"given":["A)",
            "application/json", 400,
            R"~({"error":"bad_request","message":"malformed JSON at byte 72","path":"/persons/child/names/0/given/0"})~"},
        Bad{"xml", "<birth/>", "application/xml", 415,
            R"~({"error":"unsupported_media_type","message":"send a vital event as application/json","path":"Content-Type"})~"},
        Bad{"list", "[]", "application/json", 400, R"~({"error":"bad_request","message":"must be an object"})~"},
        Bad{"twice", R"({"version":"1","kind":"birth","kind":"death"})", "application/json", 400,
            R"~({"error":"bad_request","message":"a key appears twice","path":"/kind"})~"},
        Bad{"fhir", R"({"resourceType":"Bundle"})", "application/json", 400,
            R"~({"error":"bad_request","message":"must be the version of this format, \"1\"","path":"/version"})~"},
        Bad{"no_child", R"({"version":"1","kind":"birth"})", "application/json", 400,
            R"~({"error":"bad_request","message":"is required: a birth has a child","path":"/persons/child"})~"}),
    [](const auto& row) { return std::string(row.param.label); });

TEST_F(VitalEvents, StrictIsRefusedWhereItWouldLoseSomething) {
    const auto given = send(with(R"({"birth":{"weight":3150}})"),
                            {{"Content-Type", "application/json"}, {"Prefer", "respond-async, handling=strict"}});
    EXPECT_EQ(given.answer.response.status, 422);
    EXPECT_EQ(text_member(given.body(), "path"), "/birth/weight");
    EXPECT_EQ(target.calls, 0);
    EXPECT_EQ(send(birth(), {{"Prefer", "handling=lenient"}}).answer.response.status, 201);
}

TEST_F(VitalEvents, ValidateSendsNothing) {
    path = "/vital-events/$validate";
    const auto given = send(birth());
    EXPECT_EQ(given.answer.response.status, 200);
    EXPECT_EQ(given.body()["valid"], true);
    EXPECT_EQ(given.body()["warnings"][0]["path"], "child.nid");
    EXPECT_EQ(given.body()["account"]["dropped"].size(), 1u);
    EXPECT_EQ(send(with(R"({"kind":"death"})")).answer.response.status, 400);
    EXPECT_EQ(target.calls, 0);
}

TEST_F(VitalEvents, AnswersHoldNoValues) {
    for (const auto* patch : {"{}", R"({"persons":{"midwife":{"names":[{"family":"Zulu"}]}}})",
                              R"({"persons":{"child":{"birth_date":"12 Jan Tembo"}}})"}) {
        const auto given = send(with(patch));
        for (const auto* value : {"Amina", "Tembo", "Zulu", "9900112233", "+260971000001"}) {
            EXPECT_EQ(given.answer.response.body.find(value), std::string::npos) << value;
            for (const auto& [key, shown] : given.answer.properties) EXPECT_EQ(shown.find(value), std::string::npos);
        }
    }
}

TEST_F(VitalEvents, TheSchemaIsForEveryone) {
    for (const auto& each : channel.routes) {
        if (each.pattern != "/schemas/vital-event.json") continue;
        Runner runner;
        const auto given = runner.run(through(open(""), each, store, clock));
        EXPECT_EQ(given.answer.response.status, 200);
        EXPECT_EQ(given.answer.response.headers.get("content-type"), "application/schema+json");
        EXPECT_EQ(text_member(given.body(), "$id"), "urn:opencrvs-mediator:vital-event:1");
    }
}

}  // namespace
