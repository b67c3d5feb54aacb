// SPDX-License-Identifier: MPL-2.0
// The fake answers as an 8.5 core was observed to: a row for each.
#include "unit/registration/harness.hpp"

#include <gtest/gtest.h>

using namespace ocm;
using namespace ocm::test;

namespace {

const std::string filler = "User Authenticated Successfully";

struct Observed {
    std::string label;
    std::string method, path, body;
    int status;
    std::string answer;  // how the body begins
};
std::ostream& operator<<(std::ostream& out, const Observed& row) {
    return out << row.label;
}

HttpResponse ask(FakeOpenHim& core, std::string method, std::string path, std::string body) {
    HttpRequest request;
    request.method = std::move(method);
    request.path = std::move(path);
    request.body = std::move(body);
    request.headers = {{"Content-Type", "application/json"}, {"Authorization", "Basic " + base64_of_root}};
    return core.handle(request).response;
}

std::string mediator(std::string rest) {
    return R"({"urn":"urn:mediator:rig","version":"1.0.0","name":"Rig","endpoints":[{"name":"a","host":"h","port":1}])" +
           rest + "}";
}

const std::string definitions =
    R"(,"configDefs":[{"param":"batch","type":"number"},{"param":"mode","type":"option","values":["push","pull"]},)"
    R"({"param":"key","type":"password"}],"config":{"batch":5,"mode":"push","key":"k1"},)"
    R"("defaultChannelConfig":[{"name":"Rig sample","urlPattern":"^/rig$","methods":["GET"],)"
    R"("routes":[{"name":"r","host":"h","port":1,"primary":true}]}])";

}  // namespace

class FakeCore : public testing::TestWithParam<Observed> {};

TEST_P(FakeCore, AnswersAsObserved) {
    FakeOpenHim core;
    ASSERT_EQ(ask(core, "POST", "/mediators", mediator(definitions)).status, 201);
    const auto& row = GetParam();
    const auto answer = ask(core, row.method, row.path, row.body);
    EXPECT_EQ(answer.status, row.status);
    EXPECT_EQ(answer.body.substr(0, row.answer.size()), row.answer) << answer.body;
    if (row.answer.empty()) {
        EXPECT_EQ(answer.body, "");
    }
}

const std::string refused = "Could not add Mediator via the API: ValidationError: ";
const std::string at = "/mediators/urn:mediator:rig";
INSTANTIATE_TEST_SUITE_P(
    Rows, FakeCore,
    testing::Values(
        Observed{"register_again", "POST", "/mediators", mediator(definitions), 201, filler},
        Observed{"no_urn", "POST", "/mediators", R"({"version":"1.0.0"})", 400, refused + "URN is required"},
        Observed{"no_version", "POST", "/mediators", R"({"urn":"u"})", 400,
                 refused + "Version is required. Must be in SemVer form x.y.z"},
        Observed{"bad_version", "POST", "/mediators", R"({"urn":"u","version":"1.0"})", 400,
                 refused + "Version is required"},
        Observed{"no_endpoints", "POST", "/mediators", R"({"urn":"u","version":"1.0.0","name":"n"})", 400,
                 refused + "At least 1 endpoint is required"},
        Observed{"no_name", "POST", "/mediators", R"({"urn":"u","version":"1.0.0","endpoints":[{}]})", 400,
                 refused + "name: Path `name` is required."},
        Observed{"endpoint_without_host", "POST", "/mediators",
                 R"({"urn":"u","version":"1.0.0","name":"n","endpoints":[{"name":"e"}]})", 201, filler},
        Observed{"config_of_wrong_type", "POST", "/mediators",
                 R"({"urn":"u","version":"1.0.0","configDefs":[{"param":"p","type":"number"}],"config":{"p":"1"}})",
                 400, refused + "Expected config param p to be a number."},
        Observed{"config_not_defined", "POST", "/mediators",
                 R"({"urn":"u","version":"1.0.0","configDefs":[],"config":{"q":"1"}})", 400,
                 refused + "No config definition found for parameter q"},
        Observed{"option_without_values", "POST", "/mediators",
                 R"({"urn":"u","version":"1.0.0","configDefs":[{"param":"p","type":"option"}]})", 400,
                 refused + "Expected field 'values' to be an array (option param 'p')"},
        Observed{"struct_without_template", "POST", "/mediators",
                 R"({"urn":"u","version":"1.0.0","configDefs":[{"param":"p","type":"struct"}]})", 400,
                 refused + "Must specify a template for struct param 'p'"},
        Observed{"malformed_json", "POST", "/mediators", "{", 400, "Bad Request"},
        Observed{"masked", "GET", at, "", 200,
                 R"({"__v":0,"_id":"000000000000000000000001","config":{"batch":5,"key":"**********")"},
        Observed{"unknown_mediator", "GET", "/mediators/urn:x", "", 404, filler},
        Observed{"beat", "POST", at + "/heartbeat", R"({"uptime":12.5})", 200, ""},
        Observed{"beat_with_config", "POST", at + "/heartbeat", R"({"uptime":12.5,"config":true})", 200,
                 R"({"batch":5,"key":"k1","mode":"push"})"},
        Observed{"beat_config_must_be_true", "POST", at + "/heartbeat", R"({"uptime":12.5,"config":"true"})", 200, ""},
        Observed{"beat_unknown", "POST", "/mediators/urn:x/heartbeat", R"({"uptime":1})", 404, filler},
        Observed{"beat_without_uptime", "POST", at + "/heartbeat", "{}", 400, filler},
        Observed{"put_config", "PUT", at + "/config", R"({"batch":6})", 200, "OK"},
        Observed{"put_wrong_type", "PUT", at + "/config", R"({"batch":"6"})", 400,
                 "Expected config param batch to be a number."},
        Observed{"put_wrong_option", "PUT", at + "/config", R"({"mode":"no"})", 400,
                 "Expected config param mode to be one of push,pull"},
        Observed{"put_unknown_param", "PUT", at + "/config", R"({"nope":1})", 400,
                 "No config definition found for parameter nope"},
        Observed{"put_unknown_urn", "PUT", "/mediators/urn:x/config", "{}", 404, "No mediator found for this urn."},
        Observed{"channel", "POST", at + "/channels", R"(["Rig sample"])", 201, filler},
        Observed{"all_channels", "POST", at + "/channels", "[]", 201, filler},
        Observed{"unknown_channel", "POST", at + "/channels", R"(["x"])", 400,
                 "Could not load mediator default channel config, one or more"},
        Observed{"channel_unknown_urn", "POST", "/mediators/urn:x/channels", "[]", 404,
                 "No mediator found for this urn."},
        Observed{"about", "GET", "/about", "", 200, R"({"currentCoreVersion":"8.5.0")"}),
    [](const auto& row) { return row.param.label; });

TEST(FakeCoreRules, TheSameChannelTwiceIsAServerError) {
    FakeOpenHim core;
    ask(core, "POST", "/mediators", mediator(definitions));
    EXPECT_EQ(ask(core, "POST", at + "/channels", R"(["Rig sample"])").status, 201);
    const auto again = ask(core, "POST", at + "/channels", R"(["Rig sample"])");
    EXPECT_EQ(again.status, 500);
    EXPECT_NE(again.body.find("E11000"), std::string::npos);
}

TEST(FakeCoreRules, AConfigurationSavedBeforeTheFirstBeatIsNotPushed) {
    FakeOpenHim core;
    ask(core, "POST", "/mediators", mediator(definitions));
    ask(core, "PUT", at + "/config", R"({"batch":6})");
    EXPECT_EQ(ask(core, "POST", at + "/heartbeat", R"({"uptime":1})").body, "");
    ask(core, "PUT", at + "/config", R"({"batch":7,"key":"**********"})");
    EXPECT_EQ(ask(core, "POST", at + "/heartbeat", R"({"uptime":1})").body, R"({"batch":7,"key":null})");
    EXPECT_EQ(ask(core, "POST", at + "/heartbeat", R"({"uptime":1})").body, "");
}

TEST(FakeCoreRules, OnlyANewerVersionReplacesAndKeepsWhatTheAdministratorSet) {
    FakeOpenHim core;
    ask(core, "POST", "/mediators", mediator(definitions));
    ask(core, "PUT", at + "/config", R"({"batch":9,"mode":"pull","key":"**********"})");
    auto body = *parse_json(mediator(definitions));
    body["name"] = "Other";
    for (const std::string version : {"1.0.0", "0.9.0", "1.0.0-rc.1", "1.0.0+b2"}) {
        body["version"] = version;
        EXPECT_EQ(ask(core, "POST", "/mediators", dump_json(body)).status, 201);
        EXPECT_EQ(core.mediator("urn:mediator:rig")["name"], "Rig") << version;
    }
    body["version"] = "1.0.1";
    body["config"] = {{"batch", 1}, {"mode", "push"}};
    EXPECT_EQ(ask(core, "POST", "/mediators", dump_json(body)).status, 201);
    EXPECT_EQ(core.mediator("urn:mediator:rig")["name"], "Other");
    EXPECT_EQ(core.mediator("urn:mediator:rig")["config"], Json({{"batch", 9}, {"mode", "pull"}}));
}

TEST(FakeCoreRules, OtherContentTypesReadAsNothing) {
    FakeOpenHim core;
    HttpRequest request;
    request.method = "POST";
    request.path = "/mediators";
    request.headers = {{"Content-Type", "application/json+openhim"}, {"Authorization", "Basic " + base64_of_root}};
    request.body = mediator(definitions);
    EXPECT_EQ(core.handle(request).response.body, refused + "URN is required");
    request.headers.set("Authorization", "basic " + base64_of_root);
    EXPECT_EQ(core.handle(request).response.status, 401);
    request.headers.erase("Authorization");
    EXPECT_EQ(core.handle(request).response.body, "Unauthorized");
}
