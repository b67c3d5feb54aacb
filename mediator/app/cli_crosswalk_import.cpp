// SPDX-License-Identifier: MPL-2.0
#include "app/cli_crosswalk.hpp"
#include "app/country.hpp"
#include "app/invoke.hpp"
#include "app/one_shot.hpp"
#include "app/options.hpp"
#include "core/crosswalk.hpp"
#include "core/csv.hpp"
#include "formats/opencrvs_v1/location_list.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <optional>

namespace ocm::app {
namespace {

using opencrvs_v1::ListedLocation;

constexpr std::array<const char*, 3> location_types{"ADMIN_STRUCTURE", "CRVS_OFFICE", "HEALTH_FACILITY"};
/// Areas of 1.x carry their borders: the answer is many times larger than what is taken from it.
constexpr std::size_t max_answer = 512u << 20;
constexpr JsonLimits list_limits{.depth = 32, .nodes = 100'000'000, .string_bytes = 64u << 20};

Error of_file(Error error, const std::string& file) {
    error.path = file + error.path;
    return error;
}

Result<std::vector<ListedLocation>> read_list(const std::string& text, const std::string& from) {
    const auto json = parse_json(text, list_limits);
    if (!json) return fail(of_file(json.error(), from));
    auto list = opencrvs_v1::read_location_list(*json);
    if (!list) return fail(of_file(list.error(), from));
    return list;
}

Result<std::vector<ListedLocation>> read_files(const std::vector<std::string>& files) {
    std::vector<ListedLocation> out;
    for (const auto& file : files) {
        auto text = read_text(file);
        if (!text) return fail(text.error());
        auto list = read_list(*text, file);
        if (!list) return fail(list.error());
        out.insert(out.end(), std::make_move_iterator(list->begin()), std::make_move_iterator(list->end()));
    }
    return out;
}

/// The Location API is public: no token is needed (opencrvs.md section 6).
Result<std::vector<ListedLocation>> read_target(const std::shared_ptr<const config::Config>& config,
                                                const std::string& name) {
    const auto names = config->target_names();
    if (std::find(names.begin(), names.end(), name) == names.end())
        return fail(ErrorCode::not_found, "there is no such target in the configuration", "targets." + name);
    const auto target = config->target(name);
    if (target.version.starts_with("2."))
        return fail(ErrorCode::unprocessable,
                    "has no ids of OpenCRVS 1.x: name a target of version 1.x, or the files of its answers",
                    "targets." + name);
    IoPool pool(1);
    pool.start();
    upstream::CurlUpstream upstream(pool, upstream_options(*config));
    const SystemClock clock;
    std::vector<ListedLocation> out;
    std::optional<Error> failed;
    for (const auto* type : location_types) {
        UpstreamCall call;
        call.name = "Get locations";
        call.method = "GET";
        call.url = target.gateway_url + "/location?type=" + type + "&_count=0";
        call.headers.add("Accept", "application/json");
        call.timeout = std::max(target.timeout, Milliseconds{60'000});
        call.max_response = max_answer;
        const auto deadline = clock.steady() + call.timeout;
        auto reply =
            boost::asio::co_spawn(pool.context(0), upstream.send(std::move(call), deadline), boost::asio::use_future)
                .get();
        if (reply && reply->status != 200)
            reply =
                fail(ErrorCode::bad_gateway, "answered HTTP " + std::to_string(reply->status) + " to GET /location");
        auto list = reply ? read_list(reply->body, "targets." + name) : fail(reply.error());
        if (!list) {
            failed = list.error();
            break;
        }
        out.insert(out.end(), std::make_move_iterator(list->begin()), std::make_move_iterator(list->end()));
    }
    upstream.shutdown();
    pool.stop();
    if (failed) return fail(*failed);
    return out;
}

std::string_view kind_of(const ListedLocation& location) {
    return name(location.type == "ADMIN_STRUCTURE" ? PlaceKind::area
                : location.type == "CRVS_OFFICE"   ? PlaceKind::office
                                                   : PlaceKind::facility);
}

/// The list as a table of places to be found in the target.
std::string foreign_table(const std::vector<ListedLocation>& locations) {
    std::map<std::string, std::string> names;
    for (const auto& location : locations) names.emplace(location.id, location.name);
    auto out = csv_line({"kind", "system", "code", "name", "parent", "external_id"});
    for (const auto& location : locations) {
        const auto parent = names.find(location.part_of);
        out += csv_line({std::string(kind_of(location)), std::string(opencrvs_1_system), location.id, location.name,
                         parent == names.end() ? std::string() : parent->second, location.code});
    }
    return out;
}

/// Every row that is wrong. True where there are any.
bool tell_problems(const Json& result, const char* consequence) {
    const auto* problems = member(result, "problems");
    if (problems == nullptr || problems->empty()) return false;
    say(table_of(*problems, {{"LINE", "line"}, {"COLUMN", "column"}, {"WHAT IS WRONG", "message"}}));
    say(consequence);
    return true;
}

bool has_problems(const Json& result) {
    const auto* problems = member(result, "problems");
    return problems != nullptr && !problems->empty();
}

Result<void> write_file(const std::string& file, std::string_view text) {
    std::ofstream out(file, std::ios::binary);
    out << text;
    out.close();
    if (!out) return fail(ErrorCode::storage, "the file cannot be written", file);
    return {};
}

/// Prints what an import came to. Returns the exit code.
int tell_import(const CommonOptions& common, const Json& result) {
    if (common.json) {
        say(pretty_json(result) + "\n");
    } else {
        say(fields_of(result));
        tell_problems(result, "nothing was imported: put these right and import the table again\n");
    }
    return has_problems(result) ? 1 : 0;
}

int import_locations(const CommonOptions& common, const CrosswalkOptions& options) {
    const auto config = load_or_complain(common.config_file);
    if (!config) return 1;
    const auto list = options.target.empty() ? read_files(options.location_files) : read_target(config, options.target);
    if (!list) return complain(list.error());
    Invoker invoker(config);
    const auto found = invoker.run("crosswalk.suggest",
                                   {{"csv", foreign_table(*list)}, {"min_score", options.min_score}, {"tables", true}});
    if (!found) return complain(found.error());
    const auto& tables = (*found)["tables"];
    const Json args{{"csv", tables["sure"]}, {"dry_run", options.dry_run}};
    auto imported = invoker.run("crosswalk.import", args);
    if (!imported) return complain(imported.error());
    auto& result = *imported;
    result["listed"] = list->size();
    result["known_already"] = (*found)["known"];
    result["to_review"] = (*found)["suggestions"].size() - result["rows"].get<std::size_t>();
    if (!options.out_file.empty()) {
        if (auto written = write_file(options.out_file, text(tables["unsure"])); !written)
            return complain(written.error());
        note("what is not sure is in " + options.out_file + ": review it and import it");
    }
    result["passed_over"] = (*found)["problems"].size();
    if (!common.json) tell_problems(*found, "these locations were passed over: their names or codes are no good\n");
    return tell_import(common, result);
}

std::string place_in_words(const Json& place) {
    std::string out;
    out.append(text_member(place, "kind")).append(" ").append(text_member(place, "code"));
    out.append(" of ").append(text_member(place, "system"));
    if (const auto called = text_member(place, "name"); !called.empty()) out.append(" (").append(called).append(")");
    return out;
}

std::string score_of(const Json& candidate) {
    const auto hundredths = std::lround(candidate["score"].get<double>() * 100);
    return hundredths >= 100 ? "1.00" : "0." + std::string(hundredths < 10 ? "0" : "") + std::to_string(hundredths);
}

/// Asks about each place; the answers are the number of a candidate, n (none) or q (enough). Returns the table of what
/// was confirmed.
std::string ask_each(const Json& suggestions, std::size_t& confirmed) {
    auto out = csv_line({"kind", "system", "code", "location", "name"});
    for (const auto& place : suggestions) {
        const auto& candidates = place["candidates"];
        if (candidates.empty()) continue;
        std::cerr << place_in_words(place) << " is\n";
        std::size_t number = 0;
        for (const auto& one : candidates)
            std::cerr << "  " << ++number << "  " << text_member(one, "location_name") << "  " << score_of(one)
                      << " by " << text_member(one, "matched_by") << "  " << text_member(one, "location") << "\n";
        std::cerr << "which one (1-" << number << "), n for none, q to end? " << std::flush;
        std::string answer;
        if (!std::getline(std::cin, answer) || answer == "q") break;
        const bool chosen = answer.size() == 1 && answer[0] >= '1' && answer[0] <= '0' + static_cast<int>(number);
        if (!chosen) continue;
        const auto& choice = candidates[static_cast<std::size_t>(answer[0] - '1')];
        out += csv_line({std::string(text_member(place, "kind")), std::string(text_member(place, "system")),
                         std::string(text_member(place, "code")), std::string(text_member(choice, "location")),
                         std::string(text_member(place, "name"))});
        ++confirmed;
    }
    return out;
}

void tell_suggestions(const Json& result) {
    Table table({"KIND", "SYSTEM", "CODE", "NAME", "MAY BE", "SCORE", "BY", "LOCATION"});
    for (const auto& place : result["suggestions"]) {
        const auto cell = [](const Json& from, const char* key) {
            const auto value = text_member(from, key);
            return value.empty() ? std::string("-") : std::string(value);
        };
        std::vector<std::string> row{cell(place, "kind"), cell(place, "system"), cell(place, "code"),
                                     cell(place, "name")};
        if (place["candidates"].empty()) {
            row.insert(row.end(), {"-", "-", "-", "-"});
            table.add(std::move(row));
            continue;
        }
        for (const auto& one : place["candidates"]) {
            auto whole = row;
            whole.insert(whole.end(),
                         {cell(one, "location_name"), score_of(one), cell(one, "matched_by"), cell(one, "location")});
            table.add(std::move(whole));
        }
    }
    say(table.text());
    say(std::to_string(result["known"].get<std::size_t>()) + " more are known already\n");
}

}  // namespace

int crosswalk_import(const CommonOptions& common, const CrosswalkOptions& options) {
    const bool from_opencrvs_1 = !options.location_files.empty() || !options.target.empty();
    if (options.file.empty() && !from_opencrvs_1) {
        complain({ErrorCode::bad_request, "name a table, --from-opencrvs-1 or --from-target", "", std::nullopt});
        return 2;
    }
    if (from_opencrvs_1) return import_locations(common, options);
    auto table = read_text(options.file);
    if (!table) return complain(table.error());
    const auto config = load_or_complain(common.config_file);
    if (!config) return 1;
    Invoker invoker(config);
    const auto result = invoker.run("crosswalk.import", {{"csv", std::move(*table)}, {"dry_run", options.dry_run}});
    if (!result) return complain(result.error());
    return tell_import(common, *result);
}

int crosswalk_suggest(const CommonOptions& common, const CrosswalkOptions& options) {
    Json args{{"min_score", options.min_score}, {"tables", !options.out_file.empty()}};
    if (!options.file.empty()) {
        auto table = read_text(options.file);
        if (!table) return complain(table.error());
        args["csv"] = std::move(*table);
    }
    const auto config = load_or_complain(common.config_file);
    if (!config) return 1;
    Invoker invoker(config);
    const auto found = invoker.run("crosswalk.suggest", args);
    if (!found) return complain(found.error());
    if (!options.out_file.empty()) {
        if (auto written = write_file(options.out_file, text((*found)["tables"]["all"])); !written)
            return complain(written.error());
        note("review " + options.out_file + ", then: crosswalk import " + options.out_file);
    }
    if (options.confirm) {
        std::size_t confirmed = 0;
        const auto table = ask_each((*found)["suggestions"], confirmed);
        if (confirmed == 0) {
            note("nothing was confirmed");
            return 0;
        }
        const auto result =
            invoker.run("crosswalk.import", {{"csv", table}, {"origin", name(CrosswalkOrigin::suggested)}});
        if (!result) return complain(result.error());
        return tell_import(common, *result);
    }
    if (common.json) {
        auto shown = *found;
        shown.erase("tables");
        say(pretty_json(shown) + "\n");
    } else {
        tell_suggestions(*found);
        tell_problems(*found, "these rows were passed over\n");
    }
    return has_problems(*found) ? 1 : 0;
}

}  // namespace ocm::app
