// SPDX-License-Identifier: MPL-2.0
// What no format may take, sent to the intake of each: the answer is exact, in the sender's own form.
#include "unit/notification/fixture.hpp"

#include <algorithm>
#include <cctype>

using namespace ocm;
using namespace ocm::test;

namespace {

/// An intake: where it is, a sound birth, and how to make another child of it.
struct Intake {
    const char* label;
    const char* path;
    Json (*birth)();
    void (*rename)(Json& birth);  // another child of another mother; all identifiers stay
    void (*unname)(Json& birth,
                   std::size_t twin);  // a twin without a name, and with no identifier that can be left out
    Json (*error)(const std::string& message, const std::string& at);  // the whole answer; `at` is a JSON pointer
    const char* too_large;
};
void PrintTo(const Intake& intake, std::ostream* out) {
    *out << intake.label;
}

Json file(const std::string& name) {
    return json_file(format_data() / (name + ".json"));
}

Json& resource(Json& bundle, std::size_t i) {
    return bundle["entry"][i]["resource"];
}

Json v1_error(const std::string& message, const std::string& at) {
    Json out{{"statusCode", 400}, {"error", "Bad Request"}, {"message", message}};
    if (at.empty()) return out;
    auto key = at.substr(1);
    std::replace(key.begin(), key.end(), '/', '.');
    out["path"] = at;
    out["validation"] = {{"source", "payload"}, {"keys", {key}}};
    return out;
}

Json fhir_error(const std::string& message, const std::string& at) {
    Json issue{{"severity", "error"}, {"code", "structure"}, {"details", {{"text", message}}}};
    if (!at.empty()) {
        std::string expression = "Bundle";
        for (std::size_t from = 1; from < at.size();) {
            const auto to = std::min(at.find('/', from), at.size());
            const auto token = at.substr(from, to - from);
            const bool index = std::isdigit(static_cast<unsigned char>(token[0])) != 0;
            expression += index ? "[" + token + "]" : "." + token;
            from = to + 1;
        }
        issue["code"] = message == "is required" ? "required" : "value";
        issue["expression"] = {expression};
    }
    return {{"resourceType", "OperationOutcome"}, {"issue", Json::array({issue})}};
}

Json dhis2_error(const std::string& message, const std::string& at) {
    Json error{{"message", message}, {"errorCode", "BAD_REQUEST"}, {"trackerType", "TRACKED_ENTITY"}};
    if (!at.empty()) error["path"] = at;
    const Json stats{{"created", 0}, {"updated", 0}, {"deleted", 0}, {"ignored", 1}, {"total", 1}};
    const auto errors = Json::array({error});
    const auto objects = Json::array({{{"trackerType", "TRACKED_ENTITY"}, {"index", 0}, {"errorReports", errors}}});
    Json out{{"status", "ERROR"}, {"stats", stats}};
    out["validationReport"] = {{"errorReports", errors}, {"warningReports", Json::array()}};
    out["bundleReport"]["typeReportMap"]["TRACKED_ENTITY"] = {
        {"trackerType", "TRACKED_ENTITY"}, {"stats", stats}, {"objectReports", objects}};
    return out;
}

Json plain_error(const std::string& message, const std::string& at) {
    Json out{{"error", "bad_request"}, {"message", message}};
    if (!at.empty()) out["path"] = at;
    return out;
}

const Intake intakes[] = {
    {"opencrvs_1", "/notification", [] { return file("birth-full"); },
     [](Json& b) {
         resource(b, 2)["name"][0] = {{"given", {"Peter"}}, {"family", "Banda"}};
         resource(b, 3)["name"][0] = {{"given", {"Mary"}}, {"family", "Banda"}};
     },
     [](Json& b, std::size_t) {
         b = file("birth-array-family");  // of twins
         resource(b, 0).erase("identifier");
         resource(b, 2).erase("name");
     },
     v1_error, R"({"error":"Payload Too Large","message":"the body is too large","statusCode":413})"},
    {"fhir_r4", "/fhir", [] { return file("fhir_r4/bfdr-birth"); },
     [](Json& b) {
         resource(b, 1)["name"][0] = {{"given", {"Peter"}}, {"family", "Banda"}};
         resource(b, 2)["name"][0] = {{"given", {"Mary"}}, {"family", "Banda"}};
     },
     [](Json& b, std::size_t) {
         b.erase("identifier");
         resource(b, 0).erase("identifier");
         for (const auto* each : {"name", "identifier"}) resource(b, 1).erase(each);
         resource(b, 1)["multipleBirthBoolean"] = true;
     },
     fhir_error,
     R"({"issue":[{"code":"too-long","details":{"text":"the body is too large"},"severity":"error"}],"resourceType":"OperationOutcome"})"},
    {"dhis2", "/dhis2/tracker", [] { return file("dhis2-birth"); },
     [](Json& b) {
         auto& attributes = b["trackedEntities"][0]["attributes"];
         attributes[1]["value"] = "Ben";
         attributes[2]["value"] = "Phiri";
         attributes[4]["value"] = "2026-01-09";
     },
     [](Json& b, std::size_t twin) {
         auto& entity = b["trackedEntities"][0];
         entity["trackedEntity"] = "tWiN000000" + std::to_string(twin);
         entity["enrollments"][0]["attributes"] = Json::array();
         for (const auto at : {std::size_t{2}, std::size_t{1}}) entity["attributes"].erase(at);
         for (auto& each : entity["enrollments"][0]["events"][0]["dataValues"]) {
             if (each["dataElement"] == "LtlzGAPWWo8") each["value"] = "TWIN";
         }
     },
     dhis2_error,
     R"({"bundleReport":{"typeReportMap":{"TRACKED_ENTITY":{"objectReports":[{"errorReports":[{"errorCode":"TOO_LARGE","message":"the body is too large","trackerType":"TRACKED_ENTITY"}],"index":0,"trackerType":"TRACKED_ENTITY"}],"stats":{"created":0,"deleted":0,"ignored":1,"total":1,"updated":0},"trackerType":"TRACKED_ENTITY"}}},"stats":{"created":0,"deleted":0,"ignored":1,"total":1,"updated":0},"status":"ERROR","validationReport":{"errorReports":[{"errorCode":"TOO_LARGE","message":"the body is too large","trackerType":"TRACKED_ENTITY"}],"warningReports":[]}})"},
    {"vital_json", "/vital-events", [] { return file("vital-birth"); },
     [](Json& b) {
         b["persons"]["child"]["names"][0] = {{"given", {"Ben"}}, {"family", "Phiri"}};
         b["persons"]["mother"]["names"][0] = {{"given", {"Ruth"}}, {"family", "Phiri"}};
     },
     [](Json& b, std::size_t) {
         b.erase("source");
         b["birth"]["birth_type"] = "TWIN";
         b["persons"]["child"].erase("names");
     },
     plain_error, R"({"error":"too_large","message":"the body is too large"})"},
};

class BadInput : public Notification, public testing::WithParamInterface<Intake> {
  protected:
    BadInput() { path = GetParam().path; }
    static constexpr const char* other_client = "c0ffee00-0000-4000-8000-00000000000d";
    static HttpHeaders keyed() { return {{"Content-Type", "application/json"}, {"Idempotency-Key", "k-1"}}; }
};

TEST_P(BadInput, HostileTextIsRefusedInItsOwnForm) {
    struct Row {
        const char* label;
        std::string body;
        const char* message;
        std::string at;
    };
    std::string many = R"({"a":[0)";
    for (int i = 0; i < 200'000; ++i) many += ",0";
    std::string deep;  // where it is too deep
    for (int i = 0; i < 64; ++i) deep += "/0";
    const Row rows[] = {
        {"nested arrays", std::string(10'000, '['), "the document is nested too deeply", deep},
        {"nested below a key", R"({"a":)" + std::string(100, '[') + std::string(100, ']') + "}",
         "the document is nested too deeply", "/a" + deep.substr(2)},
        {"many values", many + "]}", "the document has too many values", "/a/199998"},
        {"control character", "{\"a\":\"\x01\"}", "malformed JSON at byte 7", "/a"},
        {"zero byte after it", std::string("{\"a\":1}\0", 8), "malformed JSON at byte 8", ""},
        {"half a character", R"({"a":"\ud800"})", "malformed JSON at byte 13", "/a"},
        {"not UTF-8", "{\"a\":\"\xc0\xaf\"}", "malformed JSON at byte 7", "/a"},
        {"endless number", R"({"a":1e999})", "malformed JSON at byte 10", "/a"},
        {"long integer", R"({"a":123456789012345678901234567890})", "a number does not fit", "/a"},
        {"no number", R"({"a":NaN})", "malformed JSON at byte 6", "/a"},
        {"comment", R"({"a":1/* b */})", "malformed JSON at byte 7", "/a"},
        {"more after it", R"({"a":1}{"a":1})", "malformed JSON at byte 8", ""},
        {"a key twice", R"({"a":1,"a":2})", "a key appears twice", "/a"},
    };
    for (const auto& row : rows) {
        const auto given = send_text(row.body);
        EXPECT_EQ(given.answer.response.status, 400) << row.label;
        EXPECT_EQ(given.answer.response.body, dump_json(GetParam().error(row.message, row.at))) << row.label;
    }
    EXPECT_EQ(target.calls, 0);
}

TEST_P(BadInput, CutAnywhereIsRefusedAndShowsNothing) {
    const auto whole = dump_json(GetParam().birth());
    std::size_t tried = 0;
    for (std::size_t length = 1; length < whole.size(); length += 61, ++tried) {
        const auto given = send_text(whole.substr(0, length));
        EXPECT_EQ(given.answer.response.status, 400) << length;
        EXPECT_FALSE(given.answer.claim) << length;
        EXPECT_NE(given.answer.response.body.find("malformed JSON at byte"), std::string::npos) << length;
        for (const auto* value : {"Tembo", "Nomsa", "Mwansa", "4410098765", "9900112233", "+2607"}) {
            EXPECT_EQ(given.answer.response.body.find(value), std::string::npos) << length << value;
        }
    }
    EXPECT_GT(tried, 8u);
    EXPECT_EQ(target.calls, 0);
}

TEST_P(BadInput, OversizeIsToldInItsOwnForm) {
    const auto response = route().render_error(Error{ErrorCode::too_large, "the body is too large", "", {}});
    EXPECT_EQ(response.status, 413);
    EXPECT_EQ(response.body, GetParam().too_large);
}

TEST_P(BadInput, OneKeyOfTwoClientsIsTwoRecords) {
    const auto birth = GetParam().birth();
    send(birth, keyed());
    send(birth, keyed());
    EXPECT_EQ(target.records(), 1u);
    const auto given = send(birth, keyed(), other_client);
    EXPECT_LT(given.answer.response.status, 300) << given.answer.response.body;
    EXPECT_EQ(target.records(), 2u);
    EXPECT_EQ(given.answer.response.headers.get("idempotency-replayed"), "");
}

TEST_P(BadInput, AConstantIdentifierWithTwoChildrenIsTwoChildren) {
    auto birth = GetParam().birth();
    send(birth);
    GetParam().rename(birth);
    const auto given = send(birth);
    EXPECT_LT(given.answer.response.status, 300) << given.answer.response.body;
    EXPECT_EQ(target.records(), 2u);
    EXPECT_EQ(given.answer.properties.at("verdict"), "another_subject");
    EXPECT_NE(given.answer.account.find(
                  "the document's identifier was used for another person before; it is taken as a new one"),
              std::string::npos);
}

TEST_P(BadInput, UnnamedTwinsAreTwoChildren) {
    for (std::size_t n = 1; n <= 2; ++n) {
        auto twin = GetParam().birth();
        GetParam().unname(twin, n);
        const auto given = send(twin);
        EXPECT_LT(given.answer.response.status, 300) << given.answer.response.body;
        EXPECT_EQ(target.records(), n);
        EXPECT_TRUE(target.events.back().persons.at(role::child).names.empty());
    }
}

INSTANTIATE_TEST_SUITE_P(Intakes, BadInput, testing::ValuesIn(intakes),
                         [](const auto& row) { return std::string(row.param.label); });

}  // namespace
