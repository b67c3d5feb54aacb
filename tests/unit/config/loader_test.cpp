// SPDX-License-Identifier: MPL-2.0
#include "config/loader.hpp"

#include "config/console.hpp"
#include "config/report.hpp"
#include "support/paths/paths.hpp"
#include "unit/config/support.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>

using namespace ocm;
using namespace ocm::config;
using namespace ocm::config::test;
using namespace std::chrono_literals;

namespace {

using Environment = std::map<std::string, std::string>;

LoadInput input_of(const FakeFiles& files, std::string text, Environment environment = {}) {
    return {"mediator.json", std::move(text), "/etc/m", std::move(environment), &files};
}

std::vector<std::string> lines(const std::vector<Problem>& problems) {
    std::vector<std::string> out;
    for (const auto& [path, message, allowed] : problems) out.push_back(path + ": " + message + " | " + allowed);
    return out;
}

std::vector<std::string> paths(const std::vector<Problem>& problems) {
    std::vector<std::string> out;
    for (const auto& problem : problems) out.push_back(problem.path);
    return out;
}

}  // namespace

TEST(ConfigLoader, MinimalFileRunsStandAlone) {
    const auto files = usual_files();
    const auto loaded = load(input_of(files, minimal()));
    ASSERT_TRUE(loaded.config) << format_problems(loaded.errors);
    EXPECT_TRUE(loaded.warnings.empty()) << format_problems(loaded.warnings);
    const auto& config = *loaded.config;
    EXPECT_TRUE(config.stand_alone());
    EXPECT_EQ(config.active_target(), "central");
    const auto target = config.target("central");
    EXPECT_EQ(target.version, "2.0");
    EXPECT_EQ(target.gateway_url, "https://gateway.example.org");
    EXPECT_EQ(target.auth_url, "https://gateway.example.org/auth");
    EXPECT_EQ(target.timeout, 10s);
    ASSERT_TRUE(target.notification);
    EXPECT_EQ(target.notification->client_id, "c-1");
    EXPECT_EQ(target.notification->client_secret, "client-secret");
    EXPECT_EQ(config.duration("store.retention"), 90 * 24h);
    EXPECT_EQ(config.size("server.max_body"), 10u << 20);
    EXPECT_EQ(config.origin("server.max_body"), Origin::fallback);
    EXPECT_EQ(config.origin("targets.central.version"), Origin::file);
}

TEST(ConfigLoader, WithOpenHim) {
    const auto files = usual_files();
    const auto loaded = load(input_of(files, minimal(with_openhim)));
    ASSERT_TRUE(loaded.config) << format_problems(loaded.errors);
    EXPECT_TRUE(loaded.warnings.empty()) << format_problems(loaded.warnings);
    EXPECT_FALSE(loaded.config->stand_alone());
    EXPECT_EQ(loaded.config->secret("openhim.password"), "openhim-password");
    EXPECT_EQ(loaded.config->list("openhim.peers"), std::vector<std::string>{"10.0.0.5"});
}

TEST(ConfigLoader, CommentsAreAllowed) {
    const auto files = usual_files();
    const auto text = "// a comment\n" + minimal("/* more */ \"log\":{\"level\":\"debug\"}");
    EXPECT_TRUE(load(input_of(files, text)).config);
}

TEST(ConfigLoader, AllErrorsAtOnce) {
    const auto files = usual_files();
    const auto loaded = load(input_of(files, R"({
        "openhim": {"api_urll": "https://x", "username": "u", "auth": "digest", "password": "s3cret"},
        "server": {"port": 70000, "max_body": "10 MB", "header_timeout": 10, "tls": {"key_file": "/etc/m/none"}},
        "store": {"retention": "1m"},
        "log": "debug",
        "log2": {}
    })"));
    EXPECT_FALSE(loaded.config);
    EXPECT_EQ(
        lines(loaded.errors),
        (std::vector<std::string>{
            "log: is a section | an object in braces",
            "log2: is not a setting | did you mean log?",
            "openhim.api_urll: is not a setting | did you mean openhim.api_url?",
            "openhim.auth: is not a known choice | one of \"auto\", \"basic\", \"token\"",
            "openhim.password: is a secret, and secrets are not written into the configuration | its file's path in "
            "openhim.password_file, or the environment variable MEDIATOR_OPENHIM__PASSWORD",
            "server.header_timeout: is not a valid value | a duration from 100ms to 10m with its unit (ms, s, m, h, "
            "d), such as \"30s\"",
            "server.max_body: is not a valid value | a size from 64KiB to 1GiB with its unit (B, KiB, MiB, GiB), such "
            "as \"10MiB\"",
            "server.port: is not a valid value | a whole number from 0 to 65535",
            "store.retention: is not a valid value | a duration from 1h to 36500d with its unit (ms, s, m, h, d), such "
            "as \"30s\"",
            "server.tls.key_file: names a file that does not exist or cannot be read by this user | the path of a "
            "readable file",
            "openhim.api_url: is missing: the `openhim` section needs the address of the API | an http:// or https:// "
            "URL without user, query or fragment",
            "openhim.password_file: is missing: that user needs a password | the path of a readable file that holds "
            "the secret and nothing else, or the secret itself in the environment variable MEDIATOR_OPENHIM__PASSWORD",
            "server.public_host: is missing: OpenHIM is told under which host it reaches the mediator | an IP address "
            "or a host name",
            "server.tls.certificate_file: is missing: the key needs its certificate | the path of a readable file",
            "targets: is missing: there is no OpenCRVS to send notifications to | a section with a name of your choice "
            "that has version, gateway_url and clients.notification",
        }));
    for (const auto& line : lines(loaded.errors)) EXPECT_EQ(line.find("s3cret"), std::string::npos);
}

struct BadConfig {
    const char* label;
    std::string more;  // beside the minimal configuration
    std::vector<std::string> errors;
};

class ConfigRefusal : public testing::TestWithParam<BadConfig> {};

TEST_P(ConfigRefusal, NamesThePlace) {
    const auto files = usual_files();
    const auto loaded = load(input_of(files, minimal(GetParam().more)));
    EXPECT_FALSE(loaded.config);
    EXPECT_EQ(paths(loaded.errors), GetParam().errors) << format_problems(loaded.errors);
    for (const auto& error : loaded.errors) EXPECT_FALSE(error.message.empty());
}

INSTANTIATE_TEST_SUITE_P(
    Rows, ConfigRefusal,
    testing::Values(
        BadConfig{"username_alone",
                  R"("openhim":{"username":"u"})",
                  {"openhim.api_url", "openhim.password_file", "server.public_host"}},
        BadConfig{"password_alone",
                  R"("openhim":{"password_file":"/etc/m/password"})",
                  {"openhim.api_url", "openhim.username", "server.public_host"}},
        BadConfig{"key_without_certificate",
                  R"("server":{"tls":{"key_file":"/etc/m/key.pem"}})",
                  {"server.tls.certificate_file"}},
        BadConfig{"certificate_without_key",
                  R"("server":{"tls":{"certificate_file":"/etc/m/cert.pem"}})",
                  {"server.tls.key_file"}},
        BadConfig{"mutual_tls_without_tls",
                  R"("server":{"tls":{"client_certificate":"required"}})",
                  {"server.tls.client_certificate", "server.tls.client_ca_file"}},
        BadConfig{"plaintext_everywhere", R"("server":{"host":"0.0.0.0"})", {"server.host"}},
        BadConfig{"plaintext_by_name", R"("server":{"host":"mediator.example.org"})", {"server.host"}},
        BadConfig{"unknown_target", R"("active_target":"other")", {"active_target"}},
        BadConfig{"self_signed_and_pinned",
                  R"("server":{"public_host":"m"},"openhim":{)" + openhim +
                      R"(,"trust_self_signed":true,"pinned_sha256":")" + std::string(64, 'a') + "\"}",
                  {"openhim.trust_self_signed"}},
        BadConfig{"url_with_password",
                  R"("server":{"public_host":"m"},"openhim":{"api_url":"https://u:p@h","username":"u",
                  "password_file":"/etc/m/password"})",
                  {"openhim.api_url"}},
        BadConfig{"url_of_other_scheme",
                  R"("server":{"public_host":"m"},"openhim":{"api_url":"ftp://h","username":"u",
                  "password_file":"/etc/m/password"})",
                  {"openhim.api_url"}},
        BadConfig{"prefix",
                  R"("server":{"public_host":"m"},"openhim":{)" + openhim + R"(,"path_prefix":"crvs/"})",
                  {"openhim.path_prefix"}},
        BadConfig{"urn",
                  R"("server":{"public_host":"m"},"openhim":{)" + openhim + R"(,"urn":"my mediator"})",
                  {"openhim.urn"}},
        BadConfig{"everybody_is_openhim",
                  R"("server":{"public_host":"m"},"openhim":{"api_url":"https://h","username":"u",
                  "password_file":"/etc/m/password","peers":["0.0.0.0/0"]})",
                  {"openhim.peers"}},
        BadConfig{"peer_certificates_unasked",
                  R"("server":{"public_host":"m"},"openhim":{)" + openhim + R"(,"peer_certificates":[")" +
                      std::string(64, 'b') + "\"]}",
                  {"openhim.peer_certificates"}},
        BadConfig{"peers_not_addresses",
                  R"("server":{"public_host":"m"},"openhim":{"api_url":"https://h","username":"u",
                  "password_file":"/etc/m/password","peers":["openhim.example.org"]})",
                  {"openhim.peers"}},
        BadConfig{"peers_not_list",
                  R"("server":{"public_host":"m"},"openhim":{"api_url":"https://h","username":"u",
                  "password_file":"/etc/m/password","peers":"10.0.0.5"})",
                  {"openhim.peers"}},
        BadConfig{"same_port", R"("admin":{"port":8480})", {"admin.port"}},
        BadConfig{"port_as_text", R"("server":{"port":"8480"})", {"server.port"}},
        BadConfig{"port_too_large", R"("server":{"port":18446744073709551615})", {"server.port"}},
        BadConfig{"flag_as_number", R"("channels":{"notification":{"enabled":1}})", {"channels.notification.enabled"}},
        BadConfig{"waits",
                  R"("channels":{"notification":{"retry":{"first_wait":"5s","max_wait":"1s"}}})",
                  {"channels.notification.retry.first_wait"}},
        BadConfig{
            "timeout_order", R"("channels":{"notification":{"timeout":"2m"}})", {"channels.notification.timeout"}},
        BadConfig{
            "hears_nobody", R"("channels":{"webhook-inbound":{"enabled":true}})", {"channels.webhook-inbound.enabled"}},
        BadConfig{"asks_without_a_client",
                  R"("channels":{"webhook-inbound":{"enabled":true},"webhook":{
                  "forwarded_secret_file":"/etc/m/path-secret","forwarded_peers":["10.0.0.9"]}})",
                  {"targets.central.clients.webhook.client_id"}},
        BadConfig{"in_front_and_deaf",
                  R"("channels":{"webhook":{"country_config":{"enabled":true}}})",
                  {"channels.webhook.country_config.enabled", "channels.webhook.country_config.url",
                   "targets.central.auth_url"}},
        BadConfig{"in_front_of_itself",
                  R"("server":{"allow_plaintext":true},
                  "channels":{"webhook-inbound":{"enabled":true},"webhook":{"finality":"optimistic","country_config":{
                  "enabled":true,"host":"0.0.0.0","port":3040,"url":"http://localhost:3040"}}})",
                  {"channels.webhook.country_config.url", "targets.central.auth_url"}},
        BadConfig{
            "in_front_and_open",
            R"("channels":{"webhook-inbound":{"enabled":true},"webhook":{"finality":"optimistic","country_config":{
                  "enabled":true,"host":"0.0.0.0","port":8480,"url":"https://countryconfig:3040"}}})",
            {"channels.webhook.country_config.host", "channels.webhook.country_config.port",
             "targets.central.auth_url"}},
        BadConfig{
            "in_front_with_half_a_certificate",
            R"("channels":{"webhook-inbound":{"enabled":true},"webhook":{"finality":"optimistic","country_config":{
                  "enabled":true,"url":"https://countryconfig:3040","tls":{"key_file":"/etc/m/key.pem"}}}})",
            {"channels.webhook.country_config.tls.certificate_file", "targets.central.auth_url"}},
        BadConfig{"path_secret_to_guess",
                  R"("channels":{"webhook":{"forwarded_secret_file":"/etc/m/secret"}})",
                  {"channels.webhook.forwarded_secret_file"}},
        BadConfig{"hearing_timeout",
                  R"("server":{"request_timeout":"5s"},"channels":{"notification":{"timeout":"5s"}})",
                  {"channels.webhook-inbound.timeout"}},
        BadConfig{"free_order", R"("store":{"min_free":"2GiB"})", {"store.warn_free"}},
        BadConfig{"body_in_flight", R"("server":{"max_body":"512MiB"})", {"server.max_bytes_in_flight"}},
        BadConfig{"not_yet_built", R"("channels":{"search":{"enabled":true}})", {"channels.search"}},
        BadConfig{"odd_key", R"("server.port":1)", {"server.port"}}, BadConfig{"empty_key", R"("":1)", {""}},
        BadConfig{"null_value", R"("log":{"level":null})", {"log.level"}},
        BadConfig{"duplicate_section", R"("country":{})", {"country"}}),
    [](const auto& row) { return std::string(row.param.label); });

TEST(ConfigLoader, MalformedFileTellsTheLine) {
    const auto files = usual_files();
    const auto loaded = load(input_of(files, "{\n  \"log\": {\n    \"level\": debug\n  }\n}"));
    ASSERT_EQ(loaded.errors.size(), 1u);
    EXPECT_EQ(loaded.errors[0].path, "line 3");
    EXPECT_NE(loaded.errors[0].message.find("in log.level"), std::string::npos);
    EXPECT_EQ(paths(load(input_of(files, "[]")).errors), std::vector<std::string>{"mediator.json"});
    EXPECT_EQ(paths(load(input_of(files, std::string(1000, '['))).errors).size(), 1u);
}

TEST(ConfigLoader, SubscribingNeedsAClientAndAnAddress) {
    const auto files = usual_files();
    const auto with = [](const std::string& client, const std::string& more) {
        return R"({"targets":{"central":{"version":"1.8","gateway_url":"https://g.example.org",
            "webhooks_url":"https://webhooks.example.org","clients":{"notification":{"client_id":"c",
            "client_secret_file":"/etc/m/secret"})" +
               client +
               R"(}}},"country":{"map_file":"/etc/m/map.json"},"channels":{"webhook-inbound":{"enabled":true)" + more +
               "}}}";
    };
    const std::string client = R"(,"webhook":{"client_id":"w","client_secret_file":"/etc/m/secret",
        "sha_secret_file":"/etc/m/secret"})";
    const std::string url = R"(,"public_url":"https://mediator.example.org")";
    EXPECT_EQ(paths(load(input_of(files, with("", url))).errors),
              (std::vector<std::string>{
                  "targets.central.clients.webhook.client_id", "targets.central.clients.webhook.client_secret_file",
                  "targets.central.clients.webhook.sha_secret_file", "channels.webhook-inbound.enabled"}));
    EXPECT_EQ(paths(load(input_of(files, with(client, ""))).errors),
              std::vector<std::string>{"channels.webhook-inbound.public_url"});
    const auto loaded = load(input_of(files, with(client, url)));
    ASSERT_TRUE(loaded.config) << format_problems(loaded.errors);
    EXPECT_EQ(loaded.config->target("central").webhook_sha_secret, "client-secret");
}

TEST(ConfigLoader, TargetsAreNamedAndChosen) {
    const auto files = usual_files();
    const auto two = [](const std::string& first, const std::string& second, const std::string& more) {
        const std::string body =
            R"({"version":"2.0","gateway_url":"https://g.example.org","clients":{"notification":{"client_id":"c","client_secret_file":"secret"}}})";
        return R"({"country":{"map_file":"map.json"},"targets":{")" + first + "\":" + body + ",\"" + second +
               "\":" + body + "}" + more + "}";
    };
    EXPECT_EQ(
        lines(load(input_of(files, two("a", "b", ""))).errors),
        std::vector<std::string>{"active_target: is missing: there is more than one target | one of: \"a\", \"b\""});
    const auto chosen = load(input_of(files, two("a", "b", R"(,"active_target":"b")")));
    ASSERT_TRUE(chosen.config) << format_problems(chosen.errors);
    EXPECT_EQ(chosen.config->target_names(), (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(paths(load(input_of(files, two("a-b", "a_b", R"(,"active_target":"a-b")"))).errors),
              std::vector<std::string>{"targets.a_b"});
    EXPECT_EQ(paths(load(input_of(files, two("a", "B", ""))).errors), std::vector<std::string>{"targets.B"});
    EXPECT_EQ(paths(load(input_of(files, two("a", "b__c", ""))).errors), std::vector<std::string>{"targets.b__c"});
}

TEST(ConfigLoader, IncompleteTarget) {
    const auto files = usual_files();
    const auto loaded =
        load(input_of(files, R"({"country":{"map_file":"map.json"},"targets":{"x":{"version":"1.2"}}})"));
    EXPECT_EQ(paths(loaded.errors), (std::vector<std::string>{"targets.x.version", "targets.x.gateway_url",
                                                              "targets.x.clients.notification.client_id",
                                                              "targets.x.clients.notification.client_secret_file"}));
}

TEST(ConfigLoader, EnvironmentOverridesFile) {
    const auto files = usual_files();
    const auto loaded = load(input_of(files, minimal(with_openhim),
                                      {{"MEDIATOR_OPENHIM__API_URL", "https://other.example.org/"},
                                       {"MEDIATOR_OPENHIM__PASSWORD", "from-environment"},
                                       {"MEDIATOR_OPENHIM__PEERS", "10.0.0.6, 10.1.0.0/16"},
                                       {"MEDIATOR_SERVER__PORT", "0"},
                                       {"MEDIATOR_CHANNELS__NOTIFICATION__HOLD", "true"},
                                       {"MEDIATOR_TARGETS__CENTRAL__TIMEOUT", "3s"},
                                       {"MEDIATOR_CONFIG", "/somewhere"},
                                       {"PATH", "/bin"}}));
    ASSERT_TRUE(loaded.config) << format_problems(loaded.errors);
    const auto& config = *loaded.config;
    EXPECT_EQ(config.text("openhim.api_url"), "https://other.example.org");
    EXPECT_EQ(config.origin("openhim.api_url"), Origin::environment);
    EXPECT_EQ(config.secret("openhim.password"), "from-environment");
    EXPECT_EQ(config.list("openhim.peers"), (std::vector<std::string>{"10.0.0.6", "10.1.0.0/16"}));
    EXPECT_EQ(config.integer("server.port"), 0);
    EXPECT_TRUE(config.flag("channels.notification.hold"));
    EXPECT_EQ(config.target("central").timeout, 3s);
}

TEST(ConfigLoader, EnvironmentAloneMakesAConfiguration) {
    const auto files = usual_files();
    const auto loaded = load(input_of(files, "{}",
                                      {{"MEDIATOR_TARGETS__MAIN__VERSION", "2.0"},
                                       {"MEDIATOR_TARGETS__MAIN__GATEWAY_URL", "https://g.example.org"},
                                       {"MEDIATOR_TARGETS__MAIN__CLIENTS__NOTIFICATION__CLIENT_ID", "c"},
                                       {"MEDIATOR_TARGETS__MAIN__CLIENTS__NOTIFICATION__CLIENT_SECRET", "s"},
                                       {"MEDIATOR_COUNTRY__MAP_FILE", "map.json"}}));
    ASSERT_TRUE(loaded.config) << format_problems(loaded.errors);
    EXPECT_EQ(loaded.config->target("main").notification->client_secret, "s");
    EXPECT_EQ(loaded.config->text("country.map_file"), "/etc/m/map.json");
}

TEST(ConfigLoader, EnvironmentFindsNamesWithDashes) {
    const auto files = usual_files();
    auto text = minimal();
    text.replace(text.find("central"), 7, "far-north");
    const auto loaded = load(input_of(files, text, {{"MEDIATOR_TARGETS__FAR_NORTH__TIMEOUT", "1s"}}));
    ASSERT_TRUE(loaded.config) << format_problems(loaded.errors);
    EXPECT_EQ(loaded.config->target("far-north").timeout, 1s);
}

TEST(ConfigLoader, EnvironmentErrorsNameTheVariable) {
    const auto files = usual_files();
    const auto loaded = load(input_of(files, minimal(),
                                      {{"MEDIATOR_SERVER__PROT", "1"},
                                       {"MEDIATOR_LOG__LEVEL", "loud"},
                                       {"MEDIATOR_TARGETS__CENTRAL__CLIENTS__NOTIFICATION__CLIENT_SECRET", ""}}));
    EXPECT_EQ(lines(loaded.errors),
              (std::vector<std::string>{
                  "MEDIATOR_SERVER__PROT: is not a setting | did you mean MEDIATOR_SERVER__PORT?",
                  "MEDIATOR_LOG__LEVEL: is not a known choice | one of \"trace\", \"debug\", \"info\", \"warn\", "
                  "\"error\"",
                  "MEDIATOR_TARGETS__CENTRAL__CLIENTS__NOTIFICATION__CLIENT_SECRET: is empty | the secret itself"}));
}

TEST(ConfigLoader, ConsoleStandsBetweenFileAndEnvironment) {
    const auto files = usual_files();
    const auto input =
        input_of(files, minimal(R"("log":{"level":"debug","format":"json"})"), {{"MEDIATOR_LOG__FORMAT", "text"}});
    const auto applied = load(input, Json{{"log.level", "error"},
                                          {"log__format", "json"},
                                          {"channels__notification__retry__attempts", "5"},
                                          {"channels.notification.retry.max_wait", "4s"},
                                          {"channels.notification.hold", true},
                                          {"channels.notification.enabled", "false"},
                                          {"channels.notification.retry.first_wait", nullptr}});
    ASSERT_TRUE(applied.config) << format_problems(applied.errors);
    EXPECT_EQ(applied.config->text("log.level"), "error");
    EXPECT_EQ(applied.config->origin("log.level"), Origin::console);
    EXPECT_EQ(applied.config->text("log.format"), "text") << "the environment sets it";
    EXPECT_EQ(paths(applied.warnings), std::vector<std::string>{"log.format"});
    EXPECT_EQ(applied.config->integer("channels.notification.retry.attempts"), 5);
    EXPECT_EQ(applied.config->duration("channels.notification.retry.max_wait"), 4s);
    EXPECT_TRUE(applied.config->flag("channels.notification.hold"));
    EXPECT_FALSE(applied.config->flag("channels.notification.enabled"));
    EXPECT_EQ(applied.config->origin("channels.notification.retry.first_wait"), Origin::fallback);
}

TEST(ConfigLoader, ConsoleIsTakenWholeOrNotAtAll) {
    const auto files = usual_files();
    const auto input = input_of(files, minimal(), {{"MEDIATOR_LOG__FORMAT", "text"}});
    const auto refused = load(input, Json{{"log.level", "debug"},
                                          {"log.lvl", "debug"},
                                          {"log.format", "json"},
                                          {"server.host", "0.0.0.0"},
                                          {"channels.notification.retry.attempts", 99},
                                          {"channels.notification.retry.first_wait", "1m"}});
    EXPECT_FALSE(refused.config);
    EXPECT_EQ(paths(refused.errors),
              (std::vector<std::string>{"channels.notification.retry.attempts", "log.lvl", "server.host",
                                        "channels.notification.retry.first_wait"}))
        << format_problems(refused.errors);
    EXPECT_FALSE(load(input, Json::array()).config);
}

TEST(ConfigLoader, ConsoleShowsOnlyWhatItMayChange) {
    const auto files = usual_files();
    const auto loaded = load(input_of(files, minimal(), {{"MEDIATOR_LOG__FORMAT", "text"}}));
    ASSERT_TRUE(loaded.config);
    std::map<std::string, ConsoleSetting> shown;
    for (auto& setting : console_settings(*loaded.config)) shown.emplace(setting.param, setting);
    EXPECT_FALSE(shown.contains("log__format")) << "the environment pins it";
    ASSERT_TRUE(shown.contains("log__level"));
    EXPECT_EQ(shown.at("log__level").type, "option");
    EXPECT_EQ(shown.at("log__level").values.size(), 5u);
    EXPECT_EQ(shown.at("log__level").current, "info");
    EXPECT_EQ(shown.at("channels__notification__hold").type, "bool");
    EXPECT_EQ(shown.at("channels__notification__hold").current, false);
    EXPECT_EQ(shown.at("channels__notification__retry__attempts").current, 3);
    EXPECT_EQ(shown.at("channels__notification__retry__max_wait").current, "2s");
    // What is shown can be sent back as it is.
    Json echoed = Json::object();
    for (const auto& [param, setting] : shown) echoed[param] = setting.current;
    EXPECT_TRUE(load(input_of(files, minimal(), {{"MEDIATOR_LOG__FORMAT", "text"}}), echoed).config);
    // Nothing that redirects, opens or keeps data (design section 8).
    for (const auto& setting : settings()) {
        if (!setting.console()) continue;
        EXPECT_TRUE(setting.key.starts_with("channels.") || setting.key.starts_with("log.")) << setting.key;
    }
}

TEST(ConfigLoader, Warnings) {
    auto files = usual_files();
    files.files["/etc/m/secret"].readable_by_all = true;
    const auto loaded = load(input_of(files, minimal(R"("admin":{"host":"0.0.0.0"},
        "server":{"host":"0.0.0.0","allow_plaintext":true,"public_host":"127.0.0.1"},
        "openhim":{"api_url":"http://openhim.example.org","username":"u","password_file":"password","trust_self_signed":true})")));
    ASSERT_TRUE(loaded.config) << format_problems(loaded.errors);
    EXPECT_EQ(paths(loaded.warnings),
              (std::vector<std::string>{"targets.central.clients.notification.client_secret_file", "openhim.api_url",
                                        "server.public_host", "openhim.trust_self_signed", "openhim.peers",
                                        "server.allow_plaintext", "admin.host"}));
}

TEST(ConfigLoader, SecretFiles) {
    const struct {
        std::string content;
        bool good;
        std::string secret;
    } rows[] = {{"abc", true, "abc"}, {"abc\n", true, "abc"}, {"abc\r\n", true, "abc"}, {"a b \n", true, "a b "},
                {"", false, ""},      {"\n", false, ""},      {"a\nb\n", false, ""}};
    for (const auto& row : rows) {
        auto files = usual_files();
        files.files["/etc/m/secret"].content = row.content;
        const auto loaded = load(input_of(files, minimal()));
        EXPECT_EQ(loaded.config != nullptr, row.good) << row.content;
        if (loaded.config) {
            EXPECT_EQ(loaded.config->target("central").notification->client_secret, row.secret);
        } else {
            EXPECT_EQ(paths(loaded.errors),
                      std::vector<std::string>{"targets.central.clients.notification.client_secret_file"});
        }
    }
}

TEST(ConfigLoader, ReportNamesOriginsAndNoSecret) {
    const auto files = usual_files();
    const auto input = input_of(files, minimal(with_openhim),
                                {{"MEDIATOR_OPENHIM__PASSWORD", "top-secret"}, {"MEDIATOR_SERVER__PORT", "9000"}});
    const auto text = report(input, load(input));
    EXPECT_NE(text.find("mediator.json: OK, registers with OpenHIM, sends to \"central\" (OpenCRVS 2.0)\n"),
              std::string::npos)
        << text;
    EXPECT_NE(text.find("  server.port = 9000  (environment)\n"), std::string::npos);
    EXPECT_NE(text.find("  openhim.username = u  (file)\n"), std::string::npos);
    EXPECT_EQ(text.find("top-secret"), std::string::npos);
    EXPECT_EQ(text.find("client-secret\n"), std::string::npos);

    const auto bad = input_of(files, R"({"lgo":{}})");
    const auto errors = report(bad, load(bad));
    EXPECT_EQ(errors.find("mediator.json: 2 errors\n  lgo is not a setting\n      did you mean log?\n"), 0u) << errors;
    EXPECT_EQ(errors.find("OK"), std::string::npos);
}

TEST(ConfigLoader, UnknownKeysByTheThousandStayCheap) {
    const auto files = usual_files();
    std::string text = "{";
    for (int i = 0; i < 20'000; ++i) text += "\"key" + std::to_string(i) + "\":0,";
    text.back() = '}';
    const auto loaded = load(input_of(files, text));
    EXPECT_EQ(loaded.errors.at(200).message, "there are more errors; correct these first");
}

TEST(ConfigExample, IsSafeAsShipped) {
    const std::string path = ocm::support::source_dir() / "config/mediator.example.json";
    auto input = read_input(path);
    ASSERT_TRUE(input);
    FakeFiles files;
    files.files["/etc/opencrvs-mediator/openhim-password"] = {"p\n"};
    files.files["/etc/opencrvs-mediator/notification-secret"] = {"s\n"};
    files.files["/etc/opencrvs-mediator/country/map.json"] = {"{}"};
    input->files = &files;
    input->environment.clear();
    const auto loaded = load(*input);
    ASSERT_TRUE(loaded.config) << format_problems(loaded.errors);
    // The one thing left to decide is whom to trust.
    EXPECT_EQ(paths(loaded.warnings), std::vector<std::string>{"openhim.peers"}) << format_problems(loaded.warnings);
    const auto& config = *loaded.config;
    EXPECT_EQ(config.text("server.host"), "127.0.0.1");
    EXPECT_FALSE(config.flag("server.allow_plaintext"));
    EXPECT_EQ(config.text("admin.host"), "127.0.0.1");
    EXPECT_TRUE(config.list("openhim.peers").empty());
    EXPECT_TRUE(config.list("openhim.peer_certificates").empty());
    EXPECT_FALSE(config.flag("openhim.trust_self_signed"));
    EXPECT_EQ(config.text("openhim.orchestration_bodies"), "hash");
    EXPECT_EQ(config.duration("store.retention"), 90 * 24h);
    for (const auto& setting : settings()) {
        // A part of hearing from OpenCRVS, which is off.
        if (setting.key == "channels.webhook.catch_up.enabled") continue;
        if (setting.key.starts_with("channels.") && setting.key.ends_with(".enabled")) {
            EXPECT_EQ(config.flag(setting.key), setting.key == "channels.notification.enabled") << setting.key;
        }
    }
    // No default password: without the file there is no start.
    files.files.erase("/etc/opencrvs-mediator/openhim-password");
    EXPECT_EQ(paths(load(*input).errors), std::vector<std::string>{"openhim.password_file"});
}

TEST(ConfigDefaults, AreSafeWithoutAnyFile) {
    const auto files = usual_files();
    const auto loaded = load(input_of(files, minimal()));
    ASSERT_TRUE(loaded.config);
    EXPECT_EQ(loaded.config->text("server.host"), "127.0.0.1");
    EXPECT_EQ(loaded.config->text("admin.host"), "127.0.0.1");
    EXPECT_FALSE(loaded.config->flag("server.allow_plaintext"));
    EXPECT_FALSE(loaded.config->flag("openhim.trust_self_signed"));
    EXPECT_FALSE(loaded.config->flag("openhim.install_channels"));
    EXPECT_FALSE(loaded.config->flag("channels.webhook.country_config.enabled"));
    EXPECT_TRUE(loaded.config->list("openhim.peers").empty());
    EXPECT_EQ(loaded.config->text("openhim.orchestration_bodies"), "hash");
    EXPECT_EQ(loaded.config->duration("openhim.heartbeat_interval"), 10s);
}

TEST(ConfigDocs, AreCurrent) {
    std::ifstream in(ocm::support::source_dir() / "docs/configuration.md");
    const std::string committed{std::istreambuf_iterator<char>(in), {}};
    EXPECT_EQ(committed, configuration_markdown()) << "run: opencrvs-mediator config-docs > docs/configuration.md";
}

TEST(SystemFiles, TellWhatCanBeRead) {
    const auto folder = std::filesystem::temp_directory_path() / ("ocm-config-" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder);
    const auto path = (folder / "secret").string();
    std::ofstream(path) << "abc\n";
    std::filesystem::permissions(path, std::filesystem::perms::owner_read);
    EXPECT_TRUE(system_files().info(path).readable);
    EXPECT_FALSE(system_files().info(path).readable_by_all);
    std::filesystem::permissions(path, std::filesystem::perms::others_read, std::filesystem::perm_options::add);
    EXPECT_TRUE(system_files().info(path).readable_by_all);
    EXPECT_EQ(system_files().read_small(path).value(), "abc\n");
    EXPECT_FALSE(system_files().info(folder.string()).readable);
    EXPECT_FALSE(system_files().read_small((folder / "none").string()));
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    std::ofstream(path) << std::string(20'000, 'x');
    EXPECT_FALSE(system_files().read_small(path));
    EXPECT_FALSE(read_input((folder / "none").string()));
    std::filesystem::remove_all(folder);
}

TEST(ConfigTargets, GatewaysBefore17PassNoTokensOn) {
    const auto files = usual_files();
    const auto of = [&](const std::string& version) {
        auto text = minimal();
        text.replace(text.find("\"2.0\""), 5, "\"" + version + "\"");
        return paths(load(input_of(files, text)).errors);
    };
    for (const auto* version : {"1.3", "1.4", "1.5", "1.6"}) {
        EXPECT_EQ(of(version), std::vector<std::string>{"targets.central.auth_url"}) << version;
    }
    for (const auto* version : {"1.7", "1.8", "1.9", "2.0"}) EXPECT_TRUE(of(version).empty()) << version;
    EXPECT_EQ(of("1.2"), std::vector<std::string>{"targets.central.version"});
}
