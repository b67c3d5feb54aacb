// SPDX-License-Identifier: MPL-2.0
#include "formats/opencrvs_v1/codes.hpp"
#include "formats/opencrvs_v1/write_parts.hpp"

namespace ocm::opencrvs_v1 {
namespace {

/// How 1.x wants a code's value.
enum class Form { quantity, kilograms, text, date, code };

struct Row {
    std::string_view code, display;
    std::string_view category;  // code and display of it differ by case only
    Form form;
};
constexpr std::string_view procedure = "procedure", vital_signs = "vital-signs";

Json observation(const Row& row, Json value) {
    const auto display = row.category == procedure ? "Procedure" : "Vital Signs";
    Json category = codeable("http://hl7.org/fhir/observation-category", row.category);
    category["coding"][0]["display"] = display;
    Json code = codeable("http://loinc.org", row.code);
    code["coding"][0]["display"] = row.display;
    Json out = Json::object();
    out["resourceType"] = "Observation";
    out["status"] = "final";
    out["category"] = Json::array({std::move(category)});
    out["code"] = std::move(code);
    switch (row.form) {
        case Form::quantity:
            out["valueQuantity"]["value"] = std::move(value);  // also for a word, as 1.x has it
            break;
        case Form::kilograms:
            out["valueQuantity"] = {
                {"value", std::move(value)}, {"unit", "kg"}, {"system", "http://unitsofmeasure.org"}, {"code", "kg"}};
            break;
        case Form::text:
            out["valueString"] = std::move(value);
            break;
        case Form::date:
            out["valueDateTime"] = std::move(value);
            break;
        case Form::code:
            out["valueCodeableConcept"] =
                codeable(row.code == fact::cause_code ? "http://hl7.org/fhir/ValueSet/icd-10"
                                                      : "http://opencrvs.org/specs/" + std::string(row.code),
                         text(value));
            break;
    }
    return out;
}

constexpr Row birth_type{fact::birth_type, "Birth plurality of Pregnancy", procedure, Form::quantity};
constexpr Row weight{fact::weight, "Body weight Measured", vital_signs, Form::kilograms};
constexpr Row attendant{fact::attendant, "Birth attendant title", procedure, Form::text};
constexpr Row born_alive{fact::born_alive, "Number born alive to mother", procedure, Form::quantity};
constexpr Row fetal_deaths{fact::fetal_deaths, "Number foetal deaths to mother", procedure, Form::quantity};
constexpr Row last_birth{fact::last_previous_birth, "Date last live birth", procedure, Form::date};
constexpr Row manner{fact::manner, "Uncertified manner of death", vital_signs, Form::code};
constexpr Row established{fact::cause_established, "Cause of death established", vital_signs, Form::code};
constexpr Row method{fact::cause_method, "Cause of death method", vital_signs, Form::code};
constexpr Row cause{fact::cause_code, "Cause of death", vital_signs, Form::code};
constexpr Row description{fact::cause_description, "Lay reported or verbal autopsy description", vital_signs,
                          Form::text};
constexpr Row male{fact::male_dependants, "Number of male dependents on deceased", vital_signs, Form::quantity};
constexpr Row female{fact::female_dependants, "Number of female dependents on deceased", vital_signs, Form::quantity};

class ObservationWriter {
  public:
    ObservationWriter(bool applies, std::string_view part, std::string_view why, Bookkeeper& books)
        : applies_(applies), part_(part), why_(why), books_(books) {}

    void put(const Row& row, std::string_view name, const std::optional<std::string>& value) {
        if (value) put(row, name, Json(*value));
    }
    void put(const Row& row, std::string_view name, const std::optional<int>& count) {
        if (!count) return;
        if (*count < 0 || *count > 1000) return drop(name, "it is not a count of persons");
        put(row, name, Json(*count));
    }
    void drop(std::string_view name, std::string_view why) {
        books_.dropped(std::string(part_) + "." + std::string(name), why);
    }
    void put(const Row& row, std::string_view name, Json value) {
        auto path = std::string(part_) + "." + std::string(name);
        if (!applies_) return books_.dropped(std::move(path), why_);
        out.push_back(observation(row, std::move(value)));
        books_.carried(std::move(path));
    }

    std::vector<Json> out;

  private:
    bool applies_;
    std::string_view part_, why_;
    Bookkeeper& books_;
};

}  // namespace

std::vector<Json> write_observations(const VitalEvent& event, Bookkeeper& books) {
    ObservationWriter of_birth(event.kind == VitalKind::birth, "birth", "it is said of a birth, and this is none",
                               books);
    const auto& birth = event.birth;
    of_birth.put(birth_type, "birth_type", birth.birth_type);
    constexpr long heaviest = 15'000'000;  // more than that is not read as a weight either
    if (birth.weight_grams && (*birth.weight_grams <= 0 || *birth.weight_grams > heaviest)) {
        of_birth.drop("weight_grams", "it is not a weight");
    } else if (birth.weight_grams) {
        of_birth.put(weight, "weight_grams", Json(static_cast<double>(*birth.weight_grams) / 1000));
    }
    of_birth.put(attendant, "attendant", birth.attendant);
    of_birth.put(born_alive, "born_alive", birth.born_alive);
    of_birth.put(fetal_deaths, "fetal_deaths", birth.fetal_deaths);
    of_birth.put(last_birth, "last_previous_birth", birth.last_previous_birth);

    ObservationWriter of_death(event.kind == VitalKind::death, "death", "it is said of a death, and this is none",
                               books);
    const auto& death = event.death;
    of_death.put(manner, "manner", death.manner);
    if (death.cause_established) {
        of_death.put(established, "cause_established", Json(*death.cause_established ? "true" : "false"));
    }
    of_death.put(method, "cause_method", death.cause_method);
    for (std::size_t i = 0; i < death.cause_codes.size(); ++i) {
        of_death.put(cause, "cause_codes." + std::to_string(i), Json(death.cause_codes[i]));
    }
    of_death.put(description, "cause_description", death.cause_description);
    of_death.put(male, "male_dependants", death.male_dependants);
    of_death.put(female, "female_dependants", death.female_dependants);

    auto out = std::move(of_birth.out);
    for (auto& each : of_death.out) out.push_back(std::move(each));
    return out;
}

}  // namespace ocm::opencrvs_v1
