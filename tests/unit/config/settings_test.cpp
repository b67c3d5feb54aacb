// SPDX-License-Identifier: MPL-2.0
#include "config/settings.hpp"

#include "config/config.hpp"
#include "config/notation.hpp"

#include <gtest/gtest.h>

#include <set>

using namespace ocm;
using namespace ocm::config;
using namespace std::chrono_literals;

TEST(ConfigTable, IsWellFormed) {
    std::set<std::string> keys, variables;
    for (const auto& setting : settings()) {
        EXPECT_TRUE(keys.emplace(setting.key).second) << setting.key;
        EXPECT_TRUE(variables.insert(environment_name(setting.key)).second) << setting.key;
        EXPECT_EQ(find_setting(setting.key), &setting);
        EXPECT_FALSE(is_section(setting.key)) << setting.key;
        EXPECT_TRUE(setting.doc.ends_with('.')) << setting.key;
        EXPECT_EQ(setting.doc.find('|'), std::string_view::npos) << "breaks the table in the documentation";
        EXPECT_EQ(setting.key.find("__"), std::string_view::npos);
        EXPECT_EQ(setting.type == Type::choice, !setting.choices.empty()) << setting.key;
        EXPECT_FALSE(allowed(setting).empty());
        EXPECT_TRUE(setting.type != Type::secret_file || setting.key.ends_with("_file")) << setting.key;
        // A console parameter always has a value to show, and is no target's.
        EXPECT_FALSE(setting.console() && setting.key.find('*') != std::string_view::npos) << setting.key;
        EXPECT_FALSE(setting.console() && setting.fallback == nullptr) << setting.key;
    }
}

TEST(ConfigTable, FindsKeysAndSections) {
    EXPECT_EQ(find_setting("targets.central.version")->key, "targets.*.version");
    EXPECT_EQ(find_setting("targets..version"), nullptr);
    EXPECT_EQ(find_setting("targets.central"), nullptr);
    EXPECT_EQ(find_setting("targets.central.version.x"), nullptr);
    EXPECT_EQ(find_setting(""), nullptr);
    for (const auto* key : {"server", "server.tls", "targets", "targets.x", "targets.x.clients.notification"}) {
        EXPECT_TRUE(is_section(key)) << key;
    }
    for (const auto* key : {"server.port", "serve", "", "targets.x.version", "server.tls.key_file.x"}) {
        EXPECT_FALSE(is_section(key)) << key;
    }
    EXPECT_EQ(secret_setting("openhim.password")->key, "openhim.password_file");
    EXPECT_EQ(secret_setting("server.tls.key"), nullptr);
}

TEST(ConfigTable, Suggests) {
    const std::pair<const char*, const char*> rows[] = {
        {"openhim.api_urll", "openhim.api_url"},
        {"openhim.apiurl", "openhim.api_url"},
        {"openhim.password", "openhim.password_file"},
        {"servr", "server"},
        {"server.api_url", "openhim.api_url"},
        {"targets.central.gatway_url", "targets.central.gateway_url"},
        {"targets.central.verison", "targets.central.version"},
        {"channels.notification.retries.attempts", "channels.notification.retry.attempts"},
        {"entirely.different", ""},
        {"", ""},
    };
    for (const auto& [unknown, expected] : rows) EXPECT_EQ(suggestion(unknown), expected) << unknown;
    EXPECT_EQ(suggestion(std::string(100'000, 'x')), "");
}

TEST(ConfigNotation, Durations) {
    const std::pair<const char*, std::optional<Milliseconds>> rows[] = {{"250ms", 250ms},
                                                                        {"30s", 30s},
                                                                        {"5m", 5min},
                                                                        {"12h", 12h},
                                                                        {"7d", 168h},
                                                                        {"0s", 0ms},
                                                                        {"30", {}},
                                                                        {"s", {}},
                                                                        {"", {}},
                                                                        {"-1s", {}},
                                                                        {"1.5s", {}},
                                                                        {"1 s", {}},
                                                                        {"1S", {}},
                                                                        {"9999999999999d", {}},
                                                                        {"99999999999999999999s", {}}};
    for (const auto& [text, expected] : rows) EXPECT_EQ(parse_duration(text), expected) << text;
    for (const auto* text : {"250ms", "90s", "1m", "36h", "7d", "0s"}) {
        EXPECT_EQ(format_duration(*parse_duration(text)), text);
    }
}

TEST(ConfigNotation, Sizes) {
    EXPECT_EQ(parse_size("10MiB"), 10 << 20);
    EXPECT_EQ(parse_size("1GiB"), 1 << 30);
    for (const auto* text : {"10", "10MB", "10 MiB", "-1B", "9223372036854775807KiB"}) {
        EXPECT_FALSE(parse_size(text)) << text;
    }
    for (const auto* text : {"1B", "16KiB", "10MiB", "3GiB", "0B"}) EXPECT_EQ(format_size(*parse_size(text)), text);
}

TEST(ConfigNotation, Urls) {
    EXPECT_EQ(parse_url("https://h.example.org:8080/"), "https://h.example.org:8080");
    EXPECT_EQ(parse_url("http://127.0.0.1:1/api//"), "http://127.0.0.1:1/api");
    for (const auto* text : {"", "h.example.org", "https://", "ftp://h", "https://u:p@h", "https://h?x=1",
                             "https://h#x", "https://h /x", "https://h:port"}) {
        EXPECT_FALSE(parse_url(text)) << text;
    }
}

TEST(ConfigNotation, Hosts) {
    EXPECT_EQ(parse_host("Mediator.Example.org"), "mediator.example.org");
    EXPECT_EQ(parse_host("::1"), "::1");
    for (const auto* text : {"", "10.0.0.256", "a b", "-a", "a..b", ".", "http://h", "h:80", "1.2.3"}) {
        EXPECT_FALSE(parse_host(text)) << text;
    }
    EXPECT_FALSE(parse_host(std::string_view("127.0.0.1\0x", 11)));
    for (const auto* host :
         {"127.0.0.1", "127.9.9.9", "::1", "0:0:0:0:0:0:0:1", "[::1]", "localhost", "LOCALHOST", "::ffff:127.0.0.1"}) {
        EXPECT_TRUE(is_loopback(host)) << host;
    }
    for (const auto* host : {"0.0.0.0", "::", "10.0.0.1", "localhost.example.org", ""}) {
        EXPECT_FALSE(is_loopback(host)) << host;
    }
}

TEST(ConfigNotation, Fingerprints) {
    std::string colons;
    for (int i = 0; i < 32; ++i) colons += i == 0 ? "AB" : ":AB";
    std::string plain;
    for (int i = 0; i < 32; ++i) plain += "ab";
    EXPECT_EQ(parse_fingerprint(colons), plain);
    EXPECT_EQ(parse_fingerprint(plain), plain);
    EXPECT_FALSE(parse_fingerprint(plain.substr(2)));
    EXPECT_FALSE(parse_fingerprint(plain + "ab"));
    EXPECT_FALSE(parse_fingerprint("g" + plain.substr(1)));
}

TEST(ConfigNotation, Networks) {
    const struct {
        const char* network;
        const char* address;
        bool inside;
    } rows[] = {{"10.0.0.5", "10.0.0.5", true},
                {"10.0.0.5", "10.0.0.6", false},
                {"10.1.0.0/16", "10.1.255.255", true},
                {"10.1.0.0/16", "10.2.0.0", false},
                {"10.1.2.128/25", "10.1.2.127", false},
                {"10.1.2.128/25", "10.1.2.200", true},
                {"10.0.0.5", "::ffff:10.0.0.5", true},
                {"fd00::/8", "fdab::1", true},
                {"fd00::/8", "fe80::1", false},
                {"fd00::/8", "10.0.0.1", false},
                {"0.0.0.0/0", "203.0.113.1", true},
                {"10.0.0.5", "not an address", false},
                {"10.0.0.5", "", false}};
    for (const auto& row : rows) {
        const auto network = Network::parse(row.network);
        ASSERT_TRUE(network) << row.network;
        EXPECT_EQ(network->contains(row.address), row.inside) << row.network << " " << row.address;
    }
    for (const auto* text : {"", "host", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "::/129", "/8"}) {
        EXPECT_FALSE(Network::parse(text)) << text;
    }
    EXPECT_TRUE(Network::parse("::/0")->everything());
}

TEST(ConfigAccess, WrongKeysAreBugs) {
    const Config config({{"log.level", {Value(std::string("info")), Origin::fallback}}}, {});
    EXPECT_EQ(config.text("log.level"), "info");
    EXPECT_EQ(config.text("openhim.api_url"), "");
    EXPECT_THROW(config.text("log.lvl"), std::logic_error);
    EXPECT_THROW(config.flag("log.level"), std::logic_error);
    EXPECT_THROW(config.flag("channels.notification.enabled"), std::logic_error);
    EXPECT_THROW(config.secret("log.level"), std::logic_error);
}
