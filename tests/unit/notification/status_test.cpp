// SPDX-License-Identifier: MPL-2.0
#include "channels/webhook/event_json.hpp"
#include "channels/webhook/publish.hpp"
#include "unit/notification/fixture.hpp"

using namespace ocm;
using namespace ocm::fakes;
using namespace ocm::test;

namespace {

constexpr const char* hospital = "c0ffee00-0000-4000-8000-00000000000c";

/// A notification of the hospital's that was delivered, or waits.
store_ops::TransactionState notified() {
    store_ops::TransactionState state;
    state.channel = "notification";
    state.method = "POST";
    state.client = hospital;
    state.http_status = 200;
    state.subjects.tracking_id = "B7Q2K1";
    state.subjects.event_id = "record-1";
    return state;
}

class NotificationStatusOf : public Notification {
  protected:
    Given ask(const std::string& client) {
        auto& exchange = open("", {}, client);
        exchange.path_values["id"] = "t1";
        Runner runner;
        return runner.run(through(exchange, route("/notifications/{id}"), store, clock));
    }
};

TEST_F(NotificationStatusOf, IsToldToItsSenderOnly) {
    auto state = notified();
    state.http_status = 202;
    state.answered = clock.now();
    state.delivery.emplace();
    state.delivery->state = DeliveryState::dead;
    state.delivery->error_code = "bad_request";
    state.delivery->why = "refused by the registrar's form";
    store.states["t1"] = state;
    const auto theirs = ask(hospital);
    EXPECT_EQ(theirs.answer.response.status, 200);
    EXPECT_EQ(text_member(theirs.body(), "state"), "failed");
    EXPECT_EQ(text_member(theirs.body(), "why"), "refused by the registrar's form");
    EXPECT_FALSE(theirs.body().contains("record"));
    store.states["t1"].delivery->error_code = "unavailable";
    store.states["t1"].delivery->why = "10.1.2.3:7070 refused the connection";
    EXPECT_EQ(ask(hospital).answer.response.body.find("10.1.2.3"), std::string::npos);
    EXPECT_EQ(ask("somebody-else").answer.response.status, 404);
}

TEST_F(NotificationStatusOf, SaysWhereTheRecordStands) {
    auto state = notified();
    state.answered = clock.now();
    store.states["t1"] = state;
    RegistrationEvent registered;
    registered.occurrence = "2026B7Q2K1";
    registered.occurred_at = "2026-03-01T10:00:00.000Z";
    registered.event.registration = Registration{"B7Q2K1", "2026B7Q2K1", "", std::nullopt};
    auto& published = store.published_last["notification.status record-1"];

    published = webhook::write_event(webhook::status_of(registered, {hospital, "t1", ""}));
    EXPECT_EQ(
        ask(hospital).body()["record"],
        (Json{{"status", "registered"}, {"at", "2026-03-01T10:00:00.000Z"}, {"registration_number", "2026B7Q2K1"}}));
    auto rejected = webhook::status_of(registered, {hospital, "t1", ""});
    rejected.status = NotificationStatus::rejected;
    rejected.reason = "The weight cannot be";
    rejected.confirmed = false;
    published = webhook::write_event(rejected);
    EXPECT_EQ(ask(hospital).body()["record"], (Json{{"status", "rejected"},
                                                    {"at", "2026-03-01T10:00:00.000Z"},
                                                    {"reason", "The weight cannot be"},
                                                    {"confirmed", false}}));
    published = webhook::write_event(webhook::status_of(registered, {"somebody-else", "t2", ""}));
    EXPECT_FALSE(ask(hospital).body().contains("record")) << "an id is no proof of whose it is";
    published = "damaged";
    EXPECT_EQ(ask(hospital).answer.response.status, 503);
}

}  // namespace
