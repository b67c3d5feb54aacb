// SPDX-License-Identifier: MPL-2.0
#include "formats/fhir_r4/observations.hpp"

#include "core/http_message.hpp"
#include "formats/fhir_r4/codes.hpp"
#include "formats/opencrvs_v1/observations.hpp"
#include "formats/opencrvs_v1/values.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>

namespace ocm::fhir_r4 {
namespace {

using opencrvs_v1::number;
using opencrvs_v1::whole_number;

enum class Fact {
    birth_weight,
    body_weight,
    plurality,
    live_in_delivery,
    still_living,
    now_dead,
    live_births,
    last_live_birth,
    attendant,
    death_date,
    death_place,
    cause,
    other_causes,
    manner
};
struct Row {
    std::string_view code;
    Fact fact;
};
constexpr std::array rows{
    Row{loinc::birth_weight, Fact::birth_weight}, Row{loinc::body_weight, Fact::body_weight},
    Row{loinc::plurality, Fact::plurality},       Row{loinc::live_in_delivery, Fact::live_in_delivery},
    Row{loinc::still_living, Fact::still_living}, Row{loinc::now_dead, Fact::now_dead},
    Row{loinc::live_births, Fact::live_births},   Row{loinc::last_live_birth, Fact::last_live_birth},
    Row{loinc::attendant, Fact::attendant},       Row{loinc::death_date, Fact::death_date},
    Row{loinc::death_place, Fact::death_place},   Row{loinc::cause_part1, Fact::cause},
    Row{loinc::cause_part2, Fact::other_causes},  Row{loinc::manner, Fact::manner}};

std::optional<Fact> fact_of(const Json& coded) {
    for (const auto* code : codes_of(member(coded, "code"))) {
        for (const auto& row : rows) {
            if (text(*code) == row.code) return row.fact;
        }
    }
    return std::nullopt;
}

/// value[x] of an observation or a component.
struct Valued {
    const Json* node = nullptr;  // what is marked
    const Json* codeable = nullptr;
    std::string_view unit;
};
Valued value_of(const Json& from) {
    for (const auto key : {"valueString", "valueInteger", "valueDateTime", "valueBoolean", "valueTime"}) {
        if (const auto* found = member(from, key)) return {found, nullptr, {}};
    }
    if (const auto* quantity = member(from, "valueQuantity")) {
        const auto code = text_member(*quantity, "code");
        return {member(*quantity, "value"), nullptr, code.empty() ? text_member(*quantity, "unit") : code};
    }
    const auto* codeable = member(from, "valueCodeableConcept");
    return {codeable, codeable, {}};
}

constexpr std::string_view given_twice = "the same was already given";
constexpr std::string_view not_count = "it is not a whole number";

class Reading {
  public:
    Reading(const Json& from, Valued value, Facts& facts, VitalEvent& event, Marks& marks)
        : from_(from), value_(value), facts_(facts), event_(event), marks_(marks) {}

    /// False where the value was not taken; it is accounted for then.
    Result<bool> read(Fact fact) {
        switch (fact) {
            case Fact::birth_weight:
            case Fact::body_weight:
                return weight(fact == Fact::birth_weight);
            case Fact::plurality:
                return plurality();
            case Fact::live_in_delivery:
                facts_.live_in_delivery_node = value_.node;
                return count(facts_.live_in_delivery);
            case Fact::still_living:
                return count(facts_.still_living);
            case Fact::now_dead:
                return count(facts_.now_dead);
            case Fact::live_births:
                return count(event_.birth.born_alive);
            case Fact::last_live_birth:
                return date(event_.birth.last_previous_birth, nullptr);
            case Fact::attendant:
                return word(event_.birth.attendant, attendant_word);
            case Fact::death_date:
                return date(event_.date, &facts_.died_node);
            case Fact::death_place:
                return death_place();
            case Fact::cause:
                return cause();
            case Fact::other_causes:
                marks_.dropped(*value_.node, "contributing conditions have no place");
                return false;
            case Fact::manner:
                return word(event_.death.manner, manner_word);
        }
        return false;
    }

  private:
    bool drop(std::string_view why) {
        marks_.dropped(*value_.node, why);
        return false;
    }
    bool carry() {
        marks_.carried(*value_.node);
        if (const auto* quantity = member(from_, "valueQuantity")) {
            for (const auto key : {"unit", "system", "code"}) marks_.structure(member(*quantity, key));
        }
        return true;
    }

    template <class T>
    bool count(std::optional<T>& to) {
        const auto whole = whole_number(*value_.node);
        if (!whole || *whole < 0) return drop(not_count);
        if (to) return drop(given_twice);
        to = static_cast<T>(*whole);
        return carry();
    }

    bool word(std::optional<std::string>& to, std::string_view (*word_of)(std::string_view)) {
        if (to) return drop(given_twice);
        if (value_.codeable != nullptr) {
            auto said = take_concept(*value_.codeable, word_of, marks_);
            if (!said) return drop("it says nothing");
            to = std::move(said->word);
            return true;
        }
        if (!value_.node->is_string()) return drop("it is not text");
        const auto known = word_of(text(*value_.node));
        to = std::string(known.empty() ? text(*value_.node) : known);
        return carry();
    }

    Result<bool> date(std::optional<std::string>& to, const Json** where) {
        auto read = date_of(*value_.node, marks_);
        if (!read) return fail(std::move(read.error()));
        if (!*read) return false;
        if (to && *to != **read) return drop("another date was already given");
        to = std::move(*read);
        if (where != nullptr) *where = value_.node;
        return true;
    }

    bool weight(bool in_grams) {
        constexpr double pound = 453.59237, ounce = pound / 16, lightest = 100, heaviest = 15'000;
        constexpr std::string_view impossible = "no child weighs that at birth; check the value and its unit";
        const auto amount = number(*value_.node);
        if (!amount || *amount <= 0) return drop("it is not a weight");
        if (event_.birth.weight_grams) return drop(given_twice);
        const auto unit = value_.unit;
        double grams = *amount;
        if (iequals(unit, "kg") || iequals(unit, "kilogram") || iequals(unit, "kilograms")) {
            grams *= 1000;
        } else if (unit == "[lb_av]" || iequals(unit, "lb") || iequals(unit, "lbs") || iequals(unit, "pounds")) {
            grams *= pound;
            marks_.recoded(*value_.node, "pounds are written as grams");
        } else if (unit == "[oz_av]" || iequals(unit, "oz")) {
            grams *= ounce;
            marks_.recoded(*value_.node, "ounces are written as grams");
        } else if (unit.empty()) {
            const bool kilograms = !in_grams || grams < lightest;
            if (kilograms) grams *= 1000;
            marks_.recoded(*value_.node, kilograms ? "it has no unit and is read as kilograms"
                                                   : "it has no unit and is read as grams");
        } else if (!iequals(unit, "g") && !iequals(unit, "gram") && !iequals(unit, "grams")) {
            return drop("its unit is not one of g, kg, [lb_av], [oz_av]");
        }
        if (grams < lightest || grams > heaviest) {
            marks_.warn(*value_.node, impossible);
            return drop(impossible);
        }
        event_.birth.weight_grams = std::lround(grams);
        return carry();
    }

    bool plurality() {
        auto& to = event_.birth.birth_type;
        if (to) return drop(given_twice);
        if (value_.codeable == nullptr) {
            if (is_plurality_word(text(*value_.node))) {
                to = std::string(text(*value_.node));
                return carry();
            }
            const auto whole = whole_number(*value_.node);
            if (!whole || plurality_word(*whole).empty()) return drop("it is not the number of children born");
            to = std::string(plurality_word(*whole));
            marks_.recoded(*value_.node, "the number is written as OpenCRVS's own word");
            return carry();
        }
        for (const auto* code : codes_of(value_.codeable)) {
            if (!is_plurality_word(text(*code))) continue;
            marks_.wording(value_.codeable);
            marks_.carried(*code);
            to = std::string(text(*code));
            return true;
        }
        return drop("it is not a type of birth that is known here");
    }

    bool death_place() {
        auto& place = event_.place;
        if (place && place->kind) return drop(given_twice);
        std::string_view known;
        if (value_.codeable != nullptr) {
            for (const auto* code : codes_of(value_.codeable)) {
                if (known.empty()) known = death_place_word(text(*code));
            }
        } else {
            known = death_place_word(text(*value_.node));
        }
        if (known.empty()) return drop("it is not a kind of place that is known here");
        if (!place) place.emplace();
        place->kind = std::string(known);
        if (value_.codeable == nullptr) return carry();
        marks_.wording(value_.codeable);
        for (const auto* code : codes_of(value_.codeable)) {
            if (death_place_word(text(*code)) != known) continue;
            marks_.carried(*code);
            if (text(*code) != known) marks_.recoded(*code, "the code is written as OpenCRVS's own word");
        }
        return true;
    }

    bool cause() {
        Facts::Cause said;
        said.line = static_cast<long>(facts_.causes.size()) + 1;
        for (const auto* component : each_of(member(from_, "component"))) {
            const auto value = value_of(*component);
            if (value.node == nullptr || !has_code(member(*component, "code"), "lineNumber")) continue;
            const auto line = whole_number(*value.node);
            if (!line) continue;
            said.line = *line;
            marks_.carried(*value.node);
            marks_.structure(member(*component, "code"));
        }
        if (value_.codeable == nullptr) {
            if (!value_.node->is_string()) return drop("it is not text");
            said.words = text(*value_.node);
            facts_.causes.push_back(std::move(said));
            return carry();
        }
        marks_.wording(value_.codeable);
        const auto* words = member(*value_.codeable, "text");
        for (const auto* coding : each_of(member(*value_.codeable, "coding"))) {
            const auto* code = member(*coding, "code");
            const bool icd = to_lower(text_member(*coding, "system")).find("icd-10") != std::string::npos;
            if (icd && said.code.empty() && code != nullptr && code->is_string()) {
                said.code = text(*code);
                marks_.carried(*code);
            } else if (words == nullptr && member(*coding, "display") != nullptr) {
                words = member(*coding, "display");
            }
        }
        if (words != nullptr && !text(*words).empty()) {
            said.words = text(*words);
            marks_.carried(*words);
        }
        if (said.code.empty() && said.words.empty()) return drop("it names no cause");
        facts_.causes.push_back(std::move(said));
        return true;
    }

    const Json& from_;
    Valued value_;
    Facts& facts_;
    VitalEvent& event_;
    Marks& marks_;
};

bool withdrawn(const Json& observation) {
    const auto status = text_member(observation, "status");
    return status == "entered-in-error" || status == "cancelled";
}

bool about_another(const Resource& observation, const Cast& cast, const Resources& resources) {
    const auto* subject = resources.resolve(member(*observation.json, "subject"), observation);
    return subject != nullptr && subject != cast.subject.main && subject != cast.subject.more;
}

Result<void> read_components(const Json& observation, Facts& facts, VitalEvent& event, Marks& marks) {
    for (const auto* component : each_of(member(observation, "component"))) {
        const auto fact = fact_of(*component);
        const auto value = value_of(*component);
        if (!fact || value.node == nullptr || value.node->is_null()) continue;
        auto read = Reading(*component, value, facts, event, marks).read(*fact);
        if (!read) return fail(std::move(read.error()));
        if (*read) marks.structure(member(*component, "code"));
    }
    return {};
}

/// VRDR names the place of death by an extension of the date's observation.
void add_place_references(const Json& observation, Facts& facts) {
    for (const auto* extension : each_of(member(observation, "extension"))) {
        if (const auto* reference = member(*extension, "valueReference")) facts.place_references.push_back(reference);
    }
}

}  // namespace

Result<void> read_observation(const Resource& observation, const Cast& cast, const Resources& resources, Facts& facts,
                              VitalEvent& event, Marks& marks) {
    const auto& json = *observation.json;
    const auto fact = withdrawn(json) ? std::nullopt : fact_of(json);
    if (!fact) {
        // OpenCRVS's own codes, and what is to be said of all others.
        auto read = opencrvs_v1::read_observation(json, event, marks);
        frame(observation, marks);
        return read;
    }
    frame(observation, marks);
    for (const auto key : {"performer", "issued", "effectiveDateTime", "method"}) marks.structure(member(json, key));
    if (*fact == Fact::body_weight && about_another(observation, cast, resources)) {
        marks.dropped(json, "it is not the child's weight");
        return {};
    }
    const auto value = value_of(json);
    if (value.node != nullptr && !value.node->is_null()) {
        auto read = Reading(json, value, facts, event, marks).read(*fact);
        if (!read) return fail(std::move(read.error()));
    }
    if (*fact == Fact::death_date) add_place_references(json, facts);
    return *fact == Fact::cause ? Result<void>() : read_components(json, facts, event, marks);
}

void settle(Facts facts, VitalEvent& event, Marks& marks) {
    if (!event.birth.birth_type && facts.live_in_delivery && event.kind == VitalKind::birth) {
        const auto word = plurality_word(*facts.live_in_delivery);
        if (!word.empty()) {
            event.birth.birth_type = std::string(word);
            marks.recoded(*facts.live_in_delivery_node,
                          "the number of infants born alive is taken for the type of birth");
        }
    }
    if (!event.birth.born_alive && (facts.still_living || facts.now_dead)) {
        event.birth.born_alive = static_cast<int>(facts.still_living.value_or(0) + facts.now_dead.value_or(0));
    }
    if (facts.causes.empty()) return;
    std::stable_sort(facts.causes.begin(), facts.causes.end(),
                     [](const Facts::Cause& a, const Facts::Cause& b) { return a.line < b.line; });
    std::string words;
    for (auto& cause : facts.causes) {
        if (!cause.words.empty()) words += (words.empty() ? "" : "; ") + cause.words;
        if (!cause.code.empty()) event.death.cause_codes.push_back(std::move(cause.code));
    }
    if (!event.death.cause_description && !words.empty()) event.death.cause_description = std::move(words);
    // A certificate that states the causes says that they are established.
    if (!event.death.cause_established) event.death.cause_established = true;
    if (!event.death.cause_method && facts.certified) event.death.cause_method = "MEDICALLY_CERTIFIED";
}

}  // namespace ocm::fhir_r4
