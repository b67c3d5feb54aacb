// SPDX-License-Identifier: MPL-2.0
// How long it takes to turn a notification into a declaration, and what the form's conditions cost of it.

#include "channels/opencrvs/read_v2.hpp"
#include "channels/opencrvs/write_v2.hpp"
#include "channels/transform.hpp"
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

/// The same document for every version, from its text.
void transform_to(benchmark::State& state, const std::string& to) {
    const auto& w = world();
    for (auto _ : state)
        benchmark::DoNotOptimize(ocm::transform("opencrvs-1", to, w.text, {w.map, w.form, w.places}, w.now));
}
BENCHMARK_CAPTURE(transform_to, to_1_4, std::string("opencrvs-1.4"))->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(transform_to, to_1_6_untouched, std::string("opencrvs-1.6"))->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(transform_to, to_1_8, std::string("opencrvs-1.8"))->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(transform_to, to_1_9, std::string("opencrvs-1.9"))->Unit(benchmark::kMicrosecond);

void conditions_of_the_whole_form(benchmark::State& state) {
    const auto& w = world();
    const auto& form = *w.form.find("birth");
    const Facts facts{w.written.declaration, std::chrono::year(2026) / 1 / 20};
    for (auto _ : state)
        for (const auto& field : form.fields) benchmark::DoNotOptimize(form.shown(field, facts));
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

BENCHMARK_MAIN();
