// SPDX-License-Identifier: MPL-2.0
#include "channels/webhook/heard.hpp"

#include "core/json.hpp"
#include "support/fakes/fakes.hpp"
#include "unit/formats/fixtures.hpp"
#include "unit/opencrvs/fixtures.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

using namespace ocm;
using namespace ocm::fakes;
using namespace ocm::webhook;
using namespace std::chrono_literals;
using ocm::test::json_file;

namespace {

using Kind = dispatch::Outcome::Kind;

constexpr const char* number = "2026B7Q2K1";  // of the document
constexpr const char* record = "e7e40000-0000-4000-8000-000000000001";

/// The record as country config forwards it: its last action, `type`, is called accepted already.
Json forwarded(const std::string& type) {
    auto document = json_file(opencrvs::test::source_dir() / "tests/unit/opencrvs/data/document-birth.json");
    auto& actions = document["actions"];
    for (auto i = actions.size(); i-- > 0;) {
        if (text_member(actions[i], "type") != type || text_member(actions[i], "status") != "Requested") continue;
        actions.erase(actions.begin() + static_cast<std::ptrdiff_t>(i) + 1, actions.end());
        actions.back()["status"] = "Accepted";
        return document;
    }
    ADD_FAILURE() << "the document has no such action";
    return document;
}
Json whole() {
    return json_file(opencrvs::test::source_dir() / "tests/unit/opencrvs/data/document-birth.json");
}
class Hearing : public testing::Test {
  protected:
    Hearing() {
        deps.target = "national";
        deps.read_document = [](const Json& document, const opencrvs::About& about) {
            return opencrvs::read_document(document, about, opencrvs::test::farajaland_map(),
                                           opencrvs::test::farajaland_form(), opencrvs::test::places());
        };
        deps.publish = [this](const RegistrationEvent& event, const std::string& transaction, WallTime) {
            EXPECT_EQ(transaction, "t-1");
            published.push_back(event);
            return std::vector<store_ops::Op>{store_ops::Disclose{}};
        };
    }
    static Task<Result<Json>> answer(Result<Json> with) { co_return with; }
    static Task<Result<std::optional<std::string>>> answer_number(Result<std::optional<std::string>> with) {
        co_return with;
    }
    void target_shows(Result<Json> document) {
        deps.event = [this, document](Exchange&, const std::string& asked) {
            EXPECT_EQ(asked, record);
            ++looks;
            return answer(document);
        };
    }
    void search_finds(Result<std::optional<std::string>> found) {
        deps.registered = [this, found](Exchange&, const std::string& asked) {
            EXPECT_EQ(asked, record);
            ++looks;
            return answer_number(found);
        };
    }
    static Task<Sending> through(DeliveryKind kind, Exchange& exchange, Delivery delivery, std::string payload) {
        auto sent = co_await kind.send(exchange, delivery, std::move(payload));
        co_return sent;
    }
    Sending hear(Heard heard, const std::string& body) {
        Delivery delivery;
        delivery.id = "d-1";
        delivery.transaction = "t-1";
        delivery.created = FakeClock::start;
        Exchange exchange("t-1", "webhook-inbound", clock.steady() + 60s, {upstream, store, clock, ids});
        Runner runner;
        return runner.run(through(make_heard_delivery(deps), exchange, delivery, write_heard(heard, body)));
    }
    Sending hear(const Json& document) { return hear(Heard::forwarded, dump_json(document)); }

    FakeClock clock;
    FakeIds ids;
    FakeUpstream upstream;
    FakeStore store{clock};
    HeardDeps deps;
    std::vector<RegistrationEvent> published;
    int looks = 0;
};

TEST_F(Hearing, PublishesAForwardedRegistrationOnceTheTargetShowsIt) {
    target_shows(whole());
    const auto sent = hear(forwarded("REGISTER"));
    EXPECT_EQ(sent.outcome.kind, Kind::done);
    EXPECT_EQ(sent.also.size(), 1U) << "committed with what ends it";
    EXPECT_EQ(looks, 1);
    ASSERT_EQ(published.size(), 1U);
    EXPECT_EQ(published[0].topic, (Topic{Change::registered, VitalKind::birth}));
    EXPECT_EQ(published[0].occurrence, number);
    EXPECT_EQ(published[0].target, "national");
    EXPECT_TRUE(published[0].confirmed);
    EXPECT_EQ(sent.subjects.event_id, record);
    EXPECT_EQ(sent.subjects.registration_number, number);
}

TEST_F(Hearing, WaitsForWhatTheTargetDoesNotShowYet) {
    auto open = forwarded("REGISTER");
    open["actions"].back()["status"] = "Requested";
    for (const Result<Json>& shown : {Result<Json>(open), Result<Json>(fail(ErrorCode::not_found, "not shown"))}) {
        target_shows(shown);
        const auto sent = hear(forwarded("REGISTER"));
        EXPECT_EQ(sent.outcome.kind, Kind::again);
        EXPECT_TRUE(sent.outcome.patient);
        EXPECT_TRUE(sent.outcome.reached);
        EXPECT_EQ(sent.outcome.error.retry_after, 3s);
    }
    clock.advance(24h);
    const auto sent = hear(forwarded("REGISTER"));
    EXPECT_EQ(sent.outcome.kind, Kind::done);
    EXPECT_NE(sent.account.find("did not show it as done within a day"), std::string::npos);
    EXPECT_TRUE(published.empty());
}

TEST_F(Hearing, TellsNobodyOfWhatWasRejected) {
    auto rejected = forwarded("REGISTER");
    auto decision = rejected["actions"].back();
    rejected["actions"].back()["status"] = "Requested";
    decision["originalActionId"] = decision["id"];
    decision["id"] = "ac710000-0000-4000-8000-000000000099";
    decision["status"] = "Rejected";
    rejected["actions"].push_back(decision);
    target_shows(rejected);
    const auto sent = hear(forwarded("REGISTER"));
    EXPECT_EQ(sent.outcome.kind, Kind::done);
    EXPECT_NE(sent.account.find("the action was rejected"), std::string::npos);
    EXPECT_TRUE(published.empty());
}

TEST_F(Hearing, DoesNotAskForWhatIsNothingToTell) {
    target_shows(whole());
    const auto sent = hear(forwarded("NOTIFY"));
    EXPECT_EQ(sent.outcome.kind, Kind::done);
    EXPECT_NE(sent.account.find("nothing to tell anybody"), std::string::npos);
    EXPECT_EQ(looks, 0);
    EXPECT_TRUE(published.empty());
}

TEST_F(Hearing, OptimisticallyBelievesTheCopyAndSaysSo) {
    deps.finality = Finality::optimistic;
    target_shows(whole());
    auto copy = forwarded("REGISTER");
    copy["actions"].back()["registrationNumber"] = number;
    const auto sent = hear(copy);
    EXPECT_EQ(sent.outcome.kind, Kind::done);
    EXPECT_EQ(looks, 0);
    ASSERT_EQ(published.size(), 1U);
    EXPECT_FALSE(published[0].confirmed);
    EXPECT_NE(sent.account.find("without OpenCRVS having confirmed it"), std::string::npos);
}

TEST_F(Hearing, AsksTheSearchOf19ForTheNumber) {
    search_finds(std::optional<std::string>());
    EXPECT_EQ(hear(forwarded("REGISTER")).outcome.kind, Kind::again);
    EXPECT_TRUE(published.empty());
    search_finds(std::optional<std::string>("2026B7Q2K1"));
    EXPECT_EQ(hear(forwarded("REGISTER")).outcome.kind, Kind::done);
    ASSERT_EQ(published.size(), 1U);
    EXPECT_EQ(published[0].occurrence, "2026B7Q2K1");
    EXPECT_TRUE(published[0].confirmed);
}

TEST_F(Hearing, TakesATriggerLikeAForwardedAction) {
    target_shows(whole());
    const auto sent = hear(Heard::trigger, dump_json(forwarded("REGISTER")));
    EXPECT_EQ(sent.outcome.kind, Kind::done);
    ASSERT_EQ(published.size(), 1U);
    EXPECT_EQ(published[0].heard, Heard::trigger);
    EXPECT_TRUE(published[0].confirmed);
    hear(forwarded("REGISTER"));
    ASSERT_EQ(published.size(), 2U);
    EXPECT_EQ(once_key(published[0]), once_key(published[1])) << "however it is heard of, it is known once";
}

TEST_F(Hearing, WaitsForWhatCountryConfigDecidesLater) {
    auto open = forwarded("REGISTER");
    open["actions"].back()["status"] = "Requested";
    deps.finality = Finality::optimistic;
    search_finds(std::optional<std::string>());
    EXPECT_EQ(hear(Heard::trigger, dump_json(open)).outcome.kind, Kind::again);
    EXPECT_TRUE(published.empty());
    search_finds(std::optional<std::string>("2026B7Q2K1"));
    EXPECT_EQ(hear(Heard::trigger, dump_json(open)).outcome.kind, Kind::done);
    ASSERT_EQ(published.size(), 1U);
    EXPECT_EQ(published[0].occurrence, "2026B7Q2K1");
    EXPECT_TRUE(published[0].confirmed);
}

TEST_F(Hearing, PublishesWhatAWebhookDelivers) {
    const auto file = opencrvs::test::source_dir() / "tests/unit/formats/data/webhook/filtered-1.6.json";
    const auto sent = hear(Heard::webhook, opencrvs::test::slurp(file));
    EXPECT_EQ(sent.outcome.kind, Kind::done) << sent.outcome.error.message;
    EXPECT_EQ(sent.also.size(), 1U);
    ASSERT_EQ(published.size(), 1U);
    EXPECT_EQ(published[0].target, "national");
    EXPECT_EQ(published[0].topic, (Topic{Change::registered, VitalKind::birth}));
    EXPECT_TRUE(published[0].confirmed);
    EXPECT_EQ(sent.subjects.registration_number, published[0].occurrence);
    EXPECT_EQ(looks, 0) << "it is signed";
    deps.publish = nullptr;
    EXPECT_TRUE(hear(Heard::webhook, opencrvs::test::slurp(file)).also.empty());
}

TEST_F(Hearing, TellsTheNotifierThatItsNotificationIsRegistered) {
    const auto file = opencrvs::test::source_dir() / "tests/unit/formats/data/webhook/filtered-1.6.json";
    const auto tracking_id = hear(Heard::webhook, opencrvs::test::slurp(file)).subjects.tracking_id;
    ASSERT_FALSE(tracking_id.empty());
    store.notifiers["notification " + tracking_id] = {"n-1", "hospital", "H-2026-77"};
    published.clear();
    const auto sent = hear(Heard::webhook, opencrvs::test::slurp(file));
    EXPECT_EQ(sent.also.size(), 2U);
    ASSERT_EQ(published.size(), 2U);
    EXPECT_FALSE(published[0].notifier) << "who sent it is told to nobody else";
    const auto& status = published[1];
    EXPECT_EQ(status.topic.change, Change::notification_status);
    EXPECT_EQ(status.status, NotificationStatus::registered);
    EXPECT_EQ(status.notifier, (Notifier{"hospital", "n-1", "H-2026-77"}));
    EXPECT_EQ(status.occurrence, published[0].occurrence);
    EXPECT_NE(event_id(status), event_id(published[0]));
    ASSERT_TRUE(status.event.registration);
    EXPECT_EQ(status.event.registration->registration_number, published[0].occurrence);
    EXPECT_TRUE(status.event.persons.empty()) << "it holds nothing of the record but its numbers and where";
    EXPECT_FALSE(status.document);
}

TEST_F(Hearing, TellsTheNotifierWhyItsNotificationIsRejected) {
    auto document = forwarded("EDIT");
    document["actions"].push_back({{"id", "ac710000-0000-4000-8000-000000000077"},
                                   {"type", "REJECT"},
                                   {"status", "Accepted"},
                                   {"createdAt", "2026-03-01T00:00:00.000Z"},
                                   {"content", {{"reason", "The weight cannot be"}}}});
    target_shows(document);
    hear(document);
    ASSERT_EQ(published.size(), 1U);
    EXPECT_FALSE(published[0].notifier) << "it did not come through here";
    store.notifiers["notification B7Q2K1"] = {"n-1", "hospital", ""};
    published.clear();
    hear(document);
    ASSERT_EQ(published.size(), 1U);
    EXPECT_EQ(published[0].status, NotificationStatus::rejected);
    EXPECT_EQ(published[0].reason, "The weight cannot be");
    EXPECT_EQ(published[0].notifier, (Notifier{"hospital", "n-1", ""}));
}

TEST_F(Hearing, TellsOutagesFromRefusals) {
    target_shows(fail(ErrorCode::unavailable, "down"));
    auto sent = hear(forwarded("REGISTER"));
    EXPECT_EQ(sent.outcome.kind, Kind::again);
    EXPECT_FALSE(sent.outcome.reached);
    EXPECT_FALSE(sent.outcome.patient);
    target_shows(fail(ErrorCode::bad_gateway, "no scope"));
    sent = hear(forwarded("REGISTER"));
    EXPECT_EQ(sent.outcome.kind, Kind::again);
    EXPECT_TRUE(sent.outcome.reached);
    for (const char* body : {"{", "[]", "{}", R"({"event":{}})"}) {
        EXPECT_EQ(hear(Heard::webhook, body).outcome.kind, Kind::refused) << body;
        EXPECT_EQ(hear(Heard::forwarded, body).outcome.kind, Kind::refused) << body;
    }
}

TEST_F(Hearing, EndsTheTransaction) {
    const auto kind = make_heard_delivery(deps);
    Delivery delivery;
    delivery.transaction = "t-1";
    Sending sending;
    sending.account = "{}";
    auto completed = kind.completed(delivery, DeliveryStep::deliver, sending, clock.now());
    EXPECT_EQ(completed.complete.status, TransactionStatus::successful);
    EXPECT_EQ(completed.complete.parts.size(), 1U);
    EXPECT_EQ(completed.response.status, 200);
    sending.outcome.error = Error{ErrorCode::bad_request, "it cannot be read", "", std::nullopt};
    completed = kind.completed(delivery, DeliveryStep::bury, sending, clock.now());
    EXPECT_EQ(completed.complete.status, TransactionStatus::failed);
    EXPECT_EQ(completed.complete.error_code, "bad_request");
    EXPECT_EQ(completed.response.body, R"({"id":"t-1","state":"dead"})");
}

TEST(Looks, GrowRarer) {
    EXPECT_EQ(before_next_look(0s), 3s);
    EXPECT_EQ(before_next_look(20s), 10s);
    EXPECT_EQ(before_next_look(23h), 15min);
}

/// The record as a search of 1.9 shows it.
Json index_result() {
    return {{"id", record},
            {"type", "birth"},
            {"trackingId", "B7Q2K1A"},
            {"legalStatuses",
             {{"REGISTERED",
               {{"acceptedAt", "2026-03-02T09:15:00.000Z"},
                {"registrationNumber", number},
                {"createdAtLocation", "0f1f0000-0000-4000-8000-000000000001"}}}}},
            {"declaration", {{"child.name", {{"firstname", "Tala"}, {"surname", "Mwansa"}}}}}};
}

TEST_F(Hearing, AsksForTheWholeOfWhatASearchFoundAndTellsWhatBecameOfItToo) {
    target_shows(whole());
    const auto sent = hear(Heard::catch_up, dump_json({{"record", record}}));
    EXPECT_EQ(sent.outcome.kind, Kind::done) << sent.outcome.error.message;
    EXPECT_EQ(looks, 1) << "each look is seen in the record";
    std::vector<std::string> topics;
    for (const auto& event : published) topics.push_back(name(event.topic));
    ASSERT_GE(topics.size(), 3U);
    EXPECT_EQ(topics[0], "birth.registered");
    EXPECT_EQ(published[0].occurrence, number) << "as of any other way to hear of it";
    EXPECT_EQ(topics[1], "birth.certified");
    EXPECT_EQ(topics[2], "birth.corrected");
    EXPECT_EQ(sent.also.size(), published.size());
    for (const auto& event : published) {
        EXPECT_EQ(event.heard, Heard::catch_up);
        EXPECT_TRUE(event.confirmed);
        EXPECT_FALSE(event.partial);
    }
    EXPECT_EQ(sent.subjects.registration_number, number);
}

TEST_F(Hearing, TellsOneSubscriptionOnlyWhatWasFoundForIt) {
    target_shows(whole());
    std::vector<std::string> told;
    deps.tell = [&](const RegistrationEvent& event, const std::string& subscription, const std::string&, WallTime) {
        told.push_back(subscription + " " + name(event.topic));
        return std::vector<store_ops::Op>{store_ops::Disclose{}};
    };
    const auto sent = hear(Heard::catch_up, dump_json({{"record", record}, {"subscription", "sub-1"}}));
    EXPECT_TRUE(published.empty());
    ASSERT_FALSE(told.empty());
    EXPECT_EQ(told[0], "sub-1 birth.registered");
    EXPECT_EQ(sent.also.size(), told.size());
}

TEST_F(Hearing, PublishesWhatASearchOf19ShowsAsPartOfTheRecord) {
    const auto sent = hear(Heard::catch_up, dump_json({{"record", record}, {"result", index_result()}}));
    EXPECT_EQ(sent.outcome.kind, Kind::done) << sent.outcome.error.message;
    ASSERT_EQ(published.size(), 1U);
    const auto& event = published[0];
    EXPECT_EQ(event.occurrence, number);
    EXPECT_EQ(event.record, record);
    EXPECT_TRUE(event.partial);
    EXPECT_EQ(event.occurred_at, "2026-03-02T09:15:00.000Z");
    EXPECT_EQ(event.event.office, "0f1f0000-0000-4000-8000-000000000001");
    EXPECT_EQ(event.event.registration->tracking_id, "B7Q2K1A");
    EXPECT_EQ(event.event.persons.at(role::child).names.at(0).family, "Mwansa");
    EXPECT_EQ(looks, 0);
}

TEST_F(Hearing, PublishesWhatASearchOf1xShowsAsPartOfTheRecord) {
    const auto result = json_file(opencrvs::test::source_dir() / "tests/unit/formats/data/search/birth.json");
    const auto sent = hear(Heard::catch_up, dump_json({{"record", "x"}, {"result", result}}));
    EXPECT_EQ(sent.outcome.kind, Kind::done) << sent.outcome.error.message;
    ASSERT_EQ(published.size(), 1U);
    EXPECT_TRUE(published[0].partial);
    EXPECT_EQ(published[0].target, "national");
    EXPECT_NE(sent.account.find("motherIdentifier"), std::string::npos) << "nothing is dropped silently";
    auto broken = result;
    broken["type"] = "Divorce";
    EXPECT_EQ(hear(Heard::catch_up, dump_json({{"record", "x"}, {"result", broken}})).outcome.kind, Kind::refused);
}

TEST_F(Hearing, WaitsForWhatWasFoundAndIsNotShown) {
    target_shows(fail(ErrorCode::not_found, "not shown"));
    EXPECT_TRUE(hear(Heard::catch_up, dump_json({{"record", record}})).outcome.patient);
    auto unregistered = whole();
    for (auto& action : unregistered["actions"]) {
        if (text_member(action, "type") == "REGISTER") action["status"] = "Requested";
    }
    target_shows(unregistered);
    EXPECT_TRUE(hear(Heard::catch_up, dump_json({{"record", record}})).outcome.patient);
    deps.event = {};
    const auto unasked = hear(Heard::catch_up, dump_json({{"record", record}}));
    EXPECT_EQ(unasked.outcome.kind, Kind::again);
    EXPECT_EQ(unasked.outcome.error.message, "no client of ours may read records of OpenCRVS");
}

}  // namespace
