// SPDX-License-Identifier: MPL-2.0
#include "app/cli_crosswalk.hpp"

#include "app/country.hpp"
#include "app/invoke.hpp"
#include "core/crosswalk.hpp"

#include <CLI/CLI.hpp>

namespace ocm::app {
namespace {

void put(Json& args, const char* key, const std::string& value) {
    if (!value.empty()) args[key] = value;
}

/// Every row that is wrong.
void tell_problems(const Json& result) {
    const auto* problems = member(result, "problems");
    if (problems == nullptr || problems->empty()) return;
    say(table_of(*problems, {{"LINE", "line"}, {"COLUMN", "column"}, {"WHAT IS WRONG", "message"}}));
    say("nothing was imported: put these right and import the table again\n");
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

int import_table(const CommonOptions& common, const CrosswalkOptions& options) {
    auto text = read_text(options.file);
    if (!text) return complain(text.error());
    const Json args{{"csv", std::move(*text)}, {"dry_run", options.dry_run}};
    const auto config = load_or_complain(common.config_file);
    if (!config) return 1;
    Invoker invoker(config);
    const auto result = invoker.run("crosswalk.import", args);
    if (!result) return complain(result.error());
    const bool wrong = !(*result)["problems"].empty();
    if (common.json) {
        say(pretty_json(*result) + "\n");
    } else {
        say(fields_of(*result));
        tell_problems(*result);
    }
    return wrong ? 1 : 0;
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

    auto* import_command = command(group, "import", "Add the entries of a table (CSV), all or none",
                                   [&options](const CommonOptions& c) { return import_table(c, options); });
    import_command
        ->add_option("FILE", options.file, "The table: kind,system,code,location[,name,note]; - for standard input")
        ->required();
    import_command->add_flag("--dry-run", options.dry_run, "Check it and say what would change");
}

}  // namespace ocm::app
