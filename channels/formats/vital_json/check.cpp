// SPDX-License-Identifier: MPL-2.0
#include "formats/vital_json/check.hpp"

#include "core/json.hpp"
#include "core/time.hpp"
#include "formats/opencrvs_v1/values.hpp"
#include "formats/shipped.hpp"
#include "formats/vital_json/vital_json.hpp"

#include <algorithm>
#include <array>

namespace ocm::vital_json {
namespace {

using namespace std::literals;

constexpr std::array roles{role::child,  role::mother,    role::father, role::deceased,
                           role::spouse, role::informant, role::bride,  role::groom};
constexpr std::array genders{"male"sv, "female"sv, "other"sv, "unknown"sv};
constexpr std::array settlements{"URBAN"sv, "RURAL"sv};
constexpr std::array place_kinds{"HEALTH_FACILITY"sv, "PRIVATE_HOME"sv, "DECEASED_USUAL_RESIDENCE"sv, "OTHER"sv};

constexpr int oldest = 150, most_children = 50, most_dependants = 100;
constexpr long lightest_grams = 100, heaviest_grams = 15'000;

template <class List>
std::string one_of(const List& list) {
    std::string out = "must be one of ";
    for (const auto& each : list) {
        if (each != *list.begin()) out += ", ";
        out += each;
    }
    return out;
}

class Checker {
  public:
    Checker(VitalEvent& event, Account& account) : event_(event), account_(account) {}

    Result<void> run() {
        leave_out_registration();
        leave_out_strange_roles();
        subjects();
        for (const auto& [whose, person] : event_.persons) check_person(person, pointer("/persons", whose));
        date(event_.date, "/date");
        place();
        birth();
        death();
        reported();
        if (!error_) order();
        if (error_) return fail(std::move(*error_));
        return {};
    }

  private:
    void refuse(std::string message, std::string path) {
        if (!error_) error_ = Error{ErrorCode::bad_request, std::move(message), std::move(path), std::nullopt};
    }

    void drop(const std::string& path, std::string why) {
        std::erase_if(account_.carried,
                      [&](const std::string& carried) { return carried == path || carried.starts_with(path + "/"); });
        account_.dropped.push_back({path, std::move(why)});
    }

    void leave_out_registration() {
        if (!event_.registration) return;
        event_.registration.reset();
        drop("/registration", "the registry says this, not a sender");
    }

    void leave_out_strange_roles() {
        for (auto it = event_.persons.begin(); it != event_.persons.end();) {
            const bool known = std::find(roles.begin(), roles.end(), it->first) != roles.end();
            if (!known) drop(pointer("/persons", it->first), one_of(roles));
            it = known ? std::next(it) : event_.persons.erase(it);
        }
    }

    void subjects() {
        if (event_.kind == VitalKind::birth && !event_.persons.contains(role::child)) {
            refuse("is required: a birth has a child", "/persons/child");
        }
        if (event_.kind == VitalKind::death && !event_.persons.contains(role::deceased)) {
            refuse("is required: a death has a deceased", "/persons/deceased");
        }
    }

    void date(const std::optional<std::string>& value, const std::string& path) {
        if (!value || opencrvs_v1::is_partial_date(*value)) return;
        refuse("must be a date that exists, as YYYY-MM-DD, YYYY-MM or YYYY", path);
    }

    template <class List>
    void listed(const std::optional<std::string>& value, const List& list, const std::string& path) {
        if (!value || std::find(list.begin(), list.end(), *value) != list.end()) return;
        refuse(one_of(list), path);
    }

    void range(const std::optional<int>& value, int most, const std::string& path) {
        if (!value || (*value >= 0 && *value <= most)) return;
        refuse("must be from 0 to " + std::to_string(most), path);
    }

    void check_person(const Person& person, const std::string& at) {
        listed(person.gender, genders, at + "/gender");
        date(person.birth_date, at + "/birth_date");
        if (person.age) range(person.age->years, oldest, at + "/age/years");
        range(person.multiple_birth, most_children, at + "/multiple_birth");
        for (std::size_t i = 0; i < person.identifiers.size(); ++i) {
            const auto identifier = pointer(at + "/identifiers", i);
            if (person.identifiers[i].type.empty()) refuse("is required", identifier + "/type");
            if (person.identifiers[i].value.empty()) refuse("is required", identifier + "/value");
        }
        for (std::size_t i = 0; i < person.addresses.size(); ++i) {
            listed(person.addresses[i].urban_or_rural, settlements, pointer(at + "/addresses", i) + "/urban_or_rural");
        }
    }

    void place() {
        if (!event_.place) return;
        listed(event_.place->kind, place_kinds, "/place/kind");
        if (event_.place->address) {
            listed(event_.place->address->urban_or_rural, settlements, "/place/address/urban_or_rural");
        }
    }

    void birth() {
        const auto& birth = event_.birth;
        if (birth.weight_grams && (*birth.weight_grams < lightest_grams || *birth.weight_grams > heaviest_grams)) {
            refuse("must be the weight in grams, from " + std::to_string(lightest_grams) + " to " +
                       std::to_string(heaviest_grams),
                   "/birth/weight_grams");
        }
        range(birth.born_alive, most_children, "/birth/born_alive");
        range(birth.fetal_deaths, most_children, "/birth/fetal_deaths");
        date(birth.last_previous_birth, "/birth/last_previous_birth");
    }

    void death() {
        range(event_.death.male_dependants, most_dependants, "/death/male_dependants");
        range(event_.death.female_dependants, most_dependants, "/death/female_dependants");
    }

    void reported() {
        const auto& at = event_.reported_at;
        if (!at || parse_date(*at) || parse_rfc3339(*at)) return;
        refuse("must be a date, or a date and time as in RFC 3339", "/reported_at");
    }

    /// What cannot have been in this order. Only what is sure is refused.
    void order() {
        const auto& persons = event_.persons;
        const auto born = [&](const char* whose) {
            const auto found = persons.find(whose);
            return found == persons.end() ? std::optional<std::string>() : found->second.birth_date;
        };
        using opencrvs_v1::surely_before;
        if (const auto deceased = born(role::deceased); deceased && event_.date && event_.kind == VitalKind::death) {
            if (surely_before(*event_.date, *deceased)) refuse("must not be before the date of birth", "/date");
        }
        const auto child = born(role::child);
        if (!child) return;
        const std::string at = "/persons/child/birth_date";
        if (event_.reported_at && surely_before(std::string_view(*event_.reported_at).substr(0, 10), *child)) {
            account_.warnings.push_back({at, "the birth is later than the notification"});
        }
        if (const auto mother = born(role::mother); mother && surely_before(*child, *mother)) {
            account_.warnings.push_back({at, "the birth is earlier than the mother's own"});
        }
    }

    VitalEvent& event_;
    Account& account_;
    std::optional<Error> error_;
};

}  // namespace

Result<void> check(VitalEvent& event, Account& account) {
    return Checker(event, account).run();
}

std::string_view schema() {
    return formats_shipped::vital_event_schema;
}

}  // namespace ocm::vital_json
