// SPDX-License-Identifier: MPL-2.0
#include "registration/late_completion.hpp"

#include "app/late_update.hpp"
#include "core/json.hpp"
#include "support/fakes/fakes.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

using namespace ocm;
using namespace ocm::fakes;
using namespace ocm::registration;

namespace {

Json wanted() {
    return Json{{"status", "Successful"},
                {"response", {{"status", 200}, {"headers", Json::object()}, {"body", "{}"}, {"timestamp", "t"}}},
                {"properties", {{"outcome", "delivered"}}},
                {"orchestrations", {{{"name", "Notify event"}, {"request", {{"timestamp", "t1"}}}}}}};
}

Json accepted() {
    return Json{{"status", "Processing"},
                {"response", {{"status", 202}}},
                {"properties", {{"format", "opencrvs-1"}}},
                {"orchestrations", {{{"name", "Create event"}, {"request", {{"timestamp", "t0"}}}}}}};
}

}  // namespace

TEST(LateCompletion, WritesOnceTheCoreHasSavedItsOwnCopy) {
    auto unsaved = accepted();
    unsaved.erase("response");
    EXPECT_EQ(next_update(unsaved, wanted()).kind, NextUpdate::Kind::wait);
    const auto next = next_update(accepted(), wanted());
    ASSERT_EQ(next.kind, NextUpdate::Kind::update);
    EXPECT_EQ(next.body["status"], "Successful");
    EXPECT_FALSE(next.body.contains("orchestrations")) << "it would replace the core's own";
    EXPECT_FALSE(next.body.contains("error")) << "it would be queued for a retry";
    EXPECT_EQ(next.body["$push"]["orchestrations"]["$each"], wanted()["orchestrations"]);
    EXPECT_EQ(next.body["properties"], (Json{{"format", "opencrvs-1"}, {"outcome", "delivered"}}));
}

TEST(LateCompletion, WritesAgainWhatTheCoreWroteOverWithoutDoublingSteps) {
    auto overwritten = accepted();
    overwritten["orchestrations"].push_back(wanted()["orchestrations"][0]);
    const auto next = next_update(overwritten, wanted());
    ASSERT_EQ(next.kind, NextUpdate::Kind::update);
    EXPECT_FALSE(next.body.contains("$push"));
    auto done = overwritten;
    done["status"] = "Successful";
    done["response"] = wanted()["response"];
    EXPECT_EQ(next_update(done, wanted()).kind, NextUpdate::Kind::done);
}

TEST(LateCompletion, AVanishedTransactionEndsQuietly) {
    EXPECT_EQ(next_update(std::nullopt, wanted()).kind, NextUpdate::Kind::done);
}

TEST(LateCompletion, IsOverOnlyWhenOpenHimShowsIt) {
    FakeClock clock;
    FakeIds ids;
    FakeUpstream upstream;
    FakeStore store(clock);
    auto kept = accepted();
    kept["_id"] = "65a4f0c2e1b2c3d4e5f60718";
    int writes = 0;
    bool loses_first = true;
    upstream.answer = [&](const UpstreamCall& call) -> Result<UpstreamReply> {
        EXPECT_TRUE(call.url.ends_with("/transactions/65a4f0c2e1b2c3d4e5f60718")) << call.url;
        if (call.method == "GET") return UpstreamReply{200, {{"content-type", "application/json"}}, dump_json(kept)};
        ++writes;
        const auto update = parse_json(call.body).value();
        EXPECT_FALSE(update.contains("error"));
        // The core saves its copy over the first one.
        if (!std::exchange(loses_first, false)) {
            kept["status"] = update["status"];
            kept["response"] = update["response"];
            for (const auto& step : update["$push"]["orchestrations"]["$each"]) kept["orchestrations"].push_back(step);
        }
        return UpstreamReply{200, {{"content-type", "text/plain"}}, "Transaction updated"};
    };
    OpenHimOptions options;
    options.api_url = "https://openhim:8080";
    options.auth = Auth::basic;
    const auto kind = make_late_completion(upstream, clock, ids, options);
    Delivery delivery;
    delivery.openhim_transaction = "65a4f0c2e1b2c3d4e5f60718";
    delivery.created = clock.now();
    const auto once = [&] {
        Exchange exchange("t1", "openhim", clock.steady() + std::chrono::seconds(30),
                          Ports{upstream, store, clock, ids});
        Runner runner;
        return runner.run(kind.send(exchange, delivery, dump_json(wanted()))).outcome;
    };
    for (int i = 0; i < 2; ++i) {
        const auto outcome = once();
        EXPECT_EQ(outcome.kind, dispatch::Outcome::Kind::again);
        EXPECT_TRUE(outcome.patient);
    }
    EXPECT_EQ(once().kind, dispatch::Outcome::Kind::done);
    EXPECT_EQ(writes, 2);
    EXPECT_EQ(kept["orchestrations"].size(), 2U);
}

TEST(LateCompletion, ADeadLetterIsFailedWithoutError) {
    app::LateUpdate update;
    update.openhim_transaction = "65a4f0c2e1b2c3d4e5f60718";
    update.complete.status = TransactionStatus::failed;
    update.complete.error_code = "bad_request";
    update.response = json_response(400, "{}");
    const auto op = app::late_update(update);
    ASSERT_TRUE(op);
    const auto body = parse_json(op->payload).value();
    EXPECT_EQ(body["status"], "Failed");
    EXPECT_EQ(body["response"]["status"], 400);
    EXPECT_FALSE(body.contains("error"));
    EXPECT_GE(op->due - op->at, std::chrono::seconds(2)) << "not before the core has saved its own copy";
    update.openhim_transaction.clear();
    EXPECT_FALSE(app::late_update(update)) << "it did not come through OpenHIM";
}
