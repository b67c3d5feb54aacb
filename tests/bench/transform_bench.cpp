// SPDX-License-Identifier: MPL-2.0
// How long it takes to turn a notification into a declaration, and what the form's conditions cost of it.

#include "channels/notification/identify.hpp"
#include "channels/opencrvs/read_v2.hpp"
#include "channels/opencrvs/shown_fields.hpp"
#include "channels/opencrvs/write_v2.hpp"
#include "channels/transform.hpp"
#include "formats/opencrvs_v1/answer.hpp"
#include "formats/opencrvs_v1/read.hpp"
#include "support/paths/paths.hpp"

#include <benchmark/benchmark.h>

#include <fstream>
#include <sstream>
#include <stdexcept>

namespace {

using namespace ocm;
using namespace ocm::opencrvs;

std::string slurp(const std::string& path) {
    std::ifstream in(ocm::support::source_dir() / path, std::ios::binary);
    std::ostringstream out;
    out << in.rdbuf();
    if (!in) throw std::runtime_error("cannot read " + path);
    return out.str();
}

struct World {
    CountryMap map = CountryMap::parse(slurp("config/countries/farajaland/map.json")).value();
    FormConfig form = FormConfig::from_reduced(slurp("config/countries/farajaland/form-2.0.json")).value();
    Places places{
        {{"aaaaaaaa-0000-4000-8000-000000000001", "", "", "bbbbbbbb-0000-4000-8000-000000000002", "CRVS_OFFICE", {}},
         {"cccccccc-0000-4000-8000-000000000001",
          "",
          "",
          "bbbbbbbb-0000-4000-8000-000000000002",
          "HEALTH_FACILITY",
          {}}},
        {{"bbbbbbbb-0000-4000-8000-000000000002", "", "", "", {}}}};
    std::string text = slurp("tests/unit/opencrvs/data/birth-1.8.json");
    Json bundle = parse_json(text).value();
    VitalEvent event = opencrvs_v1::read(bundle).value().event;
    WallTime now = parse_rfc3339("2026-01-20T08:00:00Z").value();
    Written written = write(event, map, form, places, now).value();
};
const World& world() {
    static const World out;
    return out;
}

/// A text into its tree, which is freed again.
void parse_bundle(benchmark::State& state) {
    for (auto _ : state) benchmark::DoNotOptimize(parse_json(world().text));
}
BENCHMARK(parse_bundle)->Unit(benchmark::kMicrosecond);

void read_bundle(benchmark::State& state) {
    for (auto _ : state) benchmark::DoNotOptimize(opencrvs_v1::read(world().bundle));
}
BENCHMARK(read_bundle)->Unit(benchmark::kMicrosecond);

void account_as_text(benchmark::State& state) {
    const auto account = opencrvs_v1::read(world().bundle).value().account;
    for (auto _ : state) benchmark::DoNotOptimize(account.to_text());
}
BENCHMARK(account_as_text)->Unit(benchmark::kMicrosecond);

void identify_notification(benchmark::State& state) {
    const auto& w = world();
    for (auto _ : state) {
        benchmark::DoNotOptimize(notification::identify({"client", "opencrvs-1", "", w.text}, w.event));
    }
}
BENCHMARK(identify_notification)->Unit(benchmark::kMicrosecond);

/// The saved record as 1.6 and later answer it, the copy of the tree that it takes for this counted in.
void answer_as_1_8(benchmark::State& state) {
    const auto& w = world();
    opencrvs_v1::Accepted outcome;
    outcome.event_id = "dddddddd-0000-4000-8000-000000000001";
    outcome.tracking_id = "B7H2K9Q";
    outcome.client_id = "client";
    outcome.client_name = "Client";
    outcome.at = w.now;
    for (auto _ : state) benchmark::DoNotOptimize(opencrvs_v1::accepted(opencrvs_v1::SavedRecord(w.bundle), outcome));
}
BENCHMARK(answer_as_1_8)->Unit(benchmark::kMicrosecond);

void copy_bundle(benchmark::State& state) {
    for (auto _ : state) benchmark::DoNotOptimize(Json(world().bundle));
}
BENCHMARK(copy_bundle)->Unit(benchmark::kMicrosecond);

void write_declaration(benchmark::State& state) {
    const auto& w = world();
    for (auto _ : state) benchmark::DoNotOptimize(write(w.event, w.map, w.form, w.places, w.now));
}
BENCHMARK(write_declaration)->Unit(benchmark::kMicrosecond);

void read_bundle_and_write(benchmark::State& state) {
    const auto& w = world();
    for (auto _ : state) {
        const auto read = opencrvs_v1::read(w.bundle);
        benchmark::DoNotOptimize(write(read->event, w.map, w.form, w.places, w.now));
    }
}
BENCHMARK(read_bundle_and_write)->Unit(benchmark::kMicrosecond);

void transform_text(benchmark::State& state) {
    const auto& w = world();
    for (auto _ : state)
        benchmark::DoNotOptimize(
            ocm::transform("opencrvs-1", "opencrvs-2.0", w.text, {w.map, w.form, w.places}, w.now));
    state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * static_cast<std::int64_t>(w.text.size()));
}
BENCHMARK(transform_text)->Unit(benchmark::kMicrosecond);

/// A birth in each format that is read.
struct Sample {
    const char* from;
    const char* file;
};
constexpr Sample samples[] = {{"opencrvs-1", "tests/unit/opencrvs/data/birth-1.8.json"},
                              {"fhir-r4", "tests/unit/formats/data/fhir_r4/bfdr-birth.json"},
                              {"dhis2", "tests/unit/formats/data/dhis2-birth.json"},
                              {"vital-json", "tests/unit/formats/data/vital-birth.json"}};

/// Places that know the codes of every sample, as the crosswalk would have made them known.
Places places_of_samples() {
    auto locations = world().places.locations();
    const std::string area = "bbbbbbbb-0000-4000-8000-000000000002";
    locations.push_back({"cccccccc-0000-4000-8000-000000000002", "", "HF-0107", area, "HEALTH_FACILITY", {}});
    locations.push_back({"cccccccc-0000-4000-8000-000000000003", "", "qX3vN0pLm7a", area, "HEALTH_FACILITY", {}});
    locations.push_back({"cccccccc-0000-4000-8000-000000000004", "", "HF-1", area, "HEALTH_FACILITY", {}});
    return Places(std::move(locations), world().places.areas());
}

void transform_pair(benchmark::State& state, const Sample& sample, const std::string& to) {
    const auto& w = world();
    static const auto places = places_of_samples();
    const auto text = slurp(sample.file);
    const TargetForms target{w.map, w.form, places};
    if (const auto once = ocm::transform(sample.from, to, text, target, w.now); !once) {
        state.SkipWithError((once.error().message + " " + once.error().path).c_str());
        return;
    }
    for (auto _ : state) benchmark::DoNotOptimize(ocm::transform(sample.from, to, text, target, w.now));
    state.SetItemsProcessed(state.iterations());
    state.counters["bytes"] = static_cast<double>(text.size());
}

/// Every reader with every writer, from the message's text to the result's tree.
void register_pairs() {
    for (const auto& sample : samples) {
        for (const auto& to : writable_formats()) {
            const auto name = std::string("transform/") + sample.from + "/" + to;
            benchmark::RegisterBenchmark(name.c_str(), [&sample, to](benchmark::State& state) {
                transform_pair(state, sample, to);
            })->Unit(benchmark::kMicrosecond);
        }
    }
}

void conditions_of_the_whole_form(benchmark::State& state) {
    const auto& w = world();
    const auto& form = *w.form.find("birth");
    const Facts facts{w.written.declaration, std::chrono::year(2026) / 1 / 20};
    for (auto _ : state) {
        ShownFields shown(form, facts);
        for (const auto& field : form.fields) benchmark::DoNotOptimize(shown.of(field));
    }
    state.counters["fields"] = static_cast<double>(form.fields.size());
}
BENCHMARK(conditions_of_the_whole_form)->Unit(benchmark::kMicrosecond);

void read_declaration(benchmark::State& state) {
    const auto& w = world();
    for (auto _ : state)
        benchmark::DoNotOptimize(
            opencrvs::read("birth", w.written.declaration, w.written.annotation, w.map, w.form, w.places));
}
BENCHMARK(read_declaration)->Unit(benchmark::kMicrosecond);

void load_reduced_form(benchmark::State& state) {
    const auto text = slurp("config/countries/farajaland/form-2.0.json");
    for (auto _ : state) benchmark::DoNotOptimize(FormConfig::from_reduced(text));
}
BENCHMARK(load_reduced_form)->Unit(benchmark::kMillisecond);

}  // namespace

int main(int argc, char** argv) {
    register_pairs();
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
}
