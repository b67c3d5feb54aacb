// SPDX-License-Identifier: MPL-2.0
#include "channels/opencrvs/target_snapshot.hpp"

#include "channels/opencrvs/fhir_locations.hpp"
#include "core/hash.hpp"
#include "core/json.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <nlohmann/json.hpp>

#include <utility>

namespace ocm::opencrvs {
namespace {

constexpr std::size_t max_answer = 32u << 20;
// A country's whole list of places is larger than any message.
constexpr JsonLimits places_json_limits{.depth = 16, .nodes = 4'000'000};

Error useless(std::string_view what, const Error& why) {
    return {ErrorCode::bad_gateway,
            "OpenCRVS's " + std::string(what) + " cannot be used: " + why.message +
                (why.path.empty() ? "" : " at " + why.path),
            {},
            {}};
}

/// Forms, places and what the map makes of them.
std::shared_ptr<Snapshot> assemble(FormConfig form, Places places, const CountryMap& map, const Version& version,
                                   std::string digest) {
    auto out = std::make_shared<Snapshot>();
    if (!version.config_path.empty()) out->problems = map.check(form);
    out->form = std::move(form);
    out->places = std::move(places);
    out->digest = std::move(digest);
    return out;
}

RefreshReport report_on(const Snapshot& snapshot) {
    RefreshReport out;
    out.locations = snapshot.places.locations().size();
    out.areas = snapshot.places.areas().size();
    out.problems = snapshot.problems;
    return out;
}

}  // namespace

struct SnapshotSource::Answers {
    std::string config;               // empty: the version has no forms
    std::vector<std::string> places;  // of the events service its locations and areas; else FHIR searchsets
    bool fhir = false;
    std::string digest() const {
        auto all = sha256_hex(config);
        for (const auto& each : places) all += sha256_hex(each);
        return sha256_hex(all);
    }
};

struct SnapshotSource::Built {
    FormConfig form;
    Places places;
    std::string cached_form, cached_places;
};

SnapshotSource::SnapshotSource(SnapshotOptions options, const CountryMap& map, TokenSource& tokens, Ports ports)
    : options_(std::move(options)), map_(map), tokens_(tokens), ports_(ports) {}

// The address is part of the key: another OpenCRVS under the same name must not be taken for the old one.
std::string SnapshotSource::cache_key(std::string_view what) const {
    return "opencrvs/" + options_.target + "/" + sha256_hex(options_.gateway_url).substr(0, 16) + "/" +
           std::string(what);
}

void SnapshotSource::tell(const RefreshReport& report) const {
    if (options_.on_refresh) options_.on_refresh(report);
}

Task<void> SnapshotSource::load_cached() {
    auto form_text = co_await ports_.store.cached(cache_key("form"));
    auto places_text = co_await ports_.store.cached(cache_key("places"));
    if (!form_text || !places_text || !*form_text || !*places_text) co_return;
    const bool has_forms = !options_.version->config_path.empty();
    auto form = has_forms ? FormConfig::from_reduced(**form_text) : Result<FormConfig>(FormConfig{});
    const auto json = parse_json(**places_text, places_json_limits);
    const auto* locations = json ? member(*json, "locations") : nullptr;
    const auto* areas = json ? member(*json, "areas") : nullptr;
    // A cache of another release that cannot be read is as good as none.
    if (!form || locations == nullptr || areas == nullptr) co_return;
    auto places = Places::from_answers(*locations, *areas);
    if (!places) co_return;
    std::shared_ptr<const Snapshot> snapshot =
        assemble(std::move(*form), std::move(*places), map_, *options_.version, {});
    // A refresh may have been faster.
    if (!current_.replace(nullptr, snapshot)) co_return;
    auto report = report_on(*snapshot);
    report.from_cache = true;
    report.changed = true;
    tell(report);
}

Task<Result<void>> SnapshotSource::refresh(SteadyTime deadline, Milliseconds unless_within) {
    const bool leads = co_await flight_.enter();
    if (!leads) {
        const std::lock_guard lock(mutex_);
        if (failure_) co_return fail(*failure_);
        co_return Result<void>{};
    }
    const SingleFlight::Lead lead(flight_);
    const auto now = ports_.clock.steady();
    {
        const std::lock_guard lock(mutex_);
        if (tried_ && now - *tried_ < unless_within) {
            if (failure_) co_return fail(*failure_);
            co_return Result<void>{};
        }
        tried_ = now;
        failure_ = Error{ErrorCode::cancelled, "the refresh was abandoned", {}, {}};
    }
    auto done = co_await refresh_now(deadline);
    if (!done) {
        RefreshReport report;
        if (const auto snapshot = current_.load()) report = report_on(*snapshot);
        report.error = done.error();
        tell(report);
    }
    const std::lock_guard lock(mutex_);
    failure_ = done ? std::nullopt : std::optional(done.error());
    co_return done;
}

Task<Result<void>> SnapshotSource::refresh_now(SteadyTime deadline) {
    auto answers = co_await read_target(deadline);
    if (!answers) co_return fail(answers.error());
    auto digest = answers->digest();
    if (const auto known = current_.load(); known != nullptr && known->digest == digest) {
        tell(report_on(*known));
        co_return Result<void>{};
    }
    auto built = co_await build_aside(std::move(*answers));
    if (!built) co_return fail(built.error());
    std::shared_ptr<const Snapshot> snapshot =
        assemble(std::move(built->form), std::move(built->places), map_, *options_.version, std::move(digest));
    current_.store(snapshot);
    auto report = report_on(*snapshot);
    report.changed = true;

    store_ops::Unit unit;
    unit.emplace_back(store_ops::PutCache{cache_key("form"), std::move(built->cached_form), ports_.clock.now()});
    unit.emplace_back(store_ops::PutCache{cache_key("places"), std::move(built->cached_places), ports_.clock.now()});
    auto kept = co_await ports_.store.commit(std::move(unit));
    if (!kept) report.cache_error = kept.error();
    tell(report);
    co_return Result<void>{};
}

Task<Result<SnapshotSource::Answers>> SnapshotSource::read_target(SteadyTime deadline) {
    DirectWay way(ports_.upstream, deadline);
    Answers out;
    if (!options_.version->config_path.empty()) {
        auto config = co_await get(way, "Get form configuration", std::string(options_.version->config_path));
        if (!config) co_return fail(config.error());
        out.config = std::move(*config);
    }
    out.fhir = options_.version->fhir_locations;
    const std::string path(options_.version->locations_path);
    if (out.fhir) {
        for (const auto type : fhir_location_types) {
            auto found = co_await get(way, "Get locations", path + fhir_location_query(type));
            if (!found) co_return fail(found.error());
            out.places.push_back(std::move(*found));
        }
        co_return out;
    }
    auto locations = co_await get(way, "Get locations", path);
    if (!locations) co_return fail(locations.error());
    out.places.push_back(std::move(*locations));
    auto areas = co_await get(way, "Get administrative areas", std::string(options_.version->areas_path));
    if (!areas) co_return fail(areas.error());
    out.places.push_back(std::move(*areas));
    co_return out;
}

Task<Result<std::string>> SnapshotSource::get(Way& way, std::string name, std::string path) {
    UpstreamCall call;
    call.name = std::move(name);
    call.method = "GET";
    call.url = options_.gateway_url + path;
    call.headers.add("Accept", "application/json");
    call.timeout = options_.timeout;
    call.max_response = max_answer;
    call.repeatable = true;
    auto reply = co_await send_authorized(way, tokens_, std::move(call));
    if (!reply) co_return fail(reply.error());
    if (reply->status == 200) co_return std::move(reply->body);
    const bool later = reply->status == 429 || reply->status >= 500;
    co_return fail(later ? ErrorCode::unavailable : ErrorCode::bad_gateway,
                   "OpenCRVS (target " + options_.target + ") answered HTTP " + std::to_string(reply->status) +
                       " to GET " + path +
                       (later ? "" : "; check targets." + options_.target + ".gateway_url and version"));
}

Task<Result<SnapshotSource::Built>> SnapshotSource::build_aside(Answers answers) {
    if (!options_.background) co_return build(answers);
    auto task = build_task(std::move(answers));
    auto built = co_await boost::asio::co_spawn(options_.background, std::move(task), boost::asio::use_awaitable);
    co_return built;
}

Task<Result<SnapshotSource::Built>> SnapshotSource::build_task(Answers answers) {
    co_return build(answers);
}

Result<SnapshotSource::Built> SnapshotSource::build(const Answers& answers) {
    Built out;
    if (!answers.config.empty()) {
        auto form = FormConfig::from_answer(answers.config);
        if (!form) return fail(useless("form configuration", form.error()));
        out.form = std::move(*form);
        out.cached_form = out.form.reduced();
    }
    PlaceLists lists;
    for (std::size_t i = 0; i < answers.places.size(); ++i) {
        auto read = parse_json(answers.places[i], places_json_limits);
        if (!read) return fail(useless("list of places", read.error()));
        if (answers.fhir) {
            if (auto added = lists.add(*read); !added) return fail(useless("list of places", added.error()));
        } else {
            (i == 0 ? lists.locations : lists.areas) = std::move(*read);
        }
    }
    auto places = Places::from_answers(lists.locations, lists.areas);
    if (!places) return fail(useless("list of places", places.error()));
    out.places = std::move(*places);
    Json cached = Json::object();
    cached["locations"] = std::move(lists.locations);
    cached["areas"] = std::move(lists.areas);
    out.cached_places = dump_json(cached);
    return out;
}

}  // namespace ocm::opencrvs
