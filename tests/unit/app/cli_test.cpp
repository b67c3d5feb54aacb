// SPDX-License-Identifier: MPL-2.0
#include "app/cli.hpp"

#include "core/json.hpp"
#include "support/paths/paths.hpp"
#include "unit/store/fixture.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>

using namespace ocm;
using namespace ocm::app;

namespace {

struct Ran {
    int code = 0;
    std::string out, err;
};

using Words = std::vector<std::string>;

/// The command line as a shell would call it.
Ran run(Words words) {
    words.insert(words.begin(), "opencrvs-mediator");
    std::vector<char*> argv;
    for (auto& word : words) argv.push_back(word.data());
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    Ran out;
    out.code = run_cli(static_cast<int>(argv.size()), argv.data());
    std::fflush(stdout);
    out.out = testing::internal::GetCapturedStdout();
    out.err = testing::internal::GetCapturedStderr();
    return out;
}

/// A stand-alone configuration in a folder of its own.
class CommandLine : public testing::Test {
  protected:
    CommandLine() {
        write("secret", "not-shown");
        write("key.pem", "no key");
        const auto map = support::source_dir() / "config/countries/farajaland/map.json";
        configure(map.string());
    }

    std::string write(const std::string& name, const std::string& text) {
        const auto path = folder / name;
        std::ofstream(path, std::ios::binary) << text;
        return path.string();
    }
    void configure(const std::string& map, const Json& more = Json::object()) {
        Json config{{"targets",
                     {{"national",
                       {{"version", "2.0"},
                        {"gateway_url", "http://127.0.0.1:1"},
                        {"clients", {{"notification", {{"client_id", "x"}, {"client_secret_file", "secret"}}}}}}}}},
                    {"country", {{"map_file", map}}},
                    {"store", {{"path", (folder / "mediator.db").string()}}}};
        config.update(more);
        file = write("mediator.json", dump_json(config));
    }

    const test::TemporaryFolder temporary;  // tests run side by side
    const std::filesystem::path folder = temporary.file("");
    std::string file;
};

}  // namespace

TEST_F(CommandLine, AWordThatNobodyKnowsIsNamed) {
    struct Row {
        Words words;
        const char* said;
    };
    const std::vector<Row> rows{
        {{"serv"}, "not known here: serv\n"},
        {{"clients", "ad"}, "not known here: ad\n"},
        {{"clients", "add", "--nmae", "x", "--kind", "webhook"}, "not known here: --nmae, x\n"},
        {{"serve", "now"}, "now"},
        {{}, "A subcommand is required"},
    };
    for (const auto& row : rows) {
        const auto ran = run(row.words);
        EXPECT_EQ(ran.code, 2) << row.said;
        EXPECT_NE(ran.err.find(row.said), std::string::npos) << ran.err;
        EXPECT_EQ(ran.out, "");
    }
}

TEST_F(CommandLine, AFilterThatIsNoneIsWrongUsage) {
    const std::vector<Words> filters{{"--from", "yesterday"},
                                     {"--to", "2026-13-01T00:00:00Z"},
                                     {"--status", "failed"},
                                     {"--limit", "0"},
                                     {"--reveal"}};
    for (const auto& filter : filters) {
        Words words{"transactions", "list", "--config", file};
        words.insert(words.end(), filter.begin(), filter.end());
        const auto ran = run(words);
        EXPECT_EQ(ran.code, 2) << filter[0];
        EXPECT_NE(ran.err.find(filter[0]), std::string::npos) << ran.err;
    }
    EXPECT_EQ(run({"transactions", "show", "x", "--reveal", "--config", file}).code, 2);
    const auto none = run({"transactions", "list", "--from", "2026-01-15T00:00:00Z", "--status",
                           "Completed with error(s)", "--config", file, "--json"});
    EXPECT_EQ(none.code, 0) << none.err;
    EXPECT_EQ(parse_json(none.out).value(), (Json{{"transactions", Json::array()}}));
}

TEST_F(CommandLine, HelpOfACommandNamesTheOptionsOfAllCommands) {
    const std::vector<Words> asked{{"serve", "--help"}, {"clients", "--help"}, {"clients", "add", "--help"}};
    for (const auto& words : asked) {
        const auto ran = run(words);
        EXPECT_EQ(ran.code, 0);
        EXPECT_NE(ran.out.find("--config FILE, --json"), std::string::npos) << ran.out;
    }
}

TEST_F(CommandLine, CheckConfigIsForMachinesToo) {
    const auto good = run({"check-config", "--config", file, "--json"});
    EXPECT_EQ(good.code, 0) << good.out << good.err;
    const auto report = parse_json(good.out).value();
    EXPECT_EQ(report["ok"], true);
    EXPECT_EQ(report["errors"], Json::array());
    EXPECT_EQ(report["settings"]["targets.national.version"], (Json{{"value", "2.0"}, {"origin", "file"}}));
    EXPECT_EQ(good.out.find("not-shown"), std::string::npos);

    write("mediator.json", R"({"log":{"level":"loud"}})");
    const auto bad = run({"check-config", "--config", file, "--json"});
    EXPECT_EQ(bad.code, 1);
    const auto problems = parse_json(bad.out).value();
    EXPECT_EQ(problems["ok"], false);
    EXPECT_EQ(problems["errors"][0]["path"], "log.level");
    EXPECT_EQ(bad.out.find("loud"), std::string::npos);
}

TEST_F(CommandLine, EveryCommandSaysWhichConfigurationIsWrong) {
    write("mediator.json", R"({"log":{"level":"loud"}})");
    for (const auto& words : std::vector<Words>{{"clients", "list"}, {"register"}, {"channels", "diff"}}) {
        auto all = words;
        all.insert(all.end(), {"--config", file});
        const auto ran = run(all);
        EXPECT_EQ(ran.code, 1);
        EXPECT_NE(ran.err.find(file + " cannot be used; check-config says the same\n  log.level"), std::string::npos)
            << ran.err;
    }
}

TEST_F(CommandLine, ADuplicateKeyOfTheConfigurationIsNamed) {
    write("mediator.json", R"({"log":{"level":"info","level":"info"}})");
    const auto ran = run({"check-config", "--config", file});
    EXPECT_EQ(ran.code, 1);
    EXPECT_NE(ran.out.find("  log.level cannot be read: a key appears twice\n"), std::string::npos) << ran.out;
}

TEST_F(CommandLine, WhereARelativePathStartsIsSaid) {
    configure("elsewhere/map.json");
    const auto ran = run({"check-config", "--config", file});
    EXPECT_EQ(ran.code, 1);
    EXPECT_NE(ran.out.find("a readable file (without a / in front it starts at the configuration's folder)"),
              std::string::npos)
        << ran.out;
    EXPECT_EQ(ran.out.find("elsewhere"), std::string::npos);
}

TEST_F(CommandLine, CheckConfigReadsTheFilesThatServeReads) {
    const auto map = write("map.json", R"({"format":"another"})");
    const auto mapping = write("dhis2.json", "{");
    configure(map, {{"channels", {{"notification", {{"dhis2_map_file", mapping}}}}},
                    {"server", {{"tls", {{"certificate_file", "key.pem"}, {"key_file", "key.pem"}}}}}});
    const auto ran = run({"check-config", "--config", file});
    EXPECT_EQ(ran.code, 1);
    EXPECT_NE(ran.out.find("3 errors"), std::string::npos) << ran.out;
    for (const char* said : {"country.map_file names a file that cannot be used", "/format: must be",
                             "channels.notification.dhis2_map_file names a file that cannot be used",
                             "server.tls the certificate", "there is none in it in PEM form"}) {
        EXPECT_NE(ran.out.find(said), std::string::npos) << said << "\n" << ran.out;
    }
}

TEST_F(CommandLine, HealthAsksThePortThatIsConfigured) {
    configure((support::source_dir() / "config/countries/farajaland/map.json").string(),
              {{"admin", {{"host", "::1"}, {"port", 2}}}});
    const auto configured = run({"health", "--config", file});
    EXPECT_EQ(configured.code, 1);
    EXPECT_NE(configured.err.find("[::1]:2"), std::string::npos) << configured.err;
    EXPECT_NE(run({"health", "--url", "http://127.0.0.1:3", "--config", file}).err.find("127.0.0.1:3"),
              std::string::npos);
}

TEST_F(CommandLine, TransformSaysThatItKnowsNoLocations) {
    const auto birth = (support::source_dir() / "tests/unit/opencrvs/data/birth-1.8.json").string();
    const auto without = run({"transform", "--from", "opencrvs-1", "--to", "opencrvs-2.0", birth});
    EXPECT_EQ(without.code, 1);
    EXPECT_NE(without.err.find("no locations were given: --locations and --areas"), std::string::npos) << without.err;
    const auto broken = run({"transform", "--from", "opencrvs-1", "--to", "opencrvs-2.0", write("b.json", "{")});
    EXPECT_EQ(broken.err.find("locations"), std::string::npos) << broken.err;
    const auto data = support::source_dir() / "tests/support/sandbox/data";
    const auto with =
        run({"transform", "--from", "opencrvs-1", "--to", "opencrvs-2.0", "--locations",
             (data / "locations.json").string(), "--areas", (data / "administrative-areas.json").string(), birth});
    EXPECT_EQ(with.code, 0) << with.err;
}
