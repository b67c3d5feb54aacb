// SPDX-License-Identifier: MPL-2.0
#include "app/cli_commands.hpp"
#include "app/country.hpp"
#include "app/one_shot.hpp"
#include "app/print.hpp"
#include "app/table.hpp"
#include "channels/opencrvs/country_draft.hpp"

#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>

namespace ocm::app {
namespace {

Result<opencrvs::FormConfig> forms_for(const CountryOptions& options,
                                       const std::shared_ptr<const config::Config>& config) {
    if (options.from_target) {
        const auto target = read_target(config);
        if (!target) return fail(target.error());
        return (*target)->form;
    }
    const auto configured = config == nullptr ? std::string() : config->text("country.form_file");
    const auto& file = options.forms_file.empty() ? configured : options.forms_file;
    return file.empty() ? shipped_form_config() : read_form_config(file);
}

Json coverage_json(const std::vector<opencrvs::EventCoverage>& covered,
                   const std::vector<opencrvs::MapProblem>& problems) {
    Json out{{"events", Json::array()}, {"problems", Json::array()}};
    for (const auto& event : covered) {
        Json fields = Json::array();
        for (const auto& field : event.fields) {
            fields.push_back({{"field", field.field},
                              {"type", field.type},
                              {"required", field.required},
                              {"conditional", field.conditional},
                              {"mapped", field.mapped}});
        }
        out["events"].push_back({{"event", name(event.kind)},
                                 {"form", event.type},
                                 {"has_form", event.has_form},
                                 {"mapped", event.mapped()},
                                 {"fields", std::move(fields)},
                                 {"lost", event.lost}});
    }
    for (const auto& problem : problems) {
        out["problems"].push_back({{"path", problem.path}, {"message", problem.message}});
    }
    return out;
}

void say_coverage(const opencrvs::EventCoverage& event) {
    const std::string kind(name(event.kind));
    if (!event.has_form) {
        say(kind + ": the target has no form \"" + event.type + "\"\n");
        return;
    }
    say(kind + " (form \"" + event.type + "\"): " + std::to_string(event.mapped()) + " of " +
        std::to_string(event.fields.size()) + " fields are mapped\n");
    const auto left = event.left_to_the_registrar();
    if (!left.empty()) {
        say("  required by the form and filled by nothing; the registrar has to ask for them before declaring:\n");
        for (const auto* field : left) {
            say("    " + field->field + " (" + field->type + (field->conditional ? ", shown for some)" : ")") + "\n");
        }
    }
    std::string lost;
    for (const auto& value : event.lost) lost += (lost.empty() ? "" : ", ") + value;
    if (!lost.empty()) say("  values of a notification that no row takes: " + lost + "\n");
}

}  // namespace

int country_init(const CommonOptions& common, const CountryOptions& options) {
    std::shared_ptr<const config::Config> config;
    if (options.from_target || !common.config_file.empty()) {
        config = load_or_complain(common.config_file);
        if (!config) return 1;
    }
    if (!options.out_file.empty() && !options.force && std::filesystem::exists(options.out_file)) {
        return complain({ErrorCode::conflict, "the file exists; --force overwrites it", options.out_file, {}});
    }
    const auto forms = forms_for(options, config);
    if (!forms) return complain(forms.error());
    const auto reference = shipped_country_map();
    if (!reference) return complain(reference.error());
    const auto draft = opencrvs::draft_country_map(*forms, *reference);
    const auto text = opencrvs::country_map_text(draft, {options.country, options.dial, options.trunk});
    if (options.out_file.empty()) {
        say(text);
    } else {
        std::ofstream out(options.out_file, std::ios::binary | std::ios::trunc);
        out << text;
        out.close();
        if (!out) return complain({ErrorCode::storage, "the file cannot be written", options.out_file, {}});
    }
    for (const auto& event : draft.events) {
        std::size_t sure = 0, likely = 0, guessed = 0;
        for (const auto& row : event.rows) {
            auto& count = row.confidence == opencrvs::Confidence::same     ? sure
                          : row.confidence == opencrvs::Confidence::likely ? likely
                                                                           : guessed;
            ++count;
        }
        note(std::string(name(event.kind)) + ": " + std::to_string(sure) + " rows as in the reference map, " +
             std::to_string(likely) + " likely, " + std::to_string(guessed) + " guesses to decide on, " +
             std::to_string(event.not_matched.size()) + " fields not matched");
    }
    return 0;
}

int country_check(const CommonOptions& common, const CountryOptions& options) {
    std::shared_ptr<const config::Config> config;
    if (options.from_target || !common.config_file.empty()) {
        config = load_or_complain(common.config_file);
        if (!config) return 1;
    }
    auto map = !options.map_file.empty() ? read_country_map(options.map_file)
               : config != nullptr       ? load_country_map(*config)
                                         : shipped_country_map();
    if (!map) return complain(map.error());
    const auto forms = forms_for(options, config);
    if (!forms) return complain(forms.error());
    const auto covered = opencrvs::coverage(*map, *forms);
    const auto problems = map->check(*forms);
    if (common.json) {
        say(pretty_json(coverage_json(covered, problems)) + "\n");
    } else {
        for (const auto& event : covered) say_coverage(event);
        for (const auto& form : forms->events()) {
            const auto kind = opencrvs::kind_of_form(form.type);
            if (kind && map->find(form.type) == nullptr) {
                say(std::string(name(*kind)) + ": the target's form \"" + form.type + "\" is not in the map\n");
            }
        }
        for (const auto& problem : problems) say("wrong: " + problem.path + ": " + problem.message + "\n");
    }
    return problems.empty() ? 0 : 1;
}

}  // namespace ocm::app
