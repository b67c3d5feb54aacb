// SPDX-License-Identifier: MPL-2.0
#include "app/cli_crosswalk.hpp"

#include "app/invoke.hpp"
#include "core/crosswalk.hpp"

#include <CLI/CLI.hpp>

namespace ocm::app {
namespace {

void put(Json& args, const char* key, const std::string& value) {
    if (!value.empty()) args[key] = value;
}

std::string system_of(const CrosswalkOptions& options) {
    return options.system.empty() ? std::string(any_system) : options.system;
}

int list(const CommonOptions& common, const CrosswalkOptions& options) {
    Json args = Json::object();
    put(args, "kind", options.kind);
    put(args, "system", options.system);
    put(args, "code", options.code);
    put(args, "location", options.location);
    return invoke(common, "crosswalk.list", args, [](const Json& result) {
        say(table_of(result["entries"], {{"KIND", "kind"},
                                         {"SYSTEM", "system"},
                                         {"CODE", "code"},
                                         {"NAME", "name"},
                                         {"LOCATION", "location"},
                                         {"IN OPENCRVS", "location_name"},
                                         {"ORIGIN", "origin"},
                                         {"BY", "by"},
                                         {"AT", "at"},
                                         {"NOTE", "note"},
                                         {"PROBLEM", "problem"}}));
        return 0;
    });
}

int set(const CommonOptions& common, const CrosswalkOptions& options) {
    const Json args{{"kind", options.kind},         {"system", system_of(options)}, {"code", options.code},
                    {"location", options.location}, {"name", options.name},         {"note", options.note}};
    return invoke(common, "crosswalk.set", args, [](const Json& result) {
        say(fields_of(result));
        return 0;
    });
}

int remove(const CommonOptions& common, const CrosswalkOptions& options) {
    const Json args{{"kind", options.kind}, {"system", system_of(options)}, {"code", options.code}};
    return invoke(common, "crosswalk.remove", args, [](const Json& result) {
        say(fields_of(result));
        return 0;
    });
}

int check(const CommonOptions& common) {
    const auto config = load_or_complain(common.config_file);
    if (!config) return 1;
    Invoker invoker(config);
    const auto result = invoker.run("crosswalk.check", Json::object());
    if (!result) return complain(result.error());
    const auto& problems = (*result)["problems"];
    const auto& unknown = (*result)["unknown"];
    const bool sound = problems.empty() && unknown.empty();
    if (common.json) {
        say(pretty_json(*result) + "\n");
        return sound ? 0 : 1;
    }
    say(fields_of(*result));
    if (!problems.empty())
        say("\nEntries that lead nowhere\n" + table_of(problems, {{"KIND", "kind"},
                                                                  {"SYSTEM", "system"},
                                                                  {"CODE", "code"},
                                                                  {"LOCATION", "location"},
                                                                  {"WHAT IS WRONG", "problem"}}));
    if (!unknown.empty())
        say("\nCodes that notifications wait for\n" + table_of(unknown, {{"KIND", "kind"},
                                                                         {"SYSTEM", "system"},
                                                                         {"CODE", "code"},
                                                                         {"WAITING", "deliveries"},
                                                                         {"SINCE", "since"}}));
    say(sound ? "every entry leads to a place in use, and nothing waits for a code\n" : "");
    return sound ? 0 : 1;
}

}  // namespace

void add_crosswalk_commands(CLI::App* group, CrosswalkOptions& options, const AddCommand& command) {
    const CLI::IsMember kinds({"facility", "office", "area"});
    auto* list_command =
        command(group, "list", "List entries", [&options](const CommonOptions& c) { return list(c, options); });
    list_command->add_option("--kind", options.kind, "facility, office or area")->check(kinds);
    list_command->add_option("--system", options.system, "Only codes of this system");
    list_command->add_option("--code", options.code, "Only this code");
    list_command->add_option("--location", options.location, "Only codes of this location, by id");

    auto* set_command = command(group, "set", "Say which OpenCRVS location a code stands for",
                                [&options](const CommonOptions& c) { return set(c, options); });
    set_command->add_option("KIND", options.kind, "facility, office or area")->required()->check(kinds);
    set_command->add_option("CODE", options.code, "The code, as the other system gives it")->required();
    set_command->add_option("LOCATION", options.location, "OpenCRVS location or area: id or external id")->required();
    set_command->add_option("--name", options.name, "What the other system calls it");
    set_command->add_option("--note", options.note, "Why, for whoever reads it later");

    auto* remove_command =
        command(group, "remove", "Remove an entry", [&options](const CommonOptions& c) { return remove(c, options); });
    remove_command->add_option("KIND", options.kind, "facility, office or area")->required()->check(kinds);
    remove_command->add_option("CODE", options.code, "The code")->required();
    for (auto* sub : {set_command, remove_command}) {
        sub->add_option("--system", options.system,
                        "Who issued the code, such as dhis2; * (the default): whoever gives it");
    }

    auto* import_command =
        command(group, "import", "Add the entries of a table, or those that are sure of another OpenCRVS; all or none",
                [&options](const CommonOptions& c) { return crosswalk_import(c, options); });
    auto* table = import_command->add_option(
        "FILE", options.file, "Table (CSV): kind,system,code,location[,name,note]; - for standard input");
    auto* files = import_command->add_option("--from-opencrvs-1", options.location_files,
                                             "Answers of GET /location of an OpenCRVS 1.x, one file a type");
    auto* target =
        import_command->add_option("--from-target", options.target, "Ask this target of version 1.x for its locations");
    table->excludes(files)->excludes(target);
    files->excludes(target);
    import_command->add_flag("--dry-run", options.dry_run, "Check and say what would change");
    import_command->add_option("--review", options.out_file, "Write here (CSV) what has to be decided by a person");

    auto* suggest_command = command(
        group, "suggest", "Say which locations codes may stand for: those that notifications wait for, or a list",
        [&options](const CommonOptions& c) { return crosswalk_suggest(c, options); });
    suggest_command->add_option("FILE", options.file, "List (CSV): kind,system,code,name[,parent,external_id]");
    suggest_command->add_option("--out", options.out_file, "Write the table to review and import here");
    suggest_command->add_flag("--confirm", options.confirm, "Ask about each, and add what is confirmed");
    for (auto* sub : {import_command, suggest_command})
        sub->add_option("--min-score", options.min_score, "How alike names have to be, 0 to 1")
            ->check(CLI::Range(0.0, 1.0));

    command(group, "check", "Find entries that lead nowhere, and codes that notifications wait for",
            [](const CommonOptions& c) { return check(c); });
}

}  // namespace ocm::app
