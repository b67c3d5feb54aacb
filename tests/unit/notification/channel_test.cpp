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

TEST_F(Notification, WhileOpenCrvsIsDownItIsAcceptedAndQueued) {
    on_outage = store_ops::OnOutage::queue;
    target.failures = {Error{ErrorCode::unavailable, "connect failed", "", std::nullopt}};
    const auto given = send(birth());
    EXPECT_EQ(given.answer.response.status, 202);
    EXPECT_EQ(given.answer.response.headers.get("location"), "/notifications/" + given.transaction);
    EXPECT_FALSE(given.answer.error) << "OpenHIM is not to repeat it";
    EXPECT_EQ(given.answer.status, TransactionStatus::processing);
    EXPECT_EQ(given.answer.claim, ClaimState::queued);
    EXPECT_EQ(text_member(given.body(), "state"), "queued");
    ASSERT_EQ(given.answer.also.size(), 1U);
    const auto& op = std::get<store_ops::Enqueue>(given.answer.also.front());
    EXPECT_EQ(op.transaction, given.transaction);
    EXPECT_EQ(op.destination, "opencrvs:main");
    EXPECT_EQ(op.client, "c0ffee00-0000-4000-8000-00000000000c");
    EXPECT_TRUE(op.carries_claim);
    EXPECT_FALSE(op.parked);
    const auto again = send(birth());
    EXPECT_EQ(again.answer.response.status, 202);
    EXPECT_EQ(again.answer.response.headers.get("location"), "/notifications/" + given.transaction);
    EXPECT_EQ(again.answer.status, TransactionStatus::successful);
    EXPECT_TRUE(again.answer.also.empty());
    EXPECT_EQ(target.calls, 1);
}

TEST_F(Notification, AQueuedOneIsDeliveredLaterWithTheSameIds) {
    on_outage = store_ops::OnOutage::queue;
    target.failures = {Error{ErrorCode::unavailable, "connect failed", "", std::nullopt}};
    const auto given = send(birth());
    const auto ids_before = target.last;
    const auto event_before = target.events.back();
    const auto op = std::get<store_ops::Enqueue>(given.answer.also.front());
    const auto kind = notification::make_notification_delivery(deps());
    Delivery delivery;
    delivery.transaction = given.transaction;
    Exchange exchange(given.transaction, "notification", clock.steady() + std::chrono::seconds(30),
                      Ports{upstream, store, clock, ids});
    Runner runner;
    const auto sending = runner.run(kind.send(exchange, delivery, op.payload));
    EXPECT_EQ(sending.outcome.kind, dispatch::Outcome::Kind::done);
    EXPECT_EQ(sending.subjects.tracking_id, "TRK1");
    EXPECT_EQ(target.last.create, ids_before.create);
    EXPECT_EQ(target.last.notify, ids_before.notify);
    EXPECT_EQ(target.events.back(), event_before);
    const auto completed = kind.completed(delivery, DeliveryStep::deliver, sending, clock.now());
    EXPECT_EQ(completed.complete.claim, ClaimState::delivered);
    EXPECT_EQ(completed.complete.status, TransactionStatus::successful);
    EXPECT_EQ(completed.response.status, 200);
}

TEST_F(Notification, HoldQueuesWhatIsSound) {
    on_outage = store_ops::OnOutage::queue;
    hold = true;
    EXPECT_EQ(send(birth()).answer.response.status, 202);
    EXPECT_EQ(target.calls, 0);
    target.failures = {Error{ErrorCode::bad_request, "no", "child.dob", std::nullopt}};
    auto other = birth();
    other["entry"][0]["resource"]["identifier"]["value"] = "d0c00000-0000-4000-8000-0000000000ff";
    EXPECT_EQ(send(other).answer.response.status, 400);
}

TEST_F(Notification, AnUnknownFacilityIsParkedOnlyWhereThatIsWanted) {
    const Error unknown{ErrorCode::bad_request, "the facility is not known", "place.location", std::nullopt};
    unknown_places = {{PlaceKind::facility, "dhis2", "DiszpKrYNg8"}};
    target.failures = {unknown};
    EXPECT_EQ(send(birth()).answer.response.status, 400);

    park = true;
    target.failures = {unknown};
    const auto given = send(birth());
    EXPECT_EQ(given.answer.response.status, 202) << given.answer.response.body;
    EXPECT_EQ(text_member(given.body(), "state"), "parked");
    EXPECT_EQ(given.answer.claim, ClaimState::parked);
    EXPECT_FALSE(given.answer.error);
    EXPECT_EQ(given.answer.properties.at("state"), "parked");
    EXPECT_EQ(given.answer.account.find("DiszpKrYNg8"), std::string::npos);
    ASSERT_EQ(given.answer.also.size(), 1U);
    const auto op = std::get<store_ops::Enqueue>(given.answer.also.front());
    EXPECT_TRUE(op.parked);
    EXPECT_EQ(op.waits_for, unknown_places);

    // Released: parked again while nobody knows it, delivered with the same ids once somebody does.
    const auto kind = notification::make_notification_delivery(deps());
    const auto attempt = [&] {
        Exchange exchange(given.transaction, "notification", clock.steady() + std::chrono::seconds(30),
                          Ports{upstream, store, clock, ids});
        Runner runner;
        return runner.run(kind.send(exchange, Delivery{}, op.payload));
    };
    const auto ids_before = target.last;
    target.failures = {unknown};
    auto sending = attempt();
    EXPECT_EQ(sending.outcome.kind, dispatch::Outcome::Kind::park);
    EXPECT_EQ(sending.waits_for, unknown_places);
    unknown_places.clear();
    sending = attempt();
    EXPECT_EQ(sending.outcome.kind, dispatch::Outcome::Kind::done);
    EXPECT_EQ(target.last.create, ids_before.create);
    EXPECT_EQ(target.last.notify, ids_before.notify);
}

TEST_F(Notification, AKnownPlaceThatIsNoFacilityIsRefusedAllTheSame) {
    park = true;
    target.failures = {Error{ErrorCode::bad_request, "it is closed", "place.location", std::nullopt}};
    EXPECT_EQ(send(birth()).answer.response.status, 400);
    // A code is unknown, but that is not why it was refused.
    unknown_places = {{PlaceKind::facility, "dhis2", "X"}};
    target.failures = {Error{ErrorCode::bad_request, "no", "child.dob", std::nullopt}};
    auto other = birth();
    other["entry"][0]["resource"]["identifier"]["value"] = "d0c00000-0000-4000-8000-0000000000fe";
    EXPECT_EQ(send(other).answer.response.status, 400);
}

TEST_F(Notification, ADryRunSaysThatItWouldBeParked) {
    park = true;
    unknown_places = {{PlaceKind::facility, "dhis2", "X"}};
    target.failures = {Error{ErrorCode::bad_request, "the facility is not known", "place.location", std::nullopt}};
    const auto given = dry_run(birth());
    EXPECT_EQ(given.answer.response.status, 200);
    EXPECT_NE(given.answer.response.body.find("it would be parked"), std::string::npos);
    EXPECT_TRUE(given.answer.also.empty());
}

/// A target without idempotency keys may have taken it: whoever sends it again might make a second record.
TEST_F(Notification, WhatMayHaveBeenTakenIsNotSentAgain) {
    const auto unclear = [] { return Error{ErrorCode::target_timeout, "no whole answer came", "", {}}; };
    target.failures = {unclear()};
    const auto given = send(birth());
    EXPECT_EQ(given.answer.response.status, 202) << "also for a client that would rather be refused";
    EXPECT_EQ(given.body()["state"], "parked");
    EXPECT_NE(given.message().find("not clear whether OpenCRVS has taken it"), std::string::npos) << given.message();
    EXPECT_EQ(given.answer.claim, ClaimState::unclear);
    EXPECT_EQ(given.answer.status, TransactionStatus::processing);
    EXPECT_FALSE(given.answer.error) << "a rerun does not help";
    EXPECT_EQ(given.answer.properties.at("state"), "unclear: to be looked up in OpenCRVS");
    ASSERT_EQ(given.answer.also.size(), 1u);
    const auto& queued = std::get<store_ops::Enqueue>(given.answer.also.front());
    EXPECT_TRUE(queued.parked);
    EXPECT_EQ(queued.why.code, ErrorCode::target_timeout);

    const auto again = send(birth());
    EXPECT_EQ(again.answer.response.status, 202);
    EXPECT_EQ(again.answer.properties.at("verdict"), "queued");
    auto corrected = birth();
    corrected["entry"][2]["resource"]["gender"] = "male";
    EXPECT_EQ(send(corrected).answer.response.status, 409);
    EXPECT_EQ(target.calls, 1);
}

TEST_F(Notification, AnUnclearAttemptOfTheOutboxWaitsForAPerson) {
    const auto outcome = notification::outcome_of({ErrorCode::target_timeout, "no whole answer came", "", {}}, false);
    EXPECT_EQ(outcome.kind, dispatch::Outcome::Kind::park);
    EXPECT_FALSE(outcome.reached);
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
