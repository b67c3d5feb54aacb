// SPDX-License-Identifier: MPL-2.0
#include "registration/delivery_report.hpp"

#include "app/delivery_report.hpp"
#include "core/json.hpp"
#include "support/fakes/fakes.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

using namespace ocm;
using namespace ocm::fakes;
using namespace ocm::registration;

namespace {

constexpr const char* title = "OpenCRVS webhook";
constexpr const char* channel_id = "65a4f0c2e1b2c3d4e5f60001";

Orchestration answered(int status) {
    Orchestration step;
    step.name = "Webhook delivery";
    step.method = "POST";
    step.scheme = "https";
    step.host = "ministry.example.org";
    step.port = "443";
    step.path = "/hear";
    step.query = "token=planted-secret";
    step.headers.set("Authorization", "Bearer planted-secret");
    step.headers.set("Mediator-Key-Id", "k1");
    step.body = R"({"name":"planted-name"})";
    step.at = FakeClock::start;
    step.response = Orchestration::Response{status, {}, "", FakeClock::start};
    return step;
}

app::Ended ended(DeliveryStep step, std::vector<Orchestration> steps) {
    app::Ended out;
    out.report = "report-1";
    out.delivery.id = "delivery-1";
    out.delivery.transaction = "transaction-1";
    out.delivery.destination = "https://ministry.example.org:443";
    out.delivery.subscription = "subscription-1";
    out.delivery.attempts = 3;
    out.step = step;
    out.why = {ErrorCode::bad_gateway, "the subscriber answered 500", "", std::nullopt};
    out.steps = std::move(steps);
    out.at = FakeClock::start;
    return out;
}

Json payload_of(const app::Ended& of) {
    const auto op = app::delivery_report(of, app::Reported::all, {});
    EXPECT_TRUE(op);
    return parse_json(op->payload).value();
}

class DeliveryReport : public testing::Test {
  protected:
    DeliveryReport() {
        OpenHimOptions options;
        options.api_url = "https://openhim:8080";
        options.auth = Auth::basic;
        kind = make_delivery_report(upstream, clock, ids, options, title);
        upstream.answer = [this](const UpstreamCall& call) -> Result<UpstreamReply> {
            const HttpHeaders json{{"content-type", "application/json"}};
            if (call.url.ends_with("/channels"))
                return UpstreamReply{200, json,
                                     dump_json(Json::array({{{"name", "another"}, {"_id", "1"}},
                                                            {{"name", title}, {"_id", channel_id}}}))};
            if (call.method == "GET") {
                found_by = call.url;
                return UpstreamReply{200, json, kept.empty() ? "[]" : R"([{"_id":"2"}])"};
            }
            kept.push_back(parse_json(call.body).value());
            if (std::exchange(loses, false)) return fail(ErrorCode::target_timeout, "no answer");
            return UpstreamReply{201, {{"content-type", "text/plain"}}, ""};
        };
    }
    dispatch::Outcome send(unsigned attempts = 1) {
        Delivery delivery;
        delivery.id = "report-1";
        delivery.attempts = attempts;
        Exchange exchange("t1", "openhim", clock.steady() + std::chrono::seconds(30),
                          Ports{upstream, store, clock, ids});
        Runner runner;
        const auto payload = dump_json(payload_of(ended(DeliveryStep::deliver, {answered(200)})));
        return runner.run(kind.send(exchange, delivery, payload)).outcome;
    }

    FakeClock clock;
    FakeIds ids;
    FakeUpstream upstream;
    FakeStore store{clock};
    DeliveryKind kind;
    std::vector<Json> kept;
    std::string found_by;
    bool loses = false;
};

}  // namespace

TEST(DeliveryReported, AsATransactionThatHoldsNothingOfWhatWasTold) {
    const auto out = payload_of(ended(DeliveryStep::deliver, {answered(200)}));
    EXPECT_EQ(out["status"], "Successful");
    EXPECT_EQ(out["request"]["host"], "ministry.example.org");
    EXPECT_EQ(out["request"]["path"], "/hear");
    EXPECT_EQ(out["request"]["timestamp"], rfc3339(FakeClock::start));
    EXPECT_EQ(out["response"]["status"], 200);
    ASSERT_EQ(out["orchestrations"].size(), 1U);
    EXPECT_EQ(out["orchestrations"][0]["request"]["headers"]["mediator-key-id"], "k1");
    EXPECT_EQ(out["properties"], (Json{{"mediator-delivery", "delivery-1"},
                                       {"mediator-report", "report-1"},
                                       {"mediator-transaction", "transaction-1"},
                                       {"subscription", "subscription-1"},
                                       {"attempts", "3"},
                                       {"state", "delivered"}}));
    EXPECT_EQ(dump_json(out).find("planted"), std::string::npos);
    EXPECT_FALSE(out.contains("error")) << "OpenHIM would send it again";
}

TEST(DeliveryReported, WithWhyItCameToNothing) {
    auto out = payload_of(ended(DeliveryStep::bury, {answered(500)}));
    EXPECT_EQ(out["status"], "Failed");
    EXPECT_EQ(out["response"]["status"], 500);
    EXPECT_EQ(out["response"]["body"], "the subscriber answered 500");
    EXPECT_EQ(out["properties"]["state"], "dead");
    EXPECT_FALSE(out.contains("error"));
    out = payload_of(ended(DeliveryStep::drop, {answered(410)}));
    EXPECT_EQ(out["status"], "Completed");
    out = payload_of(ended(DeliveryStep::discard, {}));
    EXPECT_EQ(out["status"], "Completed");
    EXPECT_EQ(out["properties"]["state"], "discarded");
    auto never = answered(200);
    never.response.reset();
    never.error = Error{ErrorCode::unavailable, "refused the connection", "", std::nullopt};
    EXPECT_EQ(payload_of(ended(DeliveryStep::bury, {never}))["response"]["status"], 504);
    out = payload_of(ended(DeliveryStep::drop, {}));
    EXPECT_EQ(out["request"]["host"], "ministry.example.org") << "of its destination, for nothing was sent";
    EXPECT_EQ(out["request"]["port"], "443");
    EXPECT_TRUE(out["orchestrations"].empty());
}

TEST(DeliveryReported, AsTheSettingSays) {
    using app::Reported;
    const auto good = ended(DeliveryStep::deliver, {answered(200)});
    const auto bad = ended(DeliveryStep::bury, {answered(500)});
    EXPECT_TRUE(app::delivery_report(good, app::reported("all"), {}));
    EXPECT_FALSE(app::delivery_report(good, app::reported("failures"), {}));
    EXPECT_TRUE(app::delivery_report(bad, app::reported("failures"), {}));
    EXPECT_FALSE(app::delivery_report(bad, app::reported("off"), {}));
    const auto discarded = ended(DeliveryStep::discard, {});
    EXPECT_TRUE(app::delivery_report(discarded, app::reported("all"), {}));
    EXPECT_FALSE(app::delivery_report(discarded, app::reported("failures"), {})) << "an administrator knows";
}

TEST_F(DeliveryReport, IsMadeATransactionOfTheChannel) {
    EXPECT_EQ(send().kind, dispatch::Outcome::Kind::done);
    ASSERT_EQ(kept.size(), 1U);
    EXPECT_EQ(kept[0]["channelID"], channel_id);
    EXPECT_EQ(found_by, "") << "nothing can be there yet";
    EXPECT_EQ(send().kind, dispatch::Outcome::Kind::done);
    EXPECT_EQ(upstream.calls.size(), 3U) << "the channel is looked up once";
}

TEST_F(DeliveryReport, IsNotMadeTwice) {
    loses = true;
    const auto lost = send();
    EXPECT_EQ(lost.kind, dispatch::Outcome::Kind::again);
    EXPECT_FALSE(lost.reached);
    EXPECT_EQ(send(2).kind, dispatch::Outcome::Kind::done);
    EXPECT_EQ(kept.size(), 1U);
    // By what is its own: the delivery itself may have been shown before, dead, and sent again by hand since.
    EXPECT_NE(found_by.find("mediator-report"), std::string::npos) << found_by;
    EXPECT_NE(found_by.find("report-1"), std::string::npos) << found_by;
}

TEST_F(DeliveryReport, WaitsForAnOpenHimThatRefuses) {
    upstream.answer = [](const UpstreamCall&) { return UpstreamReply{403, {{"content-type", "text/plain"}}, "no"}; };
    const auto outcome = send();
    EXPECT_EQ(outcome.kind, dispatch::Outcome::Kind::again);
    EXPECT_TRUE(outcome.reached);
    EXPECT_EQ(outcome.error.code, ErrorCode::forbidden);
}
