// SPDX-License-Identifier: MPL-2.0
#include "app/cli_commands.hpp"
#include "app/country.hpp"
#include "app/one_shot.hpp"
#include "app/print.hpp"
#include "app/stored.hpp"
#include "channels/opencrvs/fhir_locations.hpp"
#include "channels/transform.hpp"

#include <nlohmann/json.hpp>

#include <unistd.h>

namespace ocm::app {
namespace {

/// Forms and places to write for, from wherever the command says.
struct Forms {
    opencrvs::CountryMap map;
    opencrvs::FormConfig form;
    opencrvs::Places places;
};

Result<Json> read_json(const std::string& file) {
    auto text = read_text(file);
    if (!text) return fail(text.error());
    auto parsed = parse_json(*text);
    if (!parsed) {
        auto error = parsed.error();
        error.path = file + error.path;
        return fail(std::move(error));
    }
    return parsed;
}

/// An answer of the FHIR Location API, or a list of such answers (1.3 to 1.9).
bool is_fhir(const Json& answer) {
    const auto* first = answer.is_array() ? element(answer, 0) : &answer;
    return first != nullptr && text_member(*first, "resourceType") == "Bundle";
}

Result<opencrvs::Places> from_fhir(const Json& locations, const Json& areas) {
    opencrvs::PlaceLists lists;
    if (auto added = lists.add(locations); !added) return fail(added.error());
    if (auto added = lists.add(areas); !added) return fail(added.error());
    return opencrvs::Places::from_answers(lists.locations, lists.areas);
}

Result<opencrvs::Places> read_places(const TransformOptions& options) {
    if (options.locations_file.empty() && options.areas_file.empty()) return opencrvs::Places{};
    auto locations = options.locations_file.empty() ? Result<Json>(Json::array()) : read_json(options.locations_file);
    if (!locations) return fail(locations.error());
    auto areas = options.areas_file.empty() ? Result<Json>(Json::array()) : read_json(options.areas_file);
    if (!areas) return fail(areas.error());
    if (is_fhir(*locations) || is_fhir(*areas)) return from_fhir(*locations, *areas);
    return opencrvs::Places::from_answers(*locations, *areas);
}

Result<Forms> from_files(const TransformOptions& options, const config::Config* config) {
    const auto configured_map = config == nullptr ? std::string() : config->text("country.map_file");
    const auto configured_form = config == nullptr ? std::string() : config->text("country.form_file");
    const auto map_file = options.map_file.empty() ? configured_map : options.map_file;
    const auto form_file = options.forms_file.empty() ? configured_form : options.forms_file;
    auto map = map_file.empty() ? shipped_country_map() : read_country_map(map_file);
    if (!map) return fail(map.error());
    auto form = form_file.empty() ? shipped_form_config() : read_form_config(form_file);
    if (!form) return fail(form.error());
    auto places = read_places(options);
    if (!places) return fail(places.error());
    return Forms{std::move(*map), std::move(*form), std::move(*places)};
}

Result<Forms> from_target(const TransformOptions& options, const std::shared_ptr<const config::Config>& config) {
    const auto target = read_target(config);
    if (!target) return fail(target.error());
    auto map = options.map_file.empty() ? load_country_map(*config) : read_country_map(options.map_file);
    if (!map) return fail(map.error());
    return Forms{std::move(*map), (*target)->form, (*target)->places};
}

/// What the store says, where one is named; its forms and places stand in for those that no option names.
Result<std::optional<Stored>> from_store(const TransformOptions& options, const config::Config* config, Forms& forms) {
    if (options.store_file.empty()) return std::nullopt;
    const auto target = config == nullptr ? opencrvs::TargetOptions() : target_options(*config);
    auto stored = read_stored(options.store_file, config == nullptr ? nullptr : &target, forms.map);
    if (!stored) return fail(stored.error());
    const bool places_named = options.from_target || !options.locations_file.empty() || !options.areas_file.empty();
    if (stored->snapshot != nullptr && !places_named) {
        forms.places = stored->snapshot->places;
        if (options.forms_file.empty() && !stored->snapshot->form.events().empty()) forms.form = stored->snapshot->form;
    } else if (!places_named) {
        return fail(ErrorCode::bad_request,
                    "the store has no places of the target: name its configuration (--config), or its places "
                    "(--locations and --areas, or --from-target)",
                    "--store");
    }
    return std::optional<Stored>(std::move(*stored));
}

}  // namespace

int transform_file(const CommonOptions& common, const TransformOptions& options) {
    // A configuration is needed only to ask the target; without one the shipped data serve.
    std::shared_ptr<const config::Config> config;
    if (options.from_target || !common.config_file.empty()) {
        config = load_or_complain(common.config_file);
        if (!config) return 1;
    }
    auto forms = options.from_target ? from_target(options, config) : from_files(options, config.get());
    if (!forms) return complain(forms.error());
    const auto stored = from_store(options, config.get(), *forms);
    if (!stored) return complain(stored.error());
    auto text = read_text(options.file);
    if (!text) return complain(text.error());
    auto mapping = config ? load_dhis2_mapping(*config) : Result<dhis2::Mapping>(dhis2::shipped_mapping());
    if (!mapping) return complain(mapping.error());
    const SystemClock clock;
    TargetForms target{forms->map, forms->form, forms->places, &*mapping};
    if (*stored) {
        target.crosswalk = &(*stored)->crosswalk;
        target.target = (*stored)->target;
    }
    const auto transformed = ocm::transform(options.from, options.to, *text, target, clock.now());
    if (!transformed) {
        auto error = transformed.error();
        // Without a list of them every location is one that OpenCRVS does not have.
        if (forms->places.locations().empty() && error.message.ends_with("location that OpenCRVS does not have"))
            error.message += " (no locations were given: --locations and --areas, --from-target or --store)";
        return complain(error);
    }
    const auto account = transformed->account.to_json();
    if (common.json) {
        say(pretty_json({{"result", transformed->result}, {"account", account}}) + "\n");
        return 0;
    }
    say(pretty_json(transformed->result) + "\n");
    say("\ncarried: " + std::to_string(transformed->account.carried.size()) + " fields\n");
    for (const auto& [title, notes] :
         {std::pair{"dropped", &transformed->account.dropped}, std::pair{"recoded", &transformed->account.recoded},
          std::pair{"warnings", &transformed->account.warnings}}) {
        if (notes->empty()) continue;
        say("\n" + std::string(title) + "\n");
        for (const auto& entry : *notes) say("  " + entry.path + ": " + entry.why + "\n");
    }
    return 0;
}

}  // namespace ocm::app
