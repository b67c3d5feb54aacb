// SPDX-License-Identifier: MPL-2.0
#include "channels/opencrvs/target_answers.hpp"
#include "unit/opencrvs_target/fakes.hpp"

#include <gtest/gtest.h>

using namespace ocm;
using namespace ocm::opencrvs;
using namespace ocm::opencrvs::test;
using namespace std::chrono_literals;

namespace {

constexpr auto event_id = "33333333-3333-4333-8333-333333333301";

Json action(const char* id, const char* type, const char* status, const char* transaction,
            const char* original = nullptr) {
    Json out{{"id", id}, {"type", type}, {"status", status}, {"transactionId", transaction}};
    if (original != nullptr) out["originalActionId"] = original;
    return out;
}

EventDocument document(Json actions) {
    return EventDocument::read(
               FakeOpenCrvs::reply(200, {{"id", event_id}, {"trackingId", "ABC123"}, {"actions", std::move(actions)}}))
        .value();
}

CallContext context(CallContext::Step step = CallContext::Step::notify, std::vector<std::string> scopes = {}) {
    return {step, find_version("2.0"), "national", "birth", std::move(scopes)};
}

Error explain(int status, const Json& body, const CallContext& where = context()) {
    return explain_failure(FakeOpenCrvs::reply(status, body), where);
}

}  // namespace

TEST(EventDocument, IsRead) {
    const auto event = document({action("1", "CREATE", "Accepted", "t-c")});
    EXPECT_EQ(event.id, event_id);
    EXPECT_EQ(event.tracking_id, "ABC123");
    ASSERT_EQ(event.actions.size(), 1u);
    EXPECT_EQ(event.actions[0].type, "CREATE");
}

TEST(EventDocument, GarbageIsABadGateway) {
    for (const auto* body : {"<html>", "[]", "{}", R"({"id":"../../x","trackingId":"T","actions":[]})",
                             R"({"id":"33333333-3333-4333-8333-333333333301","trackingId":"","actions":[]})",
                             R"({"id":"33333333-3333-4333-8333-333333333301","trackingId":"T"})",
                             R"({"id":5,"trackingId":6,"actions":7})"}) {
        const auto read = EventDocument::read({200, {}, body});
        ASSERT_FALSE(read) << body;
        EXPECT_EQ(read.error().code, ErrorCode::bad_gateway);
    }
    EXPECT_TRUE(EventDocument::read(
        {200, {}, R"({"id":"33333333-3333-4333-8333-333333333301","trackingId":"T","actions":[null,7,{}]})"}));
}

TEST(EventDocument, AnEmptyAnswerLeavesTheOutcomeUnclear) {
    EXPECT_EQ(EventDocument::read({200, {}, ""}).error().code, ErrorCode::target_timeout);
}

TEST(NotifyState, FollowsTheRequestNotJustAnyAction) {
    const auto create = action("1", "CREATE", "Accepted", "t-c");
    const auto requested = action("2", "NOTIFY", "Requested", "t-n");
    const struct {
        Json actions;
        NotifyState state;
    } rows[] = {
        {{create}, NotifyState::none},
        {{create, requested}, NotifyState::pending},
        {{create, requested, action("3", "NOTIFY", "Accepted", "x", "2")}, NotifyState::accepted},
        {{create, action("3", "NOTIFY", "Accepted", "x", "2"), requested}, NotifyState::accepted},
        {{create, requested, action("3", "NOTIFY", "Rejected", "x", "2")}, NotifyState::rejected},
        {{create, requested, action("3", "NOTIFY", "Accepted", "t-n")}, NotifyState::accepted},
        {{create, action("2", "NOTIFY", "Accepted", "t-other")}, NotifyState::another},
        {{create, action("2", "NOTIFY", "Rejected", "t-other")}, NotifyState::none},
        {{create, action("2", "NOTIFY", "Rejected", "t-other"), action("4", "NOTIFY", "Requested", "t-n"),
          action("5", "NOTIFY", "Accepted", "x", "4")},
         NotifyState::accepted},
        {{action("1", "DECLARE", "Accepted", "t-n")}, NotifyState::none},
        {Json::array(), NotifyState::none},
    };
    for (const auto& row : rows) EXPECT_EQ(notify_state(document(row.actions), "t-n"), row.state) << row.actions;
}

TEST(Failure, NamesFieldsNeverValues) {
    const auto message =
        R"([{"message":"Unexpected field","id":"foo.bar","value":"Mwansa"},{"message":"Invalid input Mwansa","id":"child.dob","value":"Mwansa"},)"
        R"({"message":"Invalid input","id":"child.dob"}])";
    auto error = explain(400, {{"message", message}, {"code", "BAD_REQUEST"}});
    EXPECT_EQ(error.code, ErrorCode::bad_request);
    EXPECT_EQ(error.path, "foo.bar");
    EXPECT_EQ(error.message,
              "OpenCRVS refused the notification: foo.bar is not a field of the form; child.dob is not in the form "
              "OpenCRVS wants");

    error = explain(400, {{"message", "Input validation failed"},
                          {"issues", {{{"path", {"declaration", "mother.nid"}}, {"code", "invalid_type"}}}}});
    EXPECT_EQ(error.code, ErrorCode::bad_request);
    EXPECT_EQ(error.path, "mother.nid");

    error = explain(400, {{"message", R"([{"message":"Invalid input","id":"Ruth Mwansa","value":1}])"}});
    EXPECT_EQ(error.message.find("Mwansa"), std::string::npos);

    Json many = Json::array();
    for (int i = 0; i < 15; ++i) many.push_back({{"message", "Invalid input"}, {"id", "f." + std::to_string(i)}});
    error = explain(400, {{"message", many.dump()}});
    EXPECT_NE(error.message.find("; and 5 more fields"), std::string::npos);
}

TEST(Failure, BadRequestsThatAreNotTheSenders) {
    auto error = explain(400, {{"message", "No configuration found for event type: birth"}});
    EXPECT_EQ(error.code, ErrorCode::bad_gateway);
    EXPECT_NE(error.message.find("country map"), std::string::npos);

    error = explain(400, {{"message", "Input validation failed"}, {"issues", {{{"path", {"transactionId"}}}}}});
    EXPECT_EQ(error.code, ErrorCode::bad_gateway);

    error = explain(400, {{"message", "createdAtLocation must be a valid location id"}});
    EXPECT_EQ(error.code, ErrorCode::bad_request);
    EXPECT_EQ(error.path, "office");

    EXPECT_EQ(explain(400, {{"message", "something new"}}).code, ErrorCode::bad_request);
    EXPECT_EQ(explain(400, {{"message", "something new"}}, context(CallContext::Step::create)).code,
              ErrorCode::bad_gateway);
    EXPECT_EQ(explain(400, Json::array()).code, ErrorCode::bad_request);
}

TEST(Failure, ForbiddenNamesTheMissingScope) {
    auto error = explain(403, {{"code", "FORBIDDEN"}}, context(CallContext::Step::notify, {"type=record.create"}));
    EXPECT_EQ(error.code, ErrorCode::bad_gateway);
    EXPECT_EQ(error.message,
              "OpenCRVS (target national) does not let this mediator's notification client do this: it lacks the scope "
              "type=record.notify&event=birth");
    error = explain(403, {}, context(CallContext::Step::notify, {"type=record.create", "type=record.notify"}));
    EXPECT_NE(error.message.find("restricted"), std::string::npos);
}

TEST(Failure, Conflicts) {
    auto error = explain(
        409, {{"message", "Action 'NOTIFY' cannot be performed on an event in 'DECLARED' state with [] flags."}});
    EXPECT_EQ(error.code, ErrorCode::conflict);
    EXPECT_EQ(error.message, "OpenCRVS does not take the notification: the record is already DECLARED");
    error = explain(409, {{"message", "Action cannot be performed on an event in 'Ruth Mwansa' state"}});
    EXPECT_EQ(error.message, "OpenCRVS does not take the notification: a user is working on the record");
    EXPECT_EQ(explain(409, Json::array()).code, ErrorCode::conflict);
}

TEST(Failure, TheRest) {
    for (const int status : {429, 500, 502, 503, 504, 599}) {
        const auto error = explain(status, {{"message", "Internal server error"}, {"code", "INTERNAL_SERVER_ERROR"}});
        EXPECT_EQ(error.code, ErrorCode::unavailable) << status;
        EXPECT_EQ(error.retry_after, 30s);
    }
    EXPECT_EQ(explain_failure({503, {{"Retry-After", "5"}}, ""}, context()).retry_after, 5s);
    EXPECT_EQ(explain(413, {}).code, ErrorCode::too_large);
    for (const int status : {201, 302, 404, 405, 418}) {
        EXPECT_EQ(explain(status, {}).code, ErrorCode::bad_gateway) << status;
        EXPECT_EQ(explain(status, {}, context(CallContext::Step::create)).code, ErrorCode::bad_gateway);
    }
}
