// SPDX-License-Identifier: MPL-2.0
#include "channels/opencrvs/country_map.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace ocm::opencrvs {
namespace {

struct Named {
    std::string_view name;
    Take take;
};

constexpr std::array<Named, 17> of_a_person{{{"name", Take::name},
                                             {"gender", Take::gender},
                                             {"birth_date", Take::birth_date},
                                             {"birth_date_unknown", Take::birth_date_unknown},
                                             {"age", Take::age},
                                             {"nationality", Take::nationality},
                                             {"id_type", Take::id_type},
                                             {"identifiers", Take::identifiers},
                                             {"marital_status", Take::marital_status},
                                             {"education", Take::education},
                                             {"occupation", Take::occupation},
                                             {"phone", Take::person_phone},
                                             {"email", Take::person_email},
                                             {"previous_births", Take::previous_births},
                                             {"primary_address", Take::primary_address},
                                             {"details_not_available", Take::details_not_available},
                                             {"unavailable_reason", Take::unavailable_reason}}};

constexpr std::array<Named, 19> of_the_event{{{"date", Take::date},
                                              {"place.kind", Take::place_kind},
                                              {"place.location", Take::place_location},
                                              {"place.address", Take::place_address},
                                              {"place.jurisdiction", Take::place_jurisdiction},
                                              {"birth.birth_type", Take::birth_type},
                                              {"birth.weight_kg", Take::weight_kg},
                                              {"birth.attendant", Take::attendant},
                                              {"death.manner", Take::manner},
                                              {"death.cause_established", Take::cause_established},
                                              {"death.cause_method", Take::cause_method},
                                              {"death.cause_description", Take::cause_description},
                                              {"death.dependants_total", Take::dependants_total},
                                              {"informant.relation", Take::relation},
                                              {"informant.other_relation", Take::other_relation},
                                              {"contact.phone", Take::contact_phone},
                                              {"contact.email", Take::contact_email},
                                              {"late_reason", Take::late_reason},
                                              {"comment", Take::comment}}};

constexpr std::array<std::string_view, 8> roles{"child",  "mother",    "father", "deceased",
                                                "spouse", "informant", "bride",  "groom"};

bool is_role(std::string_view text) {
    return std::find(roles.begin(), roles.end(), text) != roles.end();
}

/// What follows `prefix`, where it stands in front and something follows.
std::optional<std::string_view> after(std::string_view text, std::string_view prefix) {
    if (text.size() <= prefix.size() || text.substr(0, prefix.size()) != prefix) return std::nullopt;
    return text.substr(prefix.size());
}

constexpr std::array<std::string_view, 7> address_parts{"number",      "street",     "residential_area", "town",
                                                        "postal_code", "state_text", "district_text"};

std::optional<VitalKind> vital_kind(std::string_view text) {
    for (const auto kind : {VitalKind::birth, VitalKind::death, VitalKind::fetal_death, VitalKind::marriage})
        if (name(kind) == text) return kind;
    return std::nullopt;
}

class Parser {
  public:
    std::vector<MapProblem> problems;

    CountryMap map(const Json& json) {
        CountryMap out;
        allow(json, "", {"format", "country", "phone", "no_details_reason", "street", "events"});
        if (text_member(json, "format") != country_map_format)
            refuse("/format", "must be \"" + std::string(country_map_format) + "\"");
        out.country = needed(json, "country", "");
        out.no_details_reason = needed(json, "no_details_reason", "");
        if (const auto* phone = object(json, "phone", "")) {
            allow(*phone, "/phone", {"international", "national"});
            out.phone_international = needed(*phone, "international", "/phone");
            out.phone_national = needed(*phone, "national", "/phone");
        }
        if (const auto* street = object(json, "street", "")) {
            allow(*street, "/street", {"domestic", "international"});
            out.domestic = parts(*street, "domestic");
            out.international = parts(*street, "international");
        }
        if (const auto* events = object(json, "events", "")) {
            for (const auto& [kind, event] : events->items())
                if (auto read = event_map(kind, event)) out.events.push_back(std::move(*read));
            if (out.events.empty()) refuse("/events", "maps no event");
        }
        return out;
    }

  private:
    void refuse(std::string path, std::string message) { problems.push_back({std::move(path), std::move(message)}); }

    void allow(const Json& json, const std::string& at, const std::vector<std::string_view>& known) {
        if (!json.is_object()) return;
        for (const auto& [key, value] : json.items())
            if (std::find(known.begin(), known.end(), key) == known.end())
                refuse(pointer(at, key), "is not a member the map has");
    }
    const Json* object(const Json& json, std::string_view key, const std::string& at) {
        const auto* found = member(json, key);
        if (found != nullptr && found->is_object()) return found;
        refuse(pointer(at, key), "must be an object");
        return nullptr;
    }
    std::string needed(const Json& json, std::string_view key, const std::string& at) {
        const auto out = text_member(json, key);
        if (out.empty()) refuse(pointer(at, key), "must be a text that is not empty");
        return std::string(out);
    }
    std::string optional_text(const Json& json, std::string_view key, const std::string& at) {
        const auto* found = member(json, key);
        if (found == nullptr) return {};
        return needed(json, key, at);
    }

    StreetParts parts(const Json& street, std::string_view which) {
        StreetParts out;
        const auto* json = object(street, which, "/street");
        if (json == nullptr) return out;
        for (const auto& [part, key] : json->items()) {
            const auto at = pointer(pointer("/street", which), part);
            if (std::find(address_parts.begin(), address_parts.end(), part) == address_parts.end())
                refuse(at, "is not a part of an address");
            else if (!key.is_string() || text(key).empty())
                refuse(at, "must be a text that is not empty");
            else
                out.emplace_back(part, std::string(text(key)));
        }
        return out;
    }

    std::optional<MapSource> source(const Json& json, const std::string& at) {
        auto out = json.is_string() ? MapSource::parse(text(json)) : std::nullopt;
        if (!out) refuse(at, "names no value of a vital event");
        return out;
    }

    std::map<std::string, std::string> code_table(const Json& json, const std::string& at) {
        std::map<std::string, std::string> out;
        if (!json.is_object()) {
            refuse(at, "must be an object of codes");
            return out;
        }
        for (const auto& [code, option] : json.items()) {
            if (!option.is_string())
                refuse(pointer(at, code), "must be a code of the form");
            else
                out.emplace(code, std::string(text(option)));
        }
        return out;
    }

    void when(const Json& json, const std::string& at, MapRow& row) {
        if (!json.is_object()) {
            refuse(at, "must be an object of values and codes");
            return;
        }
        for (const auto& [name, codes] : json.items()) {
            const auto where = pointer(at, name);
            auto asked = source(Json(name), where);
            std::vector<std::string> accepted;
            const auto list = codes.is_array() ? codes : Json::array({codes});
            for (const auto& code : list) {
                if (!code.is_string()) refuse(where, "must be a code or a list of codes");
                accepted.emplace_back(text(code));
            }
            if (asked) row.when.emplace_back(std::move(*asked), std::move(accepted));
        }
    }

    std::optional<MapRow> row(const Json& json, const std::string& at) {
        if (!json.is_object()) {
            refuse(at, "must be an object");
            return std::nullopt;
        }
        allow(json, at, {"field", "from", "when", "codes", "const", "otherwise", "overflow", "direction"});
        MapRow out;
        out.path = at;
        out.field = optional_text(json, "field", at);
        out.overflow = optional_text(json, "overflow", at);
        out.otherwise = optional_text(json, "otherwise", at);
        if (out.field.empty() && out.overflow.empty()) refuse(at, "needs a field, or an overflow");
        const auto* from = member(json, "from");
        auto taken = from == nullptr ? std::nullopt : source(*from, pointer(at, "from"));
        if (from == nullptr) refuse(pointer(at, "from"), "is missing");
        if (const auto* asked = member(json, "when")) when(*asked, pointer(at, "when"), out);
        if (const auto* codes = member(json, "codes")) out.codes = code_table(*codes, pointer(at, "codes"));
        for (const auto& [code, option] : out.codes)
            if (code == option || !out.codes_back.contains(option)) out.codes_back[option] = code;
        if (const auto* constant = member(json, "const")) out.constant = *constant;
        const auto direction = optional_text(json, "direction", at);
        if (!direction.empty() && direction != "both" && direction != "write")
            refuse(pointer(at, "direction"), "must be \"both\" or \"write\"");
        if (direction == "write" || out.constant || out.field.empty()) out.direction = Direction::write;
        if (taken && taken->take == Take::identifiers && !out.field.empty())
            refuse(pointer(at, "field"), "a list of identifiers can only overflow");
        if (!taken) return std::nullopt;
        out.from = std::move(*taken);
        return out;
    }

    std::optional<EventMap> event_map(const std::string& kind, const Json& json) {
        const auto at = pointer("/events", kind);
        EventMap out;
        const auto known = vital_kind(kind);
        if (!known) {
            refuse(at, "is not a kind of vital event");
            return std::nullopt;
        }
        out.kind = *known;
        if (!json.is_object()) {
            refuse(at, "must be an object");
            return std::nullopt;
        }
        allow(json, at, {"type", "rows"});
        out.type = needed(json, "type", at);
        const auto* rows = member(json, "rows");
        if (rows == nullptr || !rows->is_array()) {
            refuse(pointer(at, "rows"), "must be a list of rows");
            return out;
        }
        for (std::size_t i = 0; i < rows->size(); ++i)
            if (auto read = row((*rows)[i], pointer(pointer(at, "rows"), i))) out.rows.push_back(std::move(*read));
        return out;
    }
};

bool has_option(const FormField& field, const std::string& option) {
    return std::find(field.options.begin(), field.options.end(), option) != field.options.end();
}

void check_options(const MapRow& row, const FormField& field, std::vector<MapProblem>& out) {
    if (field.options.empty()) return;
    for (const auto& [code, option] : row.codes)
        if (!has_option(field, option))
            out.push_back({pointer(pointer(row.path, "codes"), code),
                           "the form's field " + field.id + " has no option " + option});
    if (!row.otherwise.empty() && !has_option(field, row.otherwise))
        out.push_back(
            {pointer(row.path, "otherwise"), "the form's field " + field.id + " has no option " + row.otherwise});
}

/// Shapes that can only come from the value of the same shape.
void check_shape(const MapRow& row, const FormField& field, std::vector<MapProblem>& out) {
    if (row.constant) return;
    const auto take = row.from.take;
    const bool wrong =
        (field.kind == FieldKind::name && take != Take::name) ||
        (field.kind == FieldKind::address && take != Take::primary_address && take != Take::place_address) ||
        (field.kind == FieldKind::age && take != Take::age) || field.kind == FieldKind::other ||
        field.kind == FieldKind::quantity;
    if (wrong) out.push_back({pointer(row.path, "from"), "cannot be written into a field of type " + field.type});
}

}  // namespace

std::optional<MapSource> MapSource::parse(std::string_view text) {
    MapSource out;
    out.name = text;
    if (const auto custom = after(text, "custom.")) {
        out.take = Take::custom;
        out.detail = *custom;
        return out;
    }
    if (const auto nth = after(text, "death.cause_code.")) {
        std::size_t number = 0;
        const auto [end, error] = std::from_chars(nth->data(), nth->data() + nth->size(), number);
        if (error != std::errc() || end != nth->data() + nth->size() || number == 0 || number > 20) return std::nullopt;
        out.take = Take::cause_code;
        out.nth = number - 1;
        return out;
    }
    for (const auto& [name, take] : of_the_event) {
        if (name != text) continue;
        out.take = take;
        return out;
    }
    const auto dot = text.find('.');
    if (dot == std::string_view::npos || !is_role(text.substr(0, dot))) return std::nullopt;
    out.role = text.substr(0, dot);
    const auto rest = text.substr(dot + 1);
    if (const auto type = after(rest, "identifier.")) {
        out.take = Take::identifier;
        out.detail = *type;
        return out;
    }
    if (const auto other = after(rest, "same_address.")) {
        if (!is_role(*other)) return std::nullopt;
        out.take = Take::same_address;
        out.detail = *other;
        return out;
    }
    for (const auto& [name, take] : of_a_person) {
        if (name != rest) continue;
        out.take = take;
        return out;
    }
    return std::nullopt;
}

bool MapSource::derived() const {
    return take == Take::birth_date_unknown || take == Take::id_type || take == Take::same_address ||
           take == Take::details_not_available || take == Take::place_jurisdiction;
}

std::vector<std::string> values_of(VitalKind kind) {
    std::vector<const char*> who;
    switch (kind) {
        case VitalKind::death:
            who = {role::deceased, role::spouse, role::informant};
            break;
        case VitalKind::marriage:
            who = {role::bride, role::groom, role::informant};
            break;
        case VitalKind::birth:
        case VitalKind::fetal_death:
            who = {role::child, role::mother, role::father, role::informant};
            break;
    }
    std::vector<std::string> out;
    const auto add = [&](std::string text) {
        const auto source = MapSource::parse(text);
        if (source && !source->derived()) out.push_back(std::move(text));
    };
    for (const auto* role : who) {
        for (const auto& [name, take] : of_a_person) add(std::string(role) + "." + std::string(name));
    }
    for (const auto& [name, take] : of_the_event) {
        if (name.starts_with("birth.") && kind != VitalKind::birth) continue;
        if (name.starts_with("death.") && kind != VitalKind::death) continue;
        if (take == Take::date && kind == VitalKind::birth) continue;  // it is the child's date of birth
        add(std::string(name));
    }
    return out;
}

const EventMap* CountryMap::find(VitalKind kind) const {
    for (const auto& event : events)
        if (event.kind == kind) return &event;
    return nullptr;
}

const EventMap* CountryMap::find(std::string_view type) const {
    for (const auto& event : events)
        if (event.type == type) return &event;
    return nullptr;
}

tl::expected<CountryMap, std::vector<MapProblem>> CountryMap::parse(std::string_view text) {
    const auto json = parse_json(text, config_json_limits, JsonComments::allow);
    if (!json) return tl::unexpected(std::vector<MapProblem>{{json.error().path, json.error().message}});
    if (!json->is_object()) return tl::unexpected(std::vector<MapProblem>{{"", "the map must be an object"}});
    Parser parser;
    auto out = parser.map(*json);
    if (!parser.problems.empty()) return tl::unexpected(std::move(parser.problems));
    return out;
}

CountryMap CountryMap::without(Take take) const {
    auto out = *this;
    for (auto& event : out.events) {
        std::erase_if(event.rows, [&](const MapRow& row) { return row.from.take == take; });
    }
    return out;
}

std::vector<MapProblem> CountryMap::check(const FormConfig& form) const {
    std::vector<MapProblem> out;
    for (const auto& event : events) {
        const auto* target = form.find(event.type);
        if (target == nullptr) {
            out.push_back({"/events/" + std::string(name(event.kind)) + "/type",
                           "the target has no event of the type " + event.type});
            continue;
        }
        for (const auto& row : event.rows) {
            const auto known = [&](const std::string& id) {
                return id.empty() || target->find(id) != nullptr || target->find_annotation(id) != nullptr;
            };
            if (!known(row.field)) out.push_back({pointer(row.path, "field"), "the form has no field " + row.field});
            if (!known(row.overflow))
                out.push_back({pointer(row.path, "overflow"), "the form has no field " + row.overflow});
            if (const auto* field = target->find(row.field)) {
                check_options(row, *field, out);
                check_shape(row, *field, out);
            }
        }
    }
    return out;
}

}  // namespace ocm::opencrvs
