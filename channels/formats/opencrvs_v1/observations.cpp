// SPDX-License-Identifier: MPL-2.0
#include "formats/opencrvs_v1/observations.hpp"

#include "core/http_message.hpp"
#include "formats/opencrvs_v1/codes.hpp"
#include "formats/opencrvs_v1/values.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <cmath>

namespace ocm::opencrvs_v1 {
namespace {

enum class Fact {
    birth_type,
    weight,
    attendant,
    born_alive,
    fetal_deaths,
    last_previous_birth,
    manner,
    cause_established,
    cause_method,
    cause_code,
    cause_description,
    male_dependants,
    female_dependants,
};

struct Row {
    std::string_view code;
    Fact fact;
};
constexpr std::array<Row, 13> facts{{
    {fact::birth_type, Fact::birth_type},
    {fact::weight, Fact::weight},
    {fact::attendant, Fact::attendant},
    {fact::born_alive, Fact::born_alive},
    {fact::fetal_deaths, Fact::fetal_deaths},
    {fact::last_previous_birth, Fact::last_previous_birth},
    {fact::manner, Fact::manner},
    {fact::cause_established, Fact::cause_established},
    {fact::cause_method, Fact::cause_method},
    {fact::cause_code, Fact::cause_code},
    {fact::cause_description, Fact::cause_description},
    {fact::male_dependants, Fact::male_dependants},
    {fact::female_dependants, Fact::female_dependants},
}};

const Row* fact_of(const Json& observation) {
    const auto* code = member(observation, "code");
    const auto* codings = code == nullptr ? nullptr : member(*code, "coding");
    if (codings == nullptr || !codings->is_array()) return nullptr;
    for (const auto& coding : *codings) {
        const auto given = text_member(coding, "code");
        for (const auto& row : facts) {
            if (given == row.code) return &row;
        }
    }
    return nullptr;
}

/// The value, whichever of the value[x] forms it came in.
const Json* value_of(const Json& observation, Marks& marks) {
    for (const auto key : {"valueString", "valueInteger", "valueBoolean", "valueDateTime", "valueDate", "valueCode"}) {
        if (const auto* found = member(observation, key)) return found;
    }
    if (const auto* quantity = member(observation, "valueQuantity")) return member(*quantity, "value");
    const auto* codeable = member(observation, "valueCodeableConcept");
    if (codeable == nullptr) return nullptr;
    if (const auto* code = take_code(codeable, marks)) return code;
    return member(*codeable, "text");
}

constexpr std::string_view not_text = "it is not text";
constexpr std::string_view not_whole = "it is not a whole number";

class Setter {
  public:
    Setter(const Json& value, Marks& marks) : value_(value), marks_(marks) {}

    bool text(std::optional<std::string>& to) {
        if (!value_.is_string()) return drop(not_text);
        if (to) return drop(given_twice);
        to = std::string(ocm::text(value_));
        return carry();
    }
    bool count(std::optional<int>& to) {
        const auto number = whole_number(value_);
        if (!number || *number < 0) return drop(not_whole);
        if (to) return drop(given_twice);
        to = static_cast<int>(*number);
        return carry();
    }
    bool flag(std::optional<bool>& to) {
        const bool yes = value_ == true || ocm::text(value_) == "true";
        const bool no = value_ == false || ocm::text(value_) == "false";
        if (!yes && !no) return drop("it is neither true nor false");
        if (to) return drop(given_twice);
        to = yes;
        return carry();
    }
    bool listed(std::vector<std::string>& to) {
        if (!value_.is_string()) return drop(not_text);
        to.emplace_back(ocm::text(value_));
        return carry();
    }
    bool grams(std::optional<long>& to, std::string_view unit) {
        constexpr double heaviest_kg = 15;
        const auto amount = number(value_);
        if (!amount || *amount <= 0) return drop("it is not a weight");
        if (to) return drop(given_twice);
        double kilograms = *amount;
        if (iequals(unit, "g") || iequals(unit, "gram") || iequals(unit, "grams")) {
            kilograms = *amount / 1000;
        } else if (unit.empty()) {
            marks_.recoded(value_, "it has no unit and is read as kilograms");
        } else if (!iequals(unit, "kg") && !iequals(unit, "kilogram") && !iequals(unit, "kilograms")) {
            return drop("its unit is not kg or g");
        }
        if (kilograms > heaviest_kg * 1000) return drop("it is not a weight");
        if (kilograms > heaviest_kg) marks_.warn(value_, "no child weighs that much at birth; check the unit");
        to = std::lround(kilograms * 1000);
        return carry();
    }

  private:
    bool carry() {
        marks_.carried(value_);
        return true;
    }
    bool drop(std::string_view why) {
        marks_.dropped(value_, why);
        return false;
    }
    static constexpr std::string_view given_twice = "the same code was already given";

    const Json& value_;
    Marks& marks_;
};

std::string_view unit_of(const Json& observation) {
    const auto* quantity = member(observation, "valueQuantity");
    if (quantity == nullptr) return {};
    const auto code = text_member(*quantity, "code");
    return code.empty() ? text_member(*quantity, "unit") : code;
}

Result<bool> set(Fact fact, const Json& observation, const Json& value, VitalEvent& event, Marks& marks) {
    Setter setter(value, marks);
    switch (fact) {
        case Fact::birth_type:
            return setter.text(event.birth.birth_type);
        case Fact::weight:
            return setter.grams(event.birth.weight_grams, unit_of(observation));
        case Fact::attendant:
            return setter.text(event.birth.attendant);
        case Fact::born_alive:
            return setter.count(event.birth.born_alive);
        case Fact::fetal_deaths:
            return setter.count(event.birth.fetal_deaths);
        case Fact::last_previous_birth: {
            if (event.birth.last_previous_birth) return setter.text(event.birth.last_previous_birth);
            auto date = take_date(value, marks);
            if (!date) return fail(std::move(date.error()));
            event.birth.last_previous_birth = std::move(*date);
            return event.birth.last_previous_birth.has_value();
        }
        case Fact::manner:
            return setter.text(event.death.manner);
        case Fact::cause_established:
            return setter.flag(event.death.cause_established);
        case Fact::cause_method:
            return setter.text(event.death.cause_method);
        case Fact::cause_code:
            return setter.listed(event.death.cause_codes);
        case Fact::cause_description:
            return setter.text(event.death.cause_description);
        case Fact::male_dependants:
            return setter.count(event.death.male_dependants);
        case Fact::female_dependants:
            return setter.count(event.death.female_dependants);
    }
    return false;
}

/// Text of an answer, whichever type it has.
std::optional<std::string> answer_text(const Json& value) {
    if (value.is_string()) return std::string(text(value));
    if (value.is_boolean()) return value.get<bool>() ? "true" : "false";
    if (value.is_number()) return dump_json(value);
    return std::nullopt;
}

}  // namespace

Result<void> read_observation(const Json& observation, VitalEvent& event, Marks& marks) {
    const auto status = text_member(observation, "status");
    if (status == "entered-in-error" || status == "cancelled") {
        marks.dropped(observation, "the observation was withdrawn by its sender");
        return {};
    }
    const auto* fact = fact_of(observation);
    if (fact == nullptr) {
        marks.dropped(observation, "an observation with this code has no place");
        return {};
    }
    const auto* value = value_of(observation, marks);
    if (value == nullptr || value->is_null()) return {};
    auto carried = set(fact->fact, observation, *value, event, marks);
    if (!carried) return fail(std::move(carried.error()));
    if (!*carried) {
        marks.dropped(observation, "its value was not taken");
        return {};
    }
    for (const auto key : {"resourceType", "status"}) marks.structure(member(observation, key));
    for (const auto key : {"category", "code"}) marks.wording(member(observation, key));
    marks.reference(member(observation, "context"));
    if (const auto* quantity = member(observation, "valueQuantity")) {
        for (const auto key : {"unit", "system", "code"}) marks.structure(member(*quantity, key));
    }
    return {};
}

void read_questionnaire(const Json& response, VitalEvent& event, Marks& marks) {
    for (const auto key : {"resourceType", "status"}) marks.structure(member(response, key));
    marks.reference(member(response, "subject"));
    const auto* items = member(response, "item");
    if (items == nullptr || !items->is_array()) return;
    for (const auto& item : *items) {
        const auto* named = member(item, "text");
        if (named == nullptr || text(*named).empty()) named = member(item, "linkId");
        const auto* answers = member(item, "answer");
        const auto* answer = answers == nullptr ? nullptr : element(*answers, 0);
        if (named == nullptr || text(*named).empty() || answer == nullptr || !answer->is_object()) continue;
        for (const auto& value : *answer) {
            auto said = answer_text(value);
            if (!said) continue;
            const bool added = event.custom.emplace(text(*named), std::move(*said)).second;
            if (!added) {
                marks.dropped(item, "the same field was already given");
                break;
            }
            marks.carried(value);
            marks.structure(member(item, "text"));
            marks.structure(member(item, "linkId"));
            break;
        }
    }
}

}  // namespace ocm::opencrvs_v1
