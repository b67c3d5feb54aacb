// SPDX-License-Identifier: MPL-2.0
// What the sandbox of a 1.x version takes, refuses and answers.
#include "integration/sandbox/ask.hpp"
#include "support/paths/paths.hpp"
#include "support/sandbox/sandbox.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <iterator>

using namespace ocm;
using namespace ocm::sandbox;
using ocm::test::ask;
using namespace std::chrono_literals;

namespace {

Json json_of(const HttpResponse& answer) {
    const auto parsed = parse_json(answer.body);
    EXPECT_TRUE(parsed) << answer.body;
    return parsed.value_or(Json());
}

SandboxOptions options_of(const std::string& version) {
    SandboxOptions out;
    out.version = version;
    return out;
}

std::string parameters() {
    const auto client = default_client();
    return "grant_type=client_credentials&client_id=" + client.id + "&client_secret=" + client.secret;
}

std::string token_of(const Sandbox& sandbox) {
    return std::string(text_member(json_of(ask(sandbox, "POST", "/token?" + parameters())), "access_token"));
}

/// A birth that 1.8 takes: state, district and village of the sandbox's own.
Json birth() {
    std::ifstream in(support::source_dir() / "tests/unit/opencrvs/data/birth-1.8.json");
    const std::string text(std::istreambuf_iterator<char>(in), {});
    auto bundle = parse_json(text).value();
    for (auto& entry : bundle["entry"]) {
        auto& resource = entry["resource"];
        if (resource["resourceType"] != "Patient") continue;
        for (auto& name : resource["name"]) name["family"] = "Mwansa";
        if (!resource.contains("address")) continue;
        resource["address"][0]["district"] = "bbbbbbbb-0000-4000-8000-000000000003";
        resource["address"][0]["line"][10] = "bbbbbbbb-0000-4000-8000-000000000002";
    }
    return bundle;
}

void set_area(Json& bundle, const char* area) {
    bundle["entry"][1]["resource"]["extension"].push_back(
        {{"url", "http://opencrvs.org/specs/extension/regLastLocation"},
         {"valueReference", {{"reference", std::string("Location/") + area}}}});
}

constexpr const char* office_area = "bbbbbbbb-0000-4000-8000-000000000003";

struct Row {
    const char* name;
    std::vector<const char*> versions;
    std::function<void(Json&)> change;
    int status;
    const char* message;  // part of it
};

const std::vector<const char*> all{"1.3", "1.4", "1.5", "1.6", "1.7", "1.8"};
const std::vector<const char*> from_1_5{"1.5", "1.6", "1.7", "1.8"};

}  // namespace

TEST(LegacySandbox, RefusesInOrderAndInItsWords) {
    const auto at = [](const char* path) { return Json::json_pointer(path); };
    const std::vector<Row> rows{
        {"another key", all, [](Json& b) { b["id"] = "x"; }, 400, "\"id\" is not allowed"},
        {"meta.profile", all, [](Json& b) { b["meta"]["profile"] = "x"; }, 400, "\"meta.profile\" is not allowed"},
        {"a transaction", all, [](Json& b) { b["type"] = "transaction"; }, 400, "\"type\" must be [document]"},
        {"an entry's request", all, [](Json& b) { b["entry"][3]["request"] = "x"; }, 400,
         "\"entry[3].request\" is not allowed"},
        {"Task not second", all, [](Json& b) { std::swap(b["entry"][1], b["entry"][2]); }, 400,
         "\"entry[1].resource.resourceType\" must be [Task]"},
        {"a Location", all, [](Json& b) { b["entry"][3]["resource"]["resourceType"] = "Location"; }, 400,
         "\"entry[3].resource.resourceType\" must be one of [Patient"},
        {"questionnaire",
         {"1.3", "1.6"},
         [](Json& b) {
             b["entry"].push_back(
                 {{"fullUrl", "urn:uuid:q"}, {"resource", {{"resourceType", "QuestionnaireResponse"}}}});
         },
         400,
         "must be one of [Patient, RelatedPerson, Encounter, Observation]"},
        {"not a draft", all, [](Json& b) { b["entry"][1]["resource"]["status"] = "ready"; }, 400,
         "Task status should be draft"},
        {"focus elsewhere", all, [](Json& b) { b["entry"][1]["resource"]["focus"]["reference"] = "x"; }, 400,
         "Task must reference the composition entry"},
        {"no extensions", all, [](Json& b) { b["entry"][1]["resource"].erase("extension"); }, 400,
         "Task extensions not found"},
        {"unknown office", all,
         [&](Json& b) { b.at(at("/entry/1/resource/extension/5/valueReference/reference")) = "Location/x"; }, 500,
         "as the provided office with id Location/x was not found"},
        {"office elsewhere",
         {"1.3", "1.4", "1.5"},
         [&](Json& b) {
             b["entry"][1]["resource"]["extension"].erase(6);
             set_area(b, "bbbbbbbb-0000-4000-8000-000000000001");
         },
         500,
         "isn't part of the provided office location"},
        {"no area of the office",
         {"1.3", "1.4", "1.5"},
         [](Json& b) { b["entry"][1]["resource"]["extension"].erase(6); },
         500,
         "office's location was not provided"},
        {"no country", from_1_5, [](Json& b) { b["entry"][3]["resource"]["address"][0].erase("country"); }, 500,
         "country code undefined was incorrect"},
        {"hierarchy", from_1_5,
         [](Json& b) { b["entry"][3]["resource"]["address"][0]["district"] = "bbbbbbbb-0000-4000-8000-000000000012"; },
         500, "hierarchy was incorrect"},
        {"unknown area", from_1_5, [](Json& b) { b["entry"][3]["resource"]["address"][0]["district"] = "x"; }, 500,
         "hierarchy was incorrect"},
        {"unknown place", all,
         [&](Json& b) { b.at(at("/entry/5/resource/location/0/location/reference")) = "Location/x"; }, 500,
         "Encounter location with id Location/x not found!"},
        {"no place", all, [](Json& b) { b["entry"][5]["resource"]["location"] = Json::array(); }, 400, "undefined"},
        {"no list of identifiers", from_1_5, [](Json& b) { b["entry"][1]["resource"].erase("identifier"); }, 500,
         "An internal server error occurred"},
        {"another event", from_1_5, [&](Json& b) { b.at(at("/entry/0/resource/type/coding/0/code")) = "x"; }, 500,
         "An internal server error occurred"},
    };
    for (const auto* version : all) {
        const Sandbox sandbox(options_of(version));
        const auto token = token_of(sandbox);
        for (const auto& row : rows) {
            if (std::find(row.versions.begin(), row.versions.end(), std::string_view(version)) == row.versions.end()) {
                continue;
            }
            auto bundle = birth();
            set_area(bundle, office_area);
            row.change(bundle);
            const auto answer = ask(sandbox, "POST", "/notification", bundle.dump(), token);
            EXPECT_EQ(answer.status, row.status) << version << ": " << row.name;
            const auto said = json_of(answer);
            EXPECT_NE(text_member(said, "message").find(row.message), std::string_view::npos)
                << version << ": " << row.name << ": " << answer.body;
        }
        EXPECT_TRUE(sandbox.events().empty()) << version;
    }
}

TEST(LegacySandbox, SuccessShapesOfEachVersion) {
    for (const auto* version : all) {
        const Sandbox sandbox(options_of(version));
        const auto token = token_of(sandbox);
        auto bundle = birth();
        set_area(bundle, office_area);
        const auto first = json_of(ask(sandbox, "POST", "/notification", bundle.dump(), token));
        const auto second = json_of(ask(sandbox, "POST", "/notification", bundle.dump(), token));
        EXPECT_EQ(sandbox.events().size(), 2u) << "there is no idempotency key";
        const std::string_view name(version);
        EXPECT_EQ(first["entry"][0].contains("response"), name < "1.6") << version;
        EXPECT_EQ(first["entry"][0].contains("resource"), name >= "1.6") << version;
        EXPECT_EQ(second.contains("isPotentiallyDuplicate"), name == "1.8") << version;
        EXPECT_EQ(sandbox.events()[0]["familyName"], name < "1.7" ? "M" : "Mwansa")
            << version << ": of a text its first letter";
    }
}

TEST(LegacySandbox, HidesAFailureBehind200UpTo14) {
    for (const auto* version : {"1.3", "1.4"}) {
        const Sandbox sandbox(options_of(version));
        auto bundle = birth();
        set_area(bundle, office_area);
        bundle["entry"][0]["resource"]["type"]["coding"][0]["code"] = "x";
        const auto answer = ask(sandbox, "POST", "/notification", bundle.dump(), token_of(sandbox));
        EXPECT_EQ(answer.status, 200);
        EXPECT_EQ(json_of(answer)["statusCode"], 500);
    }
}

TEST(LegacySandbox, TokensByQueryOnly) {
    for (const auto* version : {"1.3", "1.8", "1.9"}) {
        const Sandbox sandbox(options_of(version));
        EXPECT_EQ(ask(sandbox, "POST", "/token?" + parameters()).status, 200);
        const auto client = default_client();
        const Json body{
            {"client_id", client.id}, {"client_secret", client.secret}, {"grant_type", "client_credentials"}};
        EXPECT_EQ(ask(sandbox, "POST", "/token", body.dump()).status, 400) << version << " does not read the body";
        EXPECT_EQ(ask(sandbox, "POST", "/auth/token?" + parameters()).status,
                  std::string_view(version) < "1.7" ? 404 : 200);
        EXPECT_EQ(ask(sandbox, "POST", "/notification", "{}").status, 401);
    }
}

TEST(LegacySandbox, LocationsWithTheirTraps) {
    const Sandbox sandbox(options_of("1.8"));
    EXPECT_EQ(ask(sandbox, "GET", "/location").status, 400);
    EXPECT_EQ(ask(sandbox, "GET", "/location?type=CRVS_OFFICE&partOf=x").status, 400);
    const auto found = json_of(ask(sandbox, "GET", "/location?type=CRVS_OFFICE&_count=0"));
    EXPECT_EQ(found["total"], 5);
    EXPECT_EQ(found["link"][1]["relation"], "next");
    EXPECT_NE(found["entry"][0]["fullUrl"].get<std::string>().find("/_history/"), std::string::npos);
    const auto named = json_of(ask(sandbox, "GET", "/location?identifier=HEALTH_FACILITY_HF-0107"));
    ASSERT_EQ(named["total"], 1);
    const auto id = named["entry"][0]["resource"]["id"].get<std::string>();
    EXPECT_EQ(json_of(ask(sandbox, "GET", "/location/" + id))["name"], "Chisoma Rural Hospital");
    EXPECT_EQ(json_of(ask(sandbox, "GET", "/location/x"))["resourceType"], "OperationOutcome");
    EXPECT_EQ(ask(sandbox, "GET", "/events/config").status, 404) << "1.8 has no events service";
}
