// SPDX-License-Identifier: MPL-2.0
#include "channels/notification/flow.hpp"
#include "channels/notification/outbox.hpp"
#include "unit/notification/fixture.hpp"

using namespace ocm;
using namespace ocm::fakes;
using namespace ocm::test;

namespace {

TEST_F(Notification, IsDeliveredAndAnsweredAs18Would) {
    const auto given = send(birth());
    EXPECT_EQ(given.answer.response.status, 200);
    EXPECT_EQ(given.tracking_id(), "TRK1");
    EXPECT_EQ(given.answer.response.headers.find("idempotency-replayed"), nullptr);
    EXPECT_EQ(given.answer.response.headers.get("mediator-account"), "carried=73, dropped=21, recoded=1, warnings=0");
    EXPECT_FALSE(given.answer.error);
    EXPECT_EQ(given.answer.claim, ClaimState::delivered);
    EXPECT_EQ(given.answer.subjects.tracking_id, "TRK1");
    EXPECT_EQ(given.answer.subjects.office, "0f51ce00-0000-4000-8000-000000000001");
    EXPECT_EQ(given.answer.subjects.source_id, "2026-000417");
    EXPECT_NE(given.answer.account.find("child.nid"), std::string::npos);
    EXPECT_EQ(target.events.at(0).persons.at(role::mother).names.at(0).family, "Tembo");
    EXPECT_TRUE(is_uuid(target.last.create));
    EXPECT_NE(target.last.create, target.last.notify);
}

TEST_F(Notification, ShowsOpenHimNothingPersonal) {
    const auto given = send(birth());
    std::string shown;
    for (const auto& [key, value] : given.answer.properties) shown += key + "=" + value + "\n";
    for (const auto* value : {"TRK1", "Tembo", "2026-000417", "9900112233", "d0c00000"}) {
        EXPECT_EQ(shown.find(value), std::string::npos) << value;
    }
    EXPECT_EQ(given.answer.properties.at("event"), "birth");
    EXPECT_EQ(given.answer.properties.at("format"), "opencrvs-1");
    EXPECT_EQ(given.answer.properties.at("verdict"), "fresh");
}

TEST_F(Notification, SaysWhenTheCountryHasYetToConfirm) {
    target.pending = true;
    EXPECT_TRUE(send(birth()).answer.properties.contains("state"));
}

TEST_F(Notification, IsAnsweredAsTheVersionOfTheClient) {
    contract = store_ops::ContractVersion::v1_3;
    const auto given = send(birth());
    EXPECT_EQ(given.answer.response.status, 200);
    EXPECT_EQ(given.body()["entry"][0]["response"]["status"], "201");
    EXPECT_EQ(given.answer.subjects.tracking_id, "TRK1");
    // Also where the answer has to be made again.
    store.erased = true;
    EXPECT_EQ(send(birth()).answer.response.body, given.answer.response.body);
}

TEST_F(Notification, TellsA18ClientOfAPotentialDuplicate) {
    target.duplicate = true;
    const auto body = send(birth()).body();
    EXPECT_EQ(body["isPotentiallyDuplicate"], true);
    EXPECT_EQ(body["trackingId"], "TRK1");
}

TEST_F(Notification, SentTwiceIsDoneOnceAndAnsweredTheSame) {
    const auto first = send(birth());
    const auto again = send(birth());
    EXPECT_EQ(again.answer.response.status, 200);
    EXPECT_EQ(again.answer.response.headers.get("idempotency-replayed"), "true");
    EXPECT_EQ(again.answer.response.body, first.answer.response.body);
    EXPECT_EQ(again.answer.replay_of, first.transaction);
    EXPECT_FALSE(again.answer.claim);
    EXPECT_EQ(target.calls, 1);
}

TEST_F(Notification, IsReplayedEvenAfterTheBodyWasErased) {
    const auto first = send(birth());
    store.erased = true;
    const auto again = send(birth());
    EXPECT_EQ(again.answer.response.status, 200);
    EXPECT_EQ(again.tracking_id(), first.tracking_id());
    EXPECT_EQ(again.answer.response.headers.get("idempotency-replayed"), "true");
    EXPECT_EQ(target.calls, 1);
}

TEST_F(Notification, AfterAnOutageRepeatsTheSameIds) {
    target.failures = {Error{ErrorCode::unavailable, "connect failed", "", std::chrono::seconds(11)}};
    const auto first = send(birth());
    const auto ids_before = target.last;
    EXPECT_EQ(first.answer.response.status, 503);
    EXPECT_EQ(first.answer.response.headers.get("retry-after"), "11");
    EXPECT_EQ(first.answer.claim, ClaimState::unavailable);
    ASSERT_TRUE(first.answer.error);
    EXPECT_TRUE(is_transient(first.answer.error->code));
    const auto again = send(birth());
    EXPECT_EQ(again.answer.response.status, 200);
    EXPECT_EQ(again.answer.properties.at("verdict"), "again");
    EXPECT_EQ(target.last.create, ids_before.create);
    EXPECT_EQ(target.last.notify, ids_before.notify);
    EXPECT_EQ(target.records(), 1u);
}

TEST_F(Notification, AfterACrashRepeatsTheSameIds) {
    // Received and sent, but never answered: the process ended.
    Runner runner;
    target.failures = {Error{ErrorCode::cancelled, "the process ended", "", {}}};
    auto& lost = open(dump_json(birth()));
    runner.run(route().handler(lost));
    const auto ids_before = target.last;
    EXPECT_EQ(store.state_of(lost.id()), ClaimState::running);
    store.interrupt();
    EXPECT_EQ(send(birth()).answer.response.status, 200);
    EXPECT_EQ(target.last.create, ids_before.create);
    EXPECT_EQ(target.last.notify, ids_before.notify);
}

TEST_F(Notification, RefusedIsEvaluatedAfresh) {
    target.failures = {
        Error{ErrorCode::bad_request, "the registration office is not one that OpenCRVS has", "office", {}}};
    const auto refused = send(birth());
    EXPECT_EQ(refused.answer.response.status, 400);
    EXPECT_EQ(refused.message(),
              "Could not process the Event Notification, as the registration office is not one that OpenCRVS has");
    EXPECT_EQ(text_member(refused.body(), "path"), "/entry/1/resource/extension/5/valueReference/reference");
    EXPECT_EQ(refused.answer.claim, ClaimState::refused);
    // What an administrator fixed works on a rerun.
    EXPECT_EQ(send(birth()).answer.response.status, 200);
}

TEST_F(Notification, NamesThePlaceOfTheEventInTheBundle) {
    target.failures = {Error{ErrorCode::bad_request, "OpenCRVS has no such facility", "place.location", {}}};
    const auto refused = send(birth());
    EXPECT_EQ(refused.message(), "Encounter location not found! OpenCRVS has no such facility");
    EXPECT_EQ(text_member(refused.body(), "path"), "/entry/6/resource/location/0/location/reference");
}

TEST_F(Notification, ADryRunTellsTheAccountAndSendsNothing) {
    hold = true;  // an administrator's stop is no reason not to check
    const auto checked = dry_run(birth());
    EXPECT_EQ(checked.answer.response.status, 200);
    EXPECT_EQ(target.calls, 0);
    EXPECT_FALSE(checked.answer.claim) << "a dry run must not stand in the way of the real one";
    EXPECT_EQ(checked.answer.properties.at("state"), "checked");
    const auto body = checked.body();
    EXPECT_EQ(body["valid"], true);
    EXPECT_EQ(body["account"]["dropped"].back()["path"], "child.nid");
    hold = false;
    EXPECT_EQ(send(birth()).answer.response.status, 200);
    EXPECT_EQ(target.calls, 1);
}

TEST_F(Notification, ADryRunRefusesWhatSendingWould) {
    auto childless = birth();
    childless["entry"].erase(2);
    EXPECT_EQ(dry_run(childless).answer.response.status, 400);
    target.failures = {Error{ErrorCode::bad_request, "OpenCRVS has no such facility", "place.location", {}}};
    const auto refused = dry_run(birth());
    EXPECT_EQ(refused.answer.response.status, 400);
    EXPECT_EQ(text_member(refused.body(), "path"), "/entry/6/resource/location/0/location/reference");
    EXPECT_FALSE(refused.answer.claim) << "nothing was claimed";
    EXPECT_EQ(target.calls, 0);
    target.failures.clear();
    for (const auto* spelling : {"dry-run=true", "dryrun", "dryRun=1", "dry_run", "a=b&DRY-RUN", "dry%2Drun"}) {
        EXPECT_EQ(dry_run(birth(), spelling).answer.response.status, 200);
        EXPECT_EQ(target.calls, 0) << spelling;
    }
    EXPECT_EQ(dry_run(birth(), "dry-run=false").answer.response.status, 200);
    EXPECT_EQ(target.calls, 1);
}

/// A message whose sender would rather be refused than lose a field.
class StrictMessage final : public notification::Message {
  public:
    explicit StrictMessage(VitalEvent read_event) : Message(std::move(read_event), {}) {}
    std::string place_of(std::string_view) const override { return {}; }
    HttpResponse accepted(const notification::Outcome&) override { return text_response(200, "taken"); }
    bool strict() const override { return true; }
};

TEST_F(Notification, IsNotSentWhereItWouldLoseWhatItsSenderWillNotLose) {
    const notification::Format format{
        "strict",
        [](const HttpRequest&) -> Result<std::unique_ptr<notification::Message>> {
            VitalEvent child;
            child.source.document = "constant";
            return std::make_unique<StrictMessage>(std::move(child));
        },
        [](const Error& error) { return text_response(http_status(error.code), error.path + ": " + error.message); }};
    const notification::NotificationDeps deps{
        [this](Exchange& exchange, const VitalEvent& event, opencrvs::NotifyIds upstream_ids) {
            return target.notify(exchange, event, std::move(upstream_ids));
        },
        [this](Exchange& exchange, const VitalEvent& event) { return target.preview(exchange, event); }, "main", hold};
    for (const auto mode : {notification::Mode::send, notification::Mode::check}) {
        Route strict;
        strict.handler = [&](Exchange& exchange) { return notification::take(exchange, format, deps, mode); };
        Runner runner;
        const auto given = runner.run(through(open("{}"), strict, store, clock));
        EXPECT_EQ(given.answer.response.status, 422);
        EXPECT_EQ(given.answer.response.body,
                  "child.nid: not everything can be carried, and the sender asked for all or nothing: the form has no "
                  "place for it");
        EXPECT_EQ(given.answer.claim.has_value(), mode == notification::Mode::send);
        EXPECT_NE(given.answer.account.find("child.nid"), std::string::npos);
    }
    EXPECT_EQ(target.calls, 0);
}

TEST_F(Notification, ACorrectionOfWhatWasSentIsAConflict) {
    send(birth());
    auto corrected = birth();
    corrected["entry"][2]["resource"]["birthDate"] = "2026-02-28";
    const auto given = send(corrected);
    EXPECT_EQ(given.answer.response.status, 409);
    EXPECT_NE(given.message().find("TRK1"), std::string::npos);
    EXPECT_NE(given.message().find("Location/0f51ce00-0000-4000-8000-000000000001"), std::string::npos);
    ASSERT_TRUE(given.answer.error);
    EXPECT_EQ(given.answer.error->message.find("TRK1"), std::string::npos);
    EXPECT_EQ(target.calls, 1);
}

TEST_F(Notification, ACorrectionOfWhatWasRefusedIsTheNextTry) {
    target.failures = {Error{ErrorCode::bad_request, "no", "office", {}}};
    send(birth());
    const auto ids_before = target.last;
    auto corrected = birth();
    corrected["entry"][2]["resource"]["birthDate"] = "2026-02-28";
    EXPECT_EQ(send(corrected).answer.response.status, 200);
    EXPECT_EQ(target.last.create, ids_before.create);
    EXPECT_NE(target.last.notify, ids_before.notify);
}

TEST_F(Notification, AConstantIdentifierDoesNotMergeTwoChildren) {
    send(birth());
    auto other = birth();
    other["entry"][2]["resource"]["name"][0] = {{"given", {"Peter"}}, {"family", "Banda"}};
    other["entry"][3]["resource"]["name"][0] = {{"given", {"Mary"}}, {"family", "Banda"}};
    const auto given = send(other);
    EXPECT_EQ(given.answer.response.status, 200);
    EXPECT_EQ(given.tracking_id(), "TRK2");
    EXPECT_EQ(given.answer.properties.at("verdict"), "another_subject");
    EXPECT_NE(given.answer.account.find("identifier was used for another person"), std::string::npos);
    EXPECT_EQ(target.records(), 2u);
}

TEST_F(Notification, TwoUnnamedTwinsAreTwoChildren) {
    auto twin = json_file(format_data() / "birth-array-family.json");
    twin["entry"][0]["resource"].erase("identifier");
    twin["entry"][2]["resource"].erase("name");
    EXPECT_EQ(send(twin).tracking_id(), "TRK1");
    EXPECT_EQ(send(twin).tracking_id(), "TRK2");
}

TEST_F(Notification, AnExplicitKeyGoesBeforeTheDocument) {
    const HttpHeaders headers{{"Content-Type", "application/json"}, {"Idempotency-Key", "k-1"}};
    EXPECT_EQ(send(birth(), headers).answer.response.status, 200);
    EXPECT_EQ(send(birth(), headers).answer.response.headers.get("idempotency-replayed"), "true");
    auto other = birth();
    other["entry"][2]["resource"]["birthDate"] = "2026-02-28";
    const auto reused = send(other, headers);
    EXPECT_EQ(reused.answer.response.status, 422);
    EXPECT_EQ(target.calls, 1);
}

TEST_F(Notification, KeysOfTwoClientsNeverMeet) {
    send(birth());
    const auto given = send(birth(), {{"Content-Type", "application/json"}}, "c0ffee00-0000-4000-8000-00000000000d");
    EXPECT_EQ(given.tracking_id(), "TRK2");
}

TEST_F(Notification, SentTwiceAtOnceIsDoneOnce) {
    Runner runner;
    target.closed = true;
    std::vector<Given> given;
    for (int i = 0; i < 3; ++i) {
        runner.start<Given>(through(open(dump_json(birth())), route(), store, clock),
                            [&](Given one) { given.push_back(std::move(one)); });
    }
    const auto open_later = [](FakeOpenCrvs& what, FakeStore& when) -> Task<int> {
        while (when.waiting < 10) co_await take_turn();
        what.closed = false;
        co_return 0;
    };
    auto opening = open_later(target, store);
    runner.start<int>(std::move(opening), [](int) {});
    runner.run();
    ASSERT_EQ(given.size(), 3u);
    int replayed = 0;
    for (const auto& one : given) {
        EXPECT_EQ(one.answer.response.status, 200);
        EXPECT_EQ(one.tracking_id(), "TRK1");
        replayed += one.answer.response.headers.find("idempotency-replayed") != nullptr ? 1 : 0;
    }
    EXPECT_EQ(replayed, 2);
    EXPECT_EQ(target.calls, 1);
}

TEST_F(Notification, WaitsNoLongerThanItMay) {
    Runner runner;
    target.closed = true;
    std::vector<Given> given;
    runner.start<Given>(through(open(dump_json(birth())), route(), store, clock), [](Given) {});
    runner.start<Given>(through(open(dump_json(birth())), route(), store, clock),
                        [&](Given one) { given.push_back(std::move(one)); });
    const auto let_time_pass = [](FakeOpenCrvs& what, FakeStore& when, FakeClock& now,
                                  std::vector<Given>& answered) -> Task<int> {
        while (when.waiting < 10) co_await take_turn();
        now.advance(std::chrono::seconds(31));
        while (answered.empty()) co_await take_turn();
        what.closed = false;
        co_return 0;
    };
    auto passing = let_time_pass(target, store, clock, given);
    runner.start<int>(std::move(passing), [](int) {});
    runner.run();
    ASSERT_EQ(given.size(), 1u);
    EXPECT_EQ(given[0].answer.response.status, 503);
    EXPECT_EQ(given[0].answer.response.headers.get("retry-after"), "1");
    EXPECT_EQ(target.calls, 1);
}

TEST_F(Notification, IsNotSentWhereItCannotBeRecorded) {
    store.failures = {Error{ErrorCode::storage, "the disk is full", "", std::chrono::seconds(5)}};
    const auto given = send(birth());
    EXPECT_EQ(given.answer.response.status, 503);
    EXPECT_EQ(given.answer.response.headers.get("retry-after"), "5");
    EXPECT_EQ(target.calls, 0);
}

TEST_F(Notification, HeldIsComeAgainLater) {
    hold = true;
    const auto given = send(birth());
    EXPECT_EQ(given.answer.response.status, 503);
    EXPECT_EQ(given.answer.response.headers.get("retry-after"), "60");
    EXPECT_EQ(target.calls, 0);
    hold = false;
    EXPECT_EQ(send(birth()).answer.response.status, 200);
}

TEST_F(Notification, KeepsTheDocumentWhereTheTargetMayTakeItAsItIs) {
    const auto text = pretty_json(birth());
    send_text(text);
    EXPECT_FALSE(target.events.back().document);
    auto taking = deps();
    taking.takes_documents = true;
    channel = notification::make_notification_channel(std::move(taking));
    auto other = birth();
    other["entry"][0]["resource"]["identifier"]["value"] = "d0c00000-0000-4000-8000-0000000000aa";
    other["entry"][1]["resource"].erase("identifier");
    other["entry"][1]["resource"]["identifier"] = Json::array();
    on_outage = store_ops::OnOutage::queue;
    target.failures = {{ErrorCode::unavailable, "refused", "", {}}};
    const auto bytes = pretty_json(other);
    const auto given = send_text(bytes);
    EXPECT_EQ(target.events.back().document, bytes);
    ASSERT_EQ(given.answer.also.size(), 1u);
    const auto queued = notification::read_queued(std::get<store_ops::Enqueue>(given.answer.also.front()).payload);
    ASSERT_TRUE(queued);
    EXPECT_EQ(queued->event.document, bytes);
    EXPECT_EQ(queued->event, target.events.back());
}

}  // namespace
