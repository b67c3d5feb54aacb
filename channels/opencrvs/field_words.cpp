// SPDX-License-Identifier: MPL-2.0
#include "channels/opencrvs/field_words.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <set>

namespace ocm::opencrvs {
namespace {

using Words = std::set<std::string, std::less<>>;
using Kinds = std::vector<FieldKind>;

struct Rule {
    std::string_view from;            // after the role, where `of_person`
    bool of_person = false;           // taken of the person whom the id names
    Kinds kinds;                      // of the field
    std::vector<std::string> needed;  // words, all of them
};

const Kinds any_text{FieldKind::text, FieldKind::code};

/// Most words first within a value; of rules that fit the one with most words wins.
const std::vector<Rule>& rules() {
    static const std::vector<Rule> table{
        {"name", true, {FieldKind::name}, {"name"}},
        {"gender", true, {FieldKind::code}, {"gender"}},
        {"gender", true, {FieldKind::code}, {"sex"}},
        {"birth_date", true, {FieldKind::date}, {"dob"}},
        {"birth_date", true, {FieldKind::date}, {"date", "birth"}},
        {"birth_date", true, {FieldKind::date}, {"birthdate"}},
        {"birth_date_unknown", true, {FieldKind::checkbox}, {"dob", "unknown"}},
        {"birth_date_unknown", true, {FieldKind::checkbox}, {"date", "birth", "unknown"}},
        {"age", true, {FieldKind::age}, {"age"}},
        {"nationality", true, {FieldKind::country}, {"nationality"}},
        {"nationality", true, {FieldKind::country}, {"citizenship"}},
        {"id_type", true, {FieldKind::code}, {"id", "type"}},
        {"id_type", true, {FieldKind::code}, {"identification", "type"}},
        {"identifier.NATIONAL_ID", true, {FieldKind::text}, {"nid"}},
        {"identifier.NATIONAL_ID", true, {FieldKind::text}, {"nin"}},
        {"identifier.NATIONAL_ID", true, {FieldKind::text}, {"national", "id"}},
        {"identifier.PASSPORT", true, {FieldKind::text}, {"passport"}},
        {"identifier.BIRTH_REGISTRATION_NUMBER", true, {FieldKind::text}, {"brn"}},
        {"identifier.BIRTH_REGISTRATION_NUMBER", true, {FieldKind::text}, {"birth", "registration", "number"}},
        {"marital_status", true, {FieldKind::code}, {"marital", "status"}},
        {"education", true, {FieldKind::code}, {"education"}},
        {"education", true, {FieldKind::code}, {"educational", "attainment"}},
        {"occupation", true, any_text, {"occupation"}},
        {"occupation", true, any_text, {"profession"}},
        {"previous_births", true, {FieldKind::number}, {"previous", "births"}},
        {"primary_address", true, {FieldKind::address}, {"address"}},
        {"primary_address", true, {FieldKind::address}, {"residence"}},
        {"details_not_available", true, {FieldKind::checkbox}, {"details", "not", "available"}},
        {"unavailable_reason", true, {FieldKind::text}, {"reason"}},
        {"phone", true, {FieldKind::phone, FieldKind::text}, {"phone"}},
        {"phone", true, {FieldKind::phone, FieldKind::text}, {"mobile"}},
        {"email", true, {FieldKind::email, FieldKind::text}, {"email"}},

        {"late_reason", false, {FieldKind::text}, {"reason", "late", "registration"}},
        {"late_reason", false, {FieldKind::text}, {"reason", "delayed", "registration"}},
        {"birth.birth_type", false, {FieldKind::code}, {"birth", "type"}},
        {"birth.weight_kg", false, {FieldKind::number}, {"weight", "birth"}},
        {"birth.weight_kg", false, {FieldKind::number}, {"weight"}},
        {"birth.attendant", false, {FieldKind::code}, {"attendant", "birth"}},
        {"birth.attendant", false, {FieldKind::code}, {"attendant"}},
        {"death.manner", false, {FieldKind::code}, {"manner", "death"}},
        {"death.manner", false, {FieldKind::code}, {"manner"}},
        {"death.cause_established", false, {FieldKind::checkbox}, {"cause", "death", "established"}},
        {"death.cause_established", false, {FieldKind::checkbox}, {"cause", "established"}},
        {"death.cause_method", false, {FieldKind::code}, {"source", "cause", "death"}},
        {"death.cause_method", false, {FieldKind::code}, {"cause", "death", "method"}},
        {"death.cause_description", false, {FieldKind::text}, {"cause", "death", "description"}},
        {"death.cause_description", false, {FieldKind::text}, {"description"}},
        {"death.dependants_total", false, {FieldKind::number}, {"number", "dependants"}},
        {"death.dependants_total", false, {FieldKind::number}, {"number", "dependents"}},
        {"informant.relation", false, {FieldKind::code}, {"relation"}},
        {"informant.relation", false, {FieldKind::code}, {"relationship"}},
        {"informant.other_relation", false, {FieldKind::text}, {"other", "relation"}},
        {"informant.other_relation", false, {FieldKind::text}, {"other", "relationship"}},
    };
    return table;
}

struct RoleWords {
    std::string_view role;
    std::vector<std::string_view> words;
};

const std::vector<RoleWords>& roles_of(VitalKind kind) {
    static const std::vector<RoleWords> birth{{role::child, {"child", "baby", "newborn", "infant"}},
                                              {role::mother, {"mother"}},
                                              {role::father, {"father"}},
                                              {role::informant, {"informant", "notifier", "declarant"}}};
    static const std::vector<RoleWords> death{{role::deceased, {"deceased", "decedent"}},
                                              {role::spouse, {"spouse"}},
                                              {role::mother, {"mother"}},
                                              {role::father, {"father"}},
                                              {role::informant, {"informant", "notifier", "declarant"}}};
    static const std::vector<RoleWords> marriage{{role::bride, {"bride"}},
                                                 {role::groom, {"groom", "bridegroom"}},
                                                 {role::informant, {"informant", "notifier", "declarant"}}};
    switch (kind) {
        case VitalKind::death:
            return death;
        case VitalKind::marriage:
            return marriage;
        case VitalKind::birth:
        case VitalKind::fetal_death:
            break;
    }
    return birth;
}

/// Words that say nothing of a field's meaning.
bool is_filler(std::string_view word) {
    static const Words fillers{"of",    "the",     "at",     "for",  "no",   "number", "details",
                               "event", "section", "person", "page", "form", "code",   "v"};
    return fillers.contains(word);
}

bool has_kind(const Kinds& kinds, FieldKind kind) {
    return std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
}

bool has_option(const FormField& field, std::string_view option) {
    return std::find(field.options.begin(), field.options.end(), option) != field.options.end();
}

/// The one role that the id names; the first where its first word names one ("informant.mother..." is the informant's).
std::optional<std::string_view> role_of(VitalKind kind, const std::vector<std::string>& words, Words& used) {
    std::optional<std::string_view> found;
    for (std::size_t i = 0; i < words.size(); ++i) {
        for (const auto& [role, names] : roles_of(kind)) {
            if (std::find(names.begin(), names.end(), words[i]) == names.end()) continue;
            used.insert(words[i]);
            if (i == 0) return role;
            if (found && *found != role) return std::nullopt;
            found = role;
        }
    }
    return found;
}

/// `likely` where no word is left over.
Confidence by_rest(const Words& words, const Words& used) {
    for (const auto& word : words) {
        if (!used.contains(word) && !is_filler(word)) return Confidence::guess;
    }
    return Confidence::likely;
}

/// Where it happened: told by shape and by where the form says the event's place is.
std::optional<Meaning> meaning_of_place(const EventForm& form, const FormField& field, const Words& words) {
    if (!form.place_of_event.empty() && field.id == form.place_of_event && field.kind == FieldKind::text) {
        return Meaning{"place.jurisdiction", Confidence::likely};
    }
    const bool of_event = words.contains("birth") || words.contains("death");
    const bool place = words.contains("place") || words.contains("location");
    switch (field.kind) {
        case FieldKind::code:
            if (!has_option(field, "HEALTH_FACILITY")) return std::nullopt;
            return Meaning{"place.kind", of_event && place ? Confidence::likely : Confidence::guess};
        case FieldKind::location: {
            const auto& types = field.location_types;
            const bool facility = words.contains("facility") || words.contains("hospital") ||
                                  std::find(types.begin(), types.end(), "HEALTH_FACILITY") != types.end() ||
                                  types.empty();
            if (!facility) return std::nullopt;
            return Meaning{"place.location", of_event && place ? Confidence::likely : Confidence::guess};
        }
        case FieldKind::address:
            if (!of_event || !place) return std::nullopt;
            return Meaning{"place.address",
                           words.contains("home") || words.contains("other") ? Confidence::likely : Confidence::guess};
        default:
            return std::nullopt;
    }
}

}  // namespace

std::string_view name(Confidence confidence) {
    switch (confidence) {
        case Confidence::same:
            return "same";
        case Confidence::likely:
            return "likely";
        case Confidence::guess:
            break;
    }
    return "guess";
}

std::vector<std::string> words_of(std::string_view id) {
    std::vector<std::string> out;
    std::string word;
    const auto end_word = [&] {
        if (!word.empty()) out.push_back(std::move(word));
        word.clear();
    };
    for (std::size_t i = 0; i < id.size(); ++i) {
        const auto c = static_cast<unsigned char>(id[i]);
        if (std::isalpha(c) == 0) {
            end_word();
            continue;
        }
        const bool hump = std::isupper(c) != 0 && i > 0 && std::islower(static_cast<unsigned char>(id[i - 1])) != 0;
        if (hump) end_word();
        word.push_back(static_cast<char>(std::tolower(c)));
    }
    end_word();
    return out;
}

std::optional<VitalKind> kind_of_form(std::string_view type) {
    std::set<VitalKind> found;
    for (const auto& word : words_of(type)) {
        if (word == "birth") found.insert(VitalKind::birth);
        if (word == "death") found.insert(VitalKind::death);
        if (word == "marriage") found.insert(VitalKind::marriage);
        if (word == "fetal" || word == "foetal" || word == "stillbirth") found.insert(VitalKind::fetal_death);
    }
    // "foetal-death" names two and means one.
    if (found.contains(VitalKind::fetal_death)) found.erase(VitalKind::death);
    return found.size() == 1 ? std::optional(*found.begin()) : std::nullopt;
}

std::optional<Meaning> meaning_of(VitalKind kind, const EventForm& form, const FormField& field) {
    if (field.kind == FieldKind::other || field.kind == FieldKind::quantity) return std::nullopt;
    const auto list = words_of(field.id);
    const Words words(list.begin(), list.end());
    // Of a child the date of birth is the date of the event.
    if (kind != VitalKind::birth && !form.date_of_event.empty() && field.id == form.date_of_event &&
        field.kind == FieldKind::date) {
        return Meaning{"date", Confidence::likely};
    }
    if (auto place = meaning_of_place(form, field, words)) return place;

    Words used;
    const auto role = role_of(kind, list, used);
    if (role && field.kind == FieldKind::code && words.contains("address") && words.contains("same")) {
        const auto other = kind == VitalKind::death ? role::deceased : role::mother;
        if (*role == other) return std::nullopt;
        return Meaning{std::string(*role) + ".same_address." + other, Confidence::likely};
    }
    const Rule* best = nullptr;
    for (const auto& rule : rules()) {
        if (!has_kind(rule.kinds, field.kind) || (rule.of_person && !role)) continue;
        const bool fits = std::all_of(rule.needed.begin(), rule.needed.end(),
                                      [&](const std::string& word) { return words.contains(word); });
        if (fits && (best == nullptr || rule.needed.size() > best->needed.size())) best = &rule;
    }
    if (best == nullptr) return std::nullopt;
    used.insert(best->needed.begin(), best->needed.end());
    auto confidence = by_rest(words, used);
    std::string from(best->from);
    if (best->of_person) {
        const bool contact = *role == role::informant && (from == "phone" || from == "email");
        // A reason of the subject's own section is the reason for coming late.
        const bool late = from == "unavailable_reason" && (*role == role::child || *role == role::deceased);
        from = contact ? "contact." + from : late ? "late_reason" : std::string(*role) + "." + from;
    }
    return Meaning{std::move(from), confidence};
}

std::vector<std::string_view> codes_of(std::string_view from) {
    const auto ends = [&](std::string_view with) { return from.size() > with.size() && from.ends_with(with); };
    if (ends(".gender")) return {"male", "female", "unknown", "other"};
    if (ends(".marital_status")) return {"SINGLE", "MARRIED", "WIDOWED", "DIVORCED", "SEPARATED", "NOT_STATED"};
    if (from == "place.kind") return {"HEALTH_FACILITY", "PRIVATE_HOME", "DECEASED_USUAL_RESIDENCE", "OTHER"};
    if (from == "birth.birth_type") return {"SINGLE", "TWIN", "TRIPLET", "QUADRUPLET", "HIGHER_MULTIPLE_DELIVERY"};
    if (from == "birth.attendant") {
        return {
            "PHYSICIAN", "NURSE", "MIDWIFE", "OTHER_PARAMEDICAL_PERSONNEL", "LAYPERSON", "TRADITIONAL_BIRTH_ATTENDANT",
            "NONE"};
    }
    if (from == "death.manner") {
        return {"NATURAL_CAUSES", "ACCIDENT", "SUICIDE", "HOMICIDE", "MANNER_UNDETERMINED"};
    }
    if (from == "death.cause_method") return {"PHYSICIAN", "LAY_REPORTED", "VERBAL_AUTOPSY", "MEDICALLY_CERTIFIED"};
    return {};
}

std::optional<std::string> address_part_of(std::string_view key, bool international) {
    const auto list = words_of(key);
    const Words words(list.begin(), list.end());
    const auto has = [&](std::string_view word) { return words.contains(word); };
    if (has("zip") || has("postcode") || has("postal")) return "postal_code";
    if (has("residential") || has("neighbourhood") || has("neighborhood")) return "residential_area";
    if (has("town") || has("city")) return "town";
    if (has("street") || has("road")) return "street";
    if (has("number") || has("house")) return "number";
    if (international && (has("state") || has("province"))) return "state_text";
    if (international && has("district")) return "district_text";
    return std::nullopt;
}

}  // namespace ocm::opencrvs
