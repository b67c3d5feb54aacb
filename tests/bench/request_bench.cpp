// SPDX-License-Identifier: MPL-2.0
//
// Whole-request benchmark: a birth notification of about 7 KB comes from OpenHIM (a trusted peer), is read, recorded,
// written as a 2.0 declaration, sent in two calls to a stub of OpenCRVS in another process, recorded again and answered
// in OpenHIM's envelope. Prints figures; asserts nothing.
//
//   ocm_request_bench MEDIATOR FORMS.json LOCATIONS.json AREAS.json [seconds per row [connections [on|off]]]

#include "bench/tools.hpp"
#include "core/json.hpp"
#include "http/server.hpp"
#include "support/paths/paths.hpp"

#include <nlohmann/json.hpp>

#include <cstdio>
#include <signal.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <utility>

namespace {

using namespace ocm;
using namespace ocm::bench;
using Clock = SteadyClock;

// --- the stub of OpenCRVS ------------------------------------------------------------------------------------------

struct Stub {
    std::string token, forms, locations, areas;
};

const Stub* the_stub = nullptr;

Task<HttpResponse> answer(HttpRequest request) {
    const auto& stub = *the_stub;
    if (request.path.ends_with("/token")) {
        co_return json_response(200, R"({"access_token":")" + stub.token + R"(","token_type":"Bearer"})");
    }
    if (request.path == "/events/config") co_return json_response(200, stub.forms);
    if (request.path == "/events/events/locations" || request.path == "/events/locations") {
        co_return json_response(200, stub.locations);
    }
    if (request.path.ends_with("administrativeAreas.list")) co_return json_response(200, stub.areas);
    const bool notify = request.path.ends_with("/notify");
    const std::string created =
        R"({"id":"a1","type":"CREATE","status":"Accepted","createdAt":"2026-01-15T09:30:00.000Z","declaration":{}})";
    const std::string notified =
        R"(,{"id":"a2","type":"NOTIFY","status":"Requested","createdAt":"2026-01-15T09:30:00.100Z","declaration":{}},)"
        R"({"id":"a3","type":"NOTIFY","status":"Accepted","originalActionId":"a2","createdAt":"2026-01-15T09:30:00.200Z","declaration":{}})";
    co_return json_response(
        200, R"({"id":"33333333-3333-4333-8333-333333333301","type":"birth","trackingId":"B7Q2K1",)"
             R"("createdAt":"2026-01-15T09:30:00.000Z","updatedAt":"2026-01-15T09:30:00.000Z","actions":[)" +
                 created + (notify ? notified : std::string()) + "]}");
}

Task<HttpResponse> refuse(http::Refusal refusal) {
    co_return text_response(refusal.status, refusal.reason);
}

[[noreturn]] void run_stub(const Stub& stub, int port_pipe) {
    the_stub = &stub;
    IoPool pool(1);
    http::ServerOptions options;
    options.name = "stub";
    http::Server server(pool, options, answer, refuse);
    if (!server.listen()) _exit(1);
    const auto port = server.port();
    if (write(port_pipe, &port, sizeof port) != sizeof port) _exit(1);
    pool.start();
    for (;;) pause();
}

// --- the load ------------------------------------------------------------------------------------------------------

/// An invented birth of about 7 KB. The marks are replaced for each request, by text of the same length.
std::string birth(const std::string& facility, const std::string& office, const std::string& area) {
    const auto patient = [&](std::string id, std::string given, std::string born, bool parent) {
        Json p{{"resourceType", "Patient"},
               {"active", true},
               {"name", {{{"use", "en"}, {"given", {given}}, {"family", "Mwansa"}}}},
               {"gender", parent ? "female" : "male"},
               {"birthDate", born},
               {"deceasedBoolean", false}};
        if (parent) {
            p["identifier"] = {
                {{"use", "official"},
                 {"type",
                  {{"coding", {{{"system", "http://opencrvs.org/specs/identifier-type"}, {"code", "NATIONAL_ID"}}}}}},
                 {"value", "4410098765"}}};
            p["telecom"] = {{{"use", "mobile"}, {"system", "phone"}, {"value", "+260700000001"}}};
            p["maritalStatus"] = {
                {"coding", {{{"system", "http://hl7.org/fhir/StructureDefinition/marital-status"}, {"code", "M"}}}},
                {"text", "MARRIED"}};
            p["address"] = {{{"type", "PRIMARY_ADDRESS"},
                             {"line", {"12", "Market Road", "North", "", "", "URBAN"}},
                             {"city", "Ibombo"},
                             {"district", area},
                             {"state", ""},
                             {"postalCode", "10101"},
                             {"country", "FAR"}}};
            p["extension"] = {
                {{"url", "http://opencrvs.org/specs/extension/patient-occupation"}, {"valueString", "Farmer"}},
                {{"url", "http://opencrvs.org/specs/extension/educational-attainment"},
                 {"valueString", "POST_SECONDARY_ISCED_4"}},
                {{"url", "http://hl7.org/fhir/StructureDefinition/patient-nationality"},
                 {"extension",
                  {{{"url", "code"},
                    {"valueCodeableConcept", {{"coding", {{{"system", "urn:iso:std:iso:3166"}, {"code", "FAR"}}}}}}},
                   {{"url", "period"}, {"valuePeriod", {{"start", ""}, {"end", ""}}}}}}}};
        }
        return Json{{"fullUrl", id}, {"resource", p}};
    };
    const auto section = [](const char* title, const char* code, const std::string& reference) {
        return Json{
            {"title", title},
            {"code",
             {{"coding", {{{"system", "http://opencrvs.org/specs/sections"}, {"code", code}}}}, {"text", title}}},
            {"entry", {{{"reference", reference}}}}};
    };
    const auto observation = [](const char* id, const char* code, const char* display, const char* key, Json value) {
        Json o{{"resourceType", "Observation"},
               {"status", "final"},
               {"context", {{"reference", "urn:uuid:11111111-1111-4111-8111-111111111106"}}},
               {"category",
                {{{"coding",
                   {{{"system", "http://hl7.org/fhir/observation-category"},
                     {"code", "procedure"},
                     {"display", "Procedure"}}}}}}},
               {"code", {{"coding", {{{"system", "http://loinc.org"}, {"code", code}, {"display", display}}}}}}};
        o[key] = std::move(value);
        return Json{{"fullUrl", id}, {"resource", o}};
    };
    const std::string u = "urn:uuid:11111111-1111-4111-8111-1111111111";
    Json entries = Json::array();
    entries.push_back(
        {{"fullUrl", u + "01"},
         {"resource",
          {{"resourceType", "Composition"},
           {"status", "final"},
           {"identifier", {{"system", "urn:ietf:rfc:3986"}, {"value", "@@@@@@@@-1111-4111-8111-1111111111ff"}}},
           {"type",
            {{"coding", {{{"system", "http://opencrvs.org/doc-types"}, {"code", "birth-notification"}}}},
             {"text", "Birth Notification"}}},
           {"class",
            {{"coding", {{{"system", "http://opencrvs.org/specs/classes"}, {"code", "crvs-document"}}}},
             {"text", "CRVS Document"}}},
           {"subject", {{"reference", u + "03"}}},
           {"date", "2026-01-15T09:30:00.000Z"},
           {"title", "Birth Notification"},
           {"section",
            {section("Child details", "child-details", u + "03"),
             section("Birth encounter", "birth-encounter", u + "06"),
             section("Mother's details", "mother-details", u + "04"),
             section("Father's details", "father-details", u + "07"),
             section("Informant's details", "informant-details", u + "05")}}}}});
    entries.push_back({{"fullUrl", u + "02"},
                       {"resource",
                        {{"resourceType", "Task"},
                         {"status", "draft"},
                         {"intent", "unknown"},
                         {"identifier", Json::array()},
                         {"code", {{"coding", {{{"system", "http://opencrvs.org/specs/types"}, {"code", "BIRTH"}}}}}},
                         {"focus", {{"reference", u + "01"}}},
                         {"extension",
                          {{{"url", "http://opencrvs.org/specs/extension/contact-person"}, {"valueString", "MOTHER"}},
                           {{"url", "http://opencrvs.org/specs/extension/contact-person-phone-number"},
                            {"valueString", "+260700000001"}},
                           {{"url", "http://opencrvs.org/specs/extension/contact-person-email"},
                            {"valueString", "contact@example.org"}},
                           {{"url", "http://opencrvs.org/specs/extension/timeLoggedMS"}, {"valueInteger", 0}},
                           {{"url", "http://opencrvs.org/specs/extension/in-complete-fields"}, {"valueString", "N/A"}},
                           {{"url", "http://opencrvs.org/specs/extension/regLastOffice"},
                            {"valueReference", {{"reference", "Location/" + office}}}}}}}}});
    entries.push_back(patient(u + "03", "T@@@@@@@@", "2026-01-14", false));
    entries.push_back(patient(u + "04", "Ruth", "1998-05-02", true));
    entries.push_back(patient(u + "07", "Joseph", "1995-11-30", true));
    entries.push_back(
        {{"fullUrl", u + "05"},
         {"resource",
          {{"resourceType", "RelatedPerson"},
           {"relationship",
            {{"coding",
              {{{"system", "http://hl7.org/fhir/ValueSet/relatedperson-relationshiptype"}, {"code", "MOTHER"}}}}}},
           {"patient", {{"reference", u + "04"}}}}}});
    entries.push_back({{"fullUrl", u + "06"},
                       {"resource",
                        {{"resourceType", "Encounter"},
                         {"status", "finished"},
                         {"location", {{{"location", {{"reference", "Location/" + facility}}}}}}}}});
    entries.push_back(observation((u + "08").c_str(), "57722-1", "Birth plurality of Pregnancy", "valueQuantity",
                                  {{"value", "SINGLE"}}));
    entries.push_back(
        observation((u + "09").c_str(), "3141-9", "Body weight Measured", "valueQuantity",
                    {{"value", 3.2}, {"unit", "kg"}, {"system", "http://unitsofmeasure.org"}, {"code", "kg"}}));
    entries.push_back(observation((u + "10").c_str(), "73764-3", "Birth attendant title", "valueString", "MIDWIFE"));
    return dump_json({{"resourceType", "Bundle"},
                      {"type", "document"},
                      {"meta", {{"lastUpdated", "2026-01-15T09:30:00.000Z"}}},
                      {"entry", entries}});
}

std::atomic<unsigned> serial{1};

struct Load {
    std::uint16_t port = 0;
    std::string body;
    bool keep_alive = false;
    Clock::time_point until;
    std::vector<double> latencies;
    std::size_t failures = 0;
    std::string first_failure;

    void run() {
        std::string buffer;
        int fd = -1;
        while (Clock::now() < until) {
            auto message = body;
            replace_marks(message, serial.fetch_add(1));
            const auto request =
                "POST /crvs/notification HTTP/1.1\r\nHost: mediator\r\nContent-Type: application/json\r\n"
                "X-OpenHIM-TransactionID: 0123456789abcdef01234567\r\nX-OpenHIM-ClientID: hospital\r\n" +
                std::string(keep_alive ? "" : "Connection: close\r\n") +
                "Content-Length: " + std::to_string(message.size()) + "\r\n\r\n" + message;
            const auto begun = Clock::now();
            if (fd < 0) fd = connect_to(port);
            const int status = fd < 0 ? 0 : exchange(fd, request, buffer);
            const bool good = status == 200 && buffer.find(R"("status":"Successful")") != std::string::npos;
            if (good) {
                latencies.push_back(ms(Clock::now() - begun));
            } else {
                if (++failures == 1) first_failure = buffer.substr(0, 1200);
            }
            if (!keep_alive || status == 0) {
                close(fd);
                fd = -1;
            }
        }
        if (fd >= 0) close(fd);
    }
};

std::string first_of(const Json& locations, std::string_view type) {
    for (const auto& location : locations) {
        if (text_member(location, "locationType") == type) return std::string(text_member(location, "id"));
    }
    return {};
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 5) {
        std::fprintf(
            stderr,
            "usage: %s MEDIATOR FORMS.json LOCATIONS.json AREAS.json [seconds per row [connections [on|off]]]\n",
            argv[0]);
        return 2;
    }
    const std::string mediator = argv[1];
    const double seconds = argc > 5 ? std::atof(argv[5]) : 5;
    const auto only_connections = argc > 6 ? std::strtoul(argv[6], nullptr, 10) : 0;
    const std::string only_keep_alive = argc > 7 ? argv[7] : "";
    const Stub stub{fake_token(), read_file(argv[2]), read_file(argv[3]), read_file(argv[4])};
    const auto locations = parse_json(stub.locations);
    const auto areas = parse_json(stub.areas);
    if (!locations || !areas) {
        std::fprintf(stderr, "the locations or areas cannot be read\n");
        return 2;
    }
    const auto body = birth(first_of(*locations, "HEALTH_FACILITY"), first_of(*locations, "CRVS_OFFICE"),
                            (*areas)["result"]["data"]["json"].back().value("id", ""));

    int pipe_ends[2];
    if (pipe(pipe_ends) != 0) return 1;
    const pid_t stub_pid = fork();
    if (stub_pid == 0) run_stub(stub, pipe_ends[1]);
    std::uint16_t stub_port = 0;
    if (read(pipe_ends[0], &stub_port, sizeof stub_port) != sizeof stub_port) return 1;

    const auto folder = fs::temp_directory_path() / ("ocm-bench-" + std::to_string(getpid()));
    fs::create_directories(folder);
    const auto port = free_port();
    const auto admin = free_port();
    const auto url = "http://127.0.0.1:" + std::to_string(stub_port);
    std::ofstream(folder / "secret") << "bench";
    fs::permissions(folder / "secret", fs::perms::owner_read | fs::perms::owner_write);
    std::ofstream(folder / "mediator.json") << dump_json(
        {{"server", {{"host", "127.0.0.1"}, {"port", port}, {"public_host", "127.0.0.1"}}},
         {"admin", {{"host", "127.0.0.1"}, {"port", admin}}},
         // Nobody answers at this address: the load comes as from OpenHIM, and registration stays out of the figures.
         {"openhim",
          {{"api_url", "http://127.0.0.1:9"},
           {"username", "bench"},
           {"password_file", (folder / "secret").string()},
           {"peers", {"127.0.0.1"}}}},
         {"store", {{"path", (folder / "mediator.db").string()}}},
         {"log", {{"level", "warn"}}},
         {"country", {{"map_file", ocm::support::source_dir() / "config/countries/farajaland/map.json"}}},
         {"targets",
          {{"stub",
            {{"version", "2.0"},
             {"gateway_url", url},
             {"auth_url", url},
             {"clients",
              {{"notification", {{"client_id", "bench"}, {"client_secret_file", (folder / "secret").string()}}}}}}}}}});
    const auto config = (folder / "mediator.json").string();
    const auto add = mediator + " clients add --config " + config +
                     " --name hospital --kind event-notification --openhim-client hospital --json > /dev/null";
    if (std::system(add.c_str()) != 0) {
        std::fprintf(stderr, "the client could not be added\n");
        kill(stub_pid, SIGKILL);
        return 1;
    }

    const auto start = [&] {
        const auto started = Clock::now();
        const pid_t child = fork();
        if (child == 0) {
            execl(mediator.c_str(), mediator.c_str(), "serve", "--config", config.c_str(), nullptr);
            _exit(127);
        }
        while (!ready(admin) && Clock::now() - started < std::chrono::seconds(20)) usleep(2000);
        return std::pair(child, ms(Clock::now() - started));
    };
    // The first start makes the key that signs access tokens, which takes as long as its primes take to be found.
    const auto [first_pid, first_start_ms] = start();
    kill(first_pid, SIGTERM);
    waitpid(first_pid, nullptr, 0);
    const auto [pid, start_ms] = start();

    std::printf("birth of %zu bytes, 2 upstream calls, durable record, envelope; %u cores\n", body.size(),
                std::thread::hardware_concurrency());
    std::printf("start to ready %.0f ms (the first time %.0f); fdatasync of 8 KB p50 %.2f ms; RSS idle %.1f MB\n",
                start_ms, first_start_ms, fsync_p50(folder), rss_mb(pid));
    std::printf("%5s %10s %10s %10s %10s %14s %9s %8s\n", "conns", "keep-alive", "req/s", "p50 ms", "p99 ms",
                "CPU us/request", "RSS MB", "failed");
    for (const bool keep_alive : {true, false}) {
        for (const std::size_t connections : {1u, 8u, 32u}) {
            if (only_connections != 0 && connections != only_connections) continue;
            if (!only_keep_alive.empty() && keep_alive != (only_keep_alive == "on")) continue;
            std::vector<Load> loads(connections);
            std::vector<std::thread> threads;
            const auto begun = Clock::now();
            const auto cpu_before = cpu_seconds(pid);
            for (auto& load : loads) {
                load.port = port;
                load.body = body;
                load.keep_alive = keep_alive;
                load.until = begun + std::chrono::milliseconds(static_cast<int>(seconds * 1000));
                threads.emplace_back(&Load::run, &load);
            }
            for (auto& thread : threads) thread.join();
            const double took = ms(Clock::now() - begun) / 1000.0;
            const double cpu = cpu_seconds(pid) - cpu_before;
            std::vector<double> all;
            std::size_t failures = 0;
            for (auto& load : loads) {
                all.insert(all.end(), load.latencies.begin(), load.latencies.end());
                failures += load.failures;
                if (!load.first_failure.empty() && failures == load.failures) {
                    std::fprintf(stderr, "first failure: %s\n", load.first_failure.c_str());
                }
            }
            std::sort(all.begin(), all.end());
            const auto count = static_cast<double>(std::max<std::size_t>(all.size(), 1));
            std::printf("%5zu %10s %10.0f %10.2f %10.2f %14.0f %9.1f %8zu\n", connections, keep_alive ? "on" : "off",
                        count / took, percentile(all, 0.5), percentile(all, 0.99), cpu / count * 1e6, rss_mb(pid),
                        failures);
            std::fflush(stdout);
        }
    }
    kill(pid, SIGTERM);
    waitpid(pid, nullptr, 0);
    kill(stub_pid, SIGKILL);
    waitpid(stub_pid, nullptr, 0);
    std::error_code ignored;
    fs::remove_all(folder, ignored);
    return 0;
}
