// SPDX-License-Identifier: MPL-2.0
#include "channels/opencrvs/event_document.hpp"

#include "fixtures.hpp"
#include "formats/vital_json/vital_json.hpp"
#include "unit/formats/fixtures.hpp"

using namespace ocm;
using namespace ocm::opencrvs;
using namespace ocm::opencrvs::test;
using ocm::test::expect_golden;
using ocm::test::json_file;

namespace {

std::filesystem::path data(const std::string& name) {
    return source_dir() / "tests/unit/opencrvs/data" / name;
}

Json birth() {
    return json_file(data("document-birth.json"));
}

/// Id of the action with this number in the document.
std::string id(int number) {
    return "ac710000-0000-4000-8000-0000000000" + std::string(number < 10 ? "0" : "") + std::to_string(number);
}

Json& action(Json& document, int number) {
    return document["actions"][static_cast<std::size_t>(number - 1)];
}

Json changed(const Json& document, int number, const char* key, Json value) {
    auto out = document;
    action(out, number)[key] = std::move(value);
    return out;
}

/// The document as it stood right after an action.
Json until(int number) {
    auto out = birth();
    auto& actions = out["actions"];
    actions.erase(actions.begin() + number, actions.end());
    return out;
}

Result<DocumentRead> read_about(const Json& document, const std::string& about = "", bool confirmed = true) {
    return read_document(document, {"national", about, Heard::forwarded, confirmed}, farajaland_map(),
                         farajaland_form(), places());
}

Json shown(const DocumentRead& read) {
    Json out = Json::object();
    out["account"] = read.account.to_json();
    const auto& event = read.event.value();
    out["topic"] = name(event.topic);
    out["record"] = event.record;
    out["occurrence"] = event.occurrence;
    out["occurred_at"] = event.occurred_at;
    out["status"] = event.status ? std::string(name(*event.status)) : "";
    out["reason"] = event.reason;
    out["event"] = vital_json::write(event.event);
    return out;
}

TEST(EventDocument, TellsWhatEachAcceptedActionMeans) {
    const auto document = birth();
    for (const auto& [asked, file] : {std::pair{9, "registered"}, {11, "certified"}, {17, "corrected"}}) {
        const auto read = read_about(document, id(asked));
        ASSERT_TRUE(read) << read.error().message;
        ASSERT_TRUE(read->event) << file << ": " << read->why;
        EXPECT_EQ(read->standing, Standing::accepted);
        expect_golden(shown(*read), data(std::string("document-birth.") + file + ".json"));
    }
}

TEST(EventDocument, IsFoldedToTheActionThatIsAskedFor) {
    const auto at_registration = read_about(birth(), id(9))->event.value();
    EXPECT_EQ(at_registration.event.persons.at(role::child).names.at(0).given, std::vector<std::string>{"Tala"});
    const auto now = read_about(birth())->event;
    EXPECT_FALSE(now);  // the last one, SEAL, is nothing known
    const auto corrected = read_about(until(18))->event.value();
    EXPECT_EQ(name(corrected.topic), "birth.corrected");
    const auto& child = corrected.event.persons.at(role::child);
    EXPECT_EQ(child.names.at(0).given, std::vector<std::string>{"Talita"});
    EXPECT_EQ(child.names.at(0).family, "Mwansa");
    // The other correction was turned down.
    EXPECT_EQ(child.gender, "female");
}

TEST(EventDocument, NamesTheActionsFromTheRegistrationOn) {
    const auto actions = actions_since_registration(birth());
    ASSERT_GE(actions.size(), 3U);
    EXPECT_EQ(actions[0], id(9)) << "as it was asked for";
    EXPECT_EQ(actions[1], id(11));
    EXPECT_TRUE(actions_since_registration(until(9)).empty()) << "asked for, and not accepted";
    EXPECT_TRUE(actions_since_registration(Json::array()).empty());
}

TEST(EventDocument, ANullTakesAValueAway) {
    const auto event = read_about(birth(), id(9))->event.value().event;
    EXPECT_EQ(event.informant.email, std::nullopt);
    const auto& address = event.persons.at(role::mother).addresses.at(0);
    EXPECT_EQ(address.street, std::nullopt);
    EXPECT_EQ(address.town, "Embe");
    EXPECT_EQ(address.number, "12");
}

TEST(EventDocument, IsOneOccurrenceHoweverItIsHeard) {
    // A forwarded copy calls the action that was asked for accepted, under its own id; later the acceptance has
    // another.
    auto copy = changed(until(17), 17, "status", "Accepted");
    const auto told = told_of(copy).value();
    EXPECT_EQ(told, (Told{"e7e40000-0000-4000-8000-000000000001", "birth", id(17), "APPROVE_CORRECTION"}));
    const auto forwarded = read_about(copy, told.action, false)->event.value();
    EXPECT_FALSE(forwarded.confirmed);
    const auto asked = read_about(birth(), told.action)->event.value();
    EXPECT_TRUE(asked.confirmed);
    EXPECT_EQ(once_key(forwarded), once_key(asked));
    EXPECT_EQ(once_key(asked), once_key(read_about(birth(), id(18))->event.value()));
    EXPECT_EQ(read_about(birth(), id(9))->event->occurrence, "2026B7Q2K1");
}

TEST(EventDocument, WhatIsNotAcceptedTellsNothing) {
    const auto pending = read_about(birth(), id(21)).value();
    EXPECT_FALSE(pending.event);
    EXPECT_EQ(pending.standing, Standing::pending);
    const auto rejected = read_about(birth(), id(7)).value();
    EXPECT_FALSE(rejected.event);
    EXPECT_EQ(rejected.standing, Standing::rejected);
    EXPECT_EQ(rejected.why, "the action was rejected");
    const auto unheard = read_about(birth(), "ac710000-0000-4000-8000-000000000099").value();
    EXPECT_EQ(unheard.standing, Standing::pending);
    // The forwarded copy of a registration mostly lacks its number.
    const auto numberless = read_about(changed(until(9), 9, "status", "Accepted"), id(9), false).value();
    EXPECT_FALSE(numberless.event);
    EXPECT_EQ(numberless.standing, Standing::pending);
    EXPECT_EQ(numberless.why, "the registration has no number yet");
}

TEST(EventDocument, IsConfirmedByAnAcceptedRegistrationWithItsNumber) {
    EXPECT_TRUE(is_confirmed(birth()));
    EXPECT_FALSE(is_confirmed(until(9)));
    EXPECT_FALSE(is_confirmed(changed(until(10), 10, "registrationNumber", "")));
    EXPECT_FALSE(is_confirmed(changed(until(10), 10, "status", "Rejected")));
    EXPECT_FALSE(is_confirmed(changed(until(10), 10, "type", "DECLARE")));
    for (const auto& none :
         {Json(), Json::array(), Json::object(), Json{{"actions", 7}}, Json{{"actions", {7, nullptr}}}})
        EXPECT_FALSE(is_confirmed(none));
}

TEST(EventDocument, ReadingARecordHidesNothing) {
    // Asking OpenCRVS for a record adds a READ to it.
    auto document = until(10);
    document["actions"].push_back(birth()["actions"][19]);
    EXPECT_EQ(told_of(document)->action, id(9));
    EXPECT_EQ(name(read_about(document)->event.value().topic), "birth.registered");
}

TEST(EventDocument, IsOrderedByTheTimesOfItsActions) {
    auto document = until(10);
    std::swap(action(document, 3), action(document, 6));
    EXPECT_EQ(read_about(document)->event, read_about(until(10))->event);
}

struct MeaningRow {
    const char* type;
    int after;          // the action stands after this one of the document
    const char* topic;  // empty: nothing is told
    std::optional<NotificationStatus> status;
};
class EventDocumentMeaning : public testing::TestWithParam<MeaningRow> {};

TEST_P(EventDocumentMeaning, OfAnAction) {
    const auto& row = GetParam();
    auto document = until(row.after);
    document["actions"].push_back({{"id", "ac710000-0000-4000-8000-000000000077"},
                                   {"type", row.type},
                                   {"status", "Accepted"},
                                   {"createdAt", "2026-03-01T00:00:00.000Z"},
                                   {"content", {{"reason", "The weight cannot be"}}}});
    const auto read = read_about(document).value();
    if (std::string_view(row.topic).empty()) {
        EXPECT_FALSE(read.event);
        EXPECT_EQ(read.why, "an action of this kind is nothing to tell anybody");
        return;
    }
    ASSERT_TRUE(read.event) << read.why;
    EXPECT_EQ(name(read.event->topic), row.topic);
    EXPECT_EQ(read.event->status, row.status);
    EXPECT_EQ(read.event->reason, row.status ? "The weight cannot be" : "");
    EXPECT_EQ(read.event->occurrence, "ac710000-0000-4000-8000-000000000077");
}

INSTANTIATE_TEST_SUITE_P(Actions, EventDocumentMeaning,
                         testing::Values(MeaningRow{"REJECT", 3, "notification.status", NotificationStatus::rejected},
                                         MeaningRow{"ARCHIVE", 3, "notification.status", NotificationStatus::archived},
                                         MeaningRow{"ARCHIVE", 10, "birth.revoked", {}},
                                         MeaningRow{"PRINT_CERTIFICATE", 10, "birth.certified", {}},
                                         MeaningRow{"DECLARE", 3, "", {}}, MeaningRow{"NOTIFY", 1, "", {}},
                                         MeaningRow{"CUSTOM", 10, "", {}}, MeaningRow{"REJECT_CORRECTION", 15, "", {}},
                                         MeaningRow{"SEAL", 10, "", {}}),
                         [](const auto& row) { return std::string(row.param.type) + std::to_string(row.param.after); });

TEST(EventDocument, ATypeTheMapDoesNotHaveIsNothingToTell) {
    auto document = birth();
    document["type"] = "tennis-club-membership";
    const auto read = read_about(document, id(9)).value();
    EXPECT_FALSE(read.event);
    EXPECT_EQ(read.why, "the country map or the target's forms have no event of this type");
}

TEST(EventDocument, ActionsNobodyKnowsAreInTheAccount) {
    const auto read = read_about(birth(), id(9)).value();
    const Account::Note note{"/actions/18", "OpenCRVS is not known to have such actions"};
    EXPECT_NE(std::ranges::find(read.account.dropped, note), read.account.dropped.end());
}

TEST(EventDocument, BadDocumentsAreRefusedByTheirPlace) {
    const auto with = [](const char* at, Json value) {
        auto out = birth();
        out[Json::json_pointer(at)] = std::move(value);
        return out;
    };
    const std::vector<std::pair<Json, std::string>> rows{
        {Json::array(), ""},
        {Json("text"), ""},
        {with("/id", ""), "/id"},
        {with("/id", 7), "/id"},
        {with("/type", nullptr), "/type"},
        {with("/actions", nullptr), "/actions"},
        {with("/actions", Json::object()), "/actions"},
        {with("/actions/2", "NOTIFY"), "/actions/2"},
        {with("/actions/2/id", ""), "/actions/2/id"},
        {with("/actions/2/type", 3), "/actions/2/type"},
        {with("/actions/1/declaration", "x"), "/actions/1/declaration"},
        {with("/actions/1/annotation", {1}), "/actions/1/annotation"}};
    for (const auto& [document, path] : rows) {
        const auto read = read_about(document);
        ASSERT_FALSE(read) << path;
        EXPECT_EQ(read.error().code, ErrorCode::bad_request);
        EXPECT_EQ(read.error().path, path);
        EXPECT_FALSE(told_of(document)) << path;
    }
    EXPECT_EQ(told_of(with("/actions", Json::array())).error().path, "/actions");
    // A loop of actions that point at each other is followed once.
    EXPECT_TRUE(read_about(changed(birth(), 2, "originalActionId", id(3))));
}

}  // namespace
