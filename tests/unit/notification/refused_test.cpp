// SPDX-License-Identifier: MPL-2.0
#include "unit/notification/fixture.hpp"

using namespace ocm;
using namespace ocm::fakes;
using namespace ocm::test;

namespace {

struct TargetRow {
    const char* label;
    Error error;
    int status;
    const char* message;
    ClaimState claim;
    bool rerun;
};
class TargetFailure : public Notification, public testing::WithParamInterface<TargetRow> {};

TEST_P(TargetFailure, IsToldAndLeavesTheClaim) {
    target.failures = {GetParam().error};
    const auto given = send(birth());
    EXPECT_EQ(given.answer.response.status, GetParam().status);
    EXPECT_EQ(given.message(), GetParam().message);
    EXPECT_EQ(given.answer.claim, GetParam().claim);
    EXPECT_EQ(store.state_of(given.transaction), GetParam().claim);
    ASSERT_TRUE(given.answer.error);
    EXPECT_EQ(is_transient(given.answer.error->code), GetParam().rerun);
    EXPECT_EQ(given.answer.response.headers.find("retry-after") != nullptr, GetParam().rerun);
}

constexpr auto later = "OpenCRVS cannot take the notification now; send it again later";
constexpr auto unusable = "OpenCRVS gave an answer that cannot be used; the administrator has to look into it";

INSTANTIATE_TEST_SUITE_P(
    Rows, TargetFailure,
    testing::Values(
        TargetRow{"down", {ErrorCode::unavailable, "refused", "", {}}, 503, later, ClaimState::unavailable, true},
        TargetRow{"busy", {ErrorCode::too_many_requests, "", "", {}}, 503, later, ClaimState::unavailable, true},
        TargetRow{"garbage", {ErrorCode::bad_gateway, "no JSON", "", {}}, 502, unusable, ClaimState::unavailable, true},
        TargetRow{"no_scope", {ErrorCode::forbidden, "scope", "", {}}, 502, unusable, ClaimState::unavailable, true},
        TargetRow{"moved_on",
                  {ErrorCode::conflict, "the record has moved on", "", {}},
                  409,
                  "the record has moved on",
                  ClaimState::refused,
                  false},
        TargetRow{"refused",
                  {ErrorCode::bad_request, "the form takes no text for child.dob", "child.dob", {}},
                  400,
                  "Could not process the Event Notification, as the form takes no text for child.dob",
                  ClaimState::refused,
                  false},
        TargetRow{"bug",
                  {ErrorCode::internal, "a bug", "", {}},
                  500,
                  "An internal server error occurred",
                  ClaimState::interrupted,
                  false}),
    [](const auto& row) { return row.param.label; });

struct BadRow {
    const char* label;
    const char* content_type;
    std::string body;
    int status;
    const char* message;
};
class BadRequest : public Notification, public testing::WithParamInterface<BadRow> {};

TEST_P(BadRequest, IsRefusedRecordedAndNeverSent) {
    HttpHeaders headers;
    if (*GetParam().content_type != '\0') headers.set("Content-Type", GetParam().content_type);
    const auto given = send_text(GetParam().body, std::move(headers));
    EXPECT_EQ(given.answer.response.status, GetParam().status);
    EXPECT_EQ(given.message(), GetParam().message);
    EXPECT_FALSE(given.answer.claim);
    EXPECT_EQ(store.all<store_ops::Receive>().size(), 1u);
    EXPECT_EQ(target.calls, 0);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, BadRequest,
    testing::Values(
        BadRow{"xml", "application/fhir+xml", "<Bundle/>", 415,
               "send a FHIR document as application/json or application/fhir+json"},
        BadRow{"form", "application/x-www-form-urlencoded", "a=b", 415,
               "send a FHIR document as application/json or application/fhir+json"},
        BadRow{"latin1", "application/json; charset=ISO-8859-1", "{}", 415, "send JSON in UTF-8"},
        BadRow{"empty", "application/json", "", 400, "malformed JSON at byte 1"},
        BadRow{"truncated", "application/json", R"({"resourceType":"Bundle",)", 400, "malformed JSON at byte 26"},
        BadRow{"deep", "application/fhir+json", std::string(10'000, '['), 400, "the document is nested too deeply"},
        BadRow{"duplicate_key", "application/json; charset=utf-8", R"({"type":"document","type":"document"})", 400,
               "a key appears twice"},
        BadRow{"not_utf8", "application/json", "{\"type\":\"\xff\"}", 400, "malformed JSON at byte 10"},
        BadRow{"no_document", "", R"({"resourceType":"Patient"})", 400, "\"resourceType\" must be [Bundle]"}),
    [](const auto& row) { return row.param.label; });

TEST_F(Notification, RefusesCompressedBodies) {
    const auto given = send(birth(), {{"Content-Type", "application/json"}, {"Content-Encoding", "gzip"}});
    EXPECT_EQ(given.answer.response.status, 415);
}

TEST_F(Notification, IsForOneKindOfClient) {
    EXPECT_EQ(channel.name, "notification");
    // All but those that anybody may call.
    const std::set<std::string> open_to_all{"/schemas/vital-event.json",
                                            "/fhir/metadata",
                                            "/token",
                                            "/auth/token",
                                            "/oauth2/client/token",
                                            "/.well-known",
                                            "/location",
                                            "/location/{id}",
                                            "/locations",
                                            "/locations/{id}"};
    for (const auto& each : channel.routes) {
        if (open_to_all.contains(each.pattern)) {
            EXPECT_TRUE(each.allowed.empty()) << each.pattern;
        } else {
            EXPECT_EQ(each.allowed, route().allowed) << each.pattern;
        }
    }
    EXPECT_EQ(route("/notifications/{id}").allowed, route().allowed);
    EXPECT_EQ(route().method, "POST");
    EXPECT_EQ(route().pattern, "/notification");
    EXPECT_EQ(route().allowed, std::vector{store_ops::ClientKind::event_notification});
    EXPECT_EQ(route().render_error(Error{ErrorCode::not_found, "x", "", {}}).status, 404);
}

}  // namespace
