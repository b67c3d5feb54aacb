// SPDX-License-Identifier: MPL-2.0
#include "channels/opencrvs/read_v2.hpp"

#include <algorithm>
#include <cmath>
#include <set>

namespace ocm::opencrvs {
namespace {

std::vector<std::string> words(std::string_view text) {
    std::vector<std::string> out;
    std::string word;
    for (const char c : text) {
        if (c != ' ') {
            word += c;
        } else if (!word.empty()) {
            out.push_back(std::move(word));
            word.clear();
        }
    }
    if (!word.empty()) out.push_back(std::move(word));
    return out;
}

std::optional<int> small_number(const Json& value) {
    if (!value.is_number_integer()) return std::nullopt;
    const auto number = value.get<std::int64_t>();
    if (number < 0 || number > 1'000'000) return std::nullopt;
    return static_cast<int>(number);
}

class Reader {
  public:
    Reader(const EventMap& rows, const EventForm& form, const CountryMap& map, const Places& places)
        : rows_(rows), form_(form), map_(map), places_(places) {}

    ReadBack read(const Json& declaration, const Json& annotation) {
        out_.event.kind = rows_.kind;
        for (const auto& row : rows_.rows) {
            if (row.field.empty()) continue;
            const auto* target = form_.find(row.field);
            const auto& from = target != nullptr ? declaration : annotation;
            if (target == nullptr) target = form_.find_annotation(row.field);
            const auto* value = target == nullptr ? nullptr : member(from, row.field);
            if (value == nullptr || value->is_null() || done_.contains(row.field)) continue;
            if (row.direction == Direction::write) {
                not_read_.insert(row.field);
                continue;
            }
            done_.insert(row.field);
            if (assign(row, *target, *value))
                out_.account.carried.push_back(row.field);
            else
                out_.account.dropped.push_back({row.field, "its value does not have the shape of its type"});
        }
        copy_same_addresses();
        rest(declaration);
        rest(annotation);
        return std::move(out_);
    }

  private:
    Person& person(const std::string& role) { return out_.event.persons[role]; }

    /// Code of the event for an option of the form.
    static std::optional<std::string> code(const MapRow& row, const Json& value) {
        if (!value.is_string()) return std::nullopt;
        const auto found = row.codes_back.find(std::string(text(value)));
        return found == row.codes_back.end() ? std::string(text(value)) : found->second;
    }

    bool set(std::optional<std::string>& into, const MapRow& row, const Json& value) {
        auto read = code(row, value);
        if (!read) return false;
        if (*read != text(value)) out_.account.recoded.push_back({row.field, "read as the event's own code for it"});
        into = std::move(*read);
        return true;
    }

    bool set_phone(std::optional<std::string>& into, const MapRow& row, const Json& value) {
        if (!value.is_string()) return false;
        const std::string given(text(value));
        if (!given.starts_with(map_.phone_national)) {
            into = given;
            return true;
        }
        into = map_.phone_international + given.substr(map_.phone_national.size());
        out_.account.recoded.push_back({row.field, "read as an international number"});
        return true;
    }

    static bool set(std::optional<bool>& into, const Json& value) {
        if (!value.is_boolean()) return false;
        into = value.get<bool>();
        return true;
    }

    bool assign_name(const MapRow& row, const Json& value) {
        if (!value.is_object()) return false;
        PersonName name;
        name.given = words(text_member(value, "firstname"));
        for (auto& middle : words(text_member(value, "middlename"))) name.given.push_back(std::move(middle));
        if (const auto surname = text_member(value, "surname"); !surname.empty()) name.family = std::string(surname);
        if (name.given.empty() && !name.family) return false;
        person(row.from.role).names.push_back(std::move(name));
        return true;
    }

    std::optional<Address> address(const FormField& field, const Json& value) {
        if (!value.is_object()) return std::nullopt;
        Address out;
        const auto country = text_member(value, "country");
        if (!country.empty()) out.country = std::string(country);
        const bool domestic = text_member(value, "addressType") == "DOMESTIC";
        const auto area = text_member(value, "administrativeArea");
        const auto above = places_.ancestors(area);
        for (auto it = above.rbegin(); it != above.rend(); ++it) out.areas.push_back((*it)->id);
        if (above.empty() && !area.empty()) out.areas.emplace_back(area);
        const auto* details = member(value, "streetLevelDetails");
        if (details == nullptr || !details->is_object()) return out;
        for (const auto& [key, text_value] : details->items()) {
            const auto& parts = domestic ? map_.domestic : map_.international;
            const auto part =
                std::find_if(parts.begin(), parts.end(), [&](const auto& row) { return row.second == key; });
            if (part == parts.end() || !text_value.is_string()) {
                out_.account.dropped.push_back({field.id + "." + key, "the map names no part of an address for it"});
                continue;
            }
            set_part(out, part->first, std::string(text(text_value)));
        }
        return out;
    }

    static void set_part(Address& address, std::string_view part, std::string value) {
        if (value.empty()) return;
        if (part == "number")
            address.number = std::move(value);
        else if (part == "street")
            address.street = std::move(value);
        else if (part == "residential_area")
            address.residential_area = std::move(value);
        else if (part == "town")
            address.town = std::move(value);
        else if (part == "postal_code")
            address.postal_code = std::move(value);
        else if (part == "state_text")
            address.state_text = std::move(value);
        else
            address.district_text = std::move(value);
    }

    bool assign_address(const MapRow& row, const FormField& field, const Json& value) {
        auto read = address(field, value);
        if (!read) return false;
        if (row.from.take == Take::place_address) {
            if (!out_.event.place) out_.event.place.emplace();
            out_.event.place->address = std::move(*read);
        } else {
            read->type = "PRIMARY_ADDRESS";
            person(row.from.role).addresses.push_back(std::move(*read));
        }
        return true;
    }

    bool assign_age(const MapRow& row, const Json& value) {
        const auto* years = member(value, "age");
        const auto number = years == nullptr ? std::nullopt : small_number(*years);
        if (number) person(row.from.role).age = Age{*number};
        return number.has_value();
    }

    bool assign_reason(const MapRow& row, const Json& value) {
        if (!value.is_string()) return false;
        if (text(value) != map_.no_details_reason) person(row.from.role).unavailable_reason = std::string(text(value));
        return true;
    }

    bool assign_person(const MapRow& row, const FormField& field, const Json& value) {
        const auto& role = row.from.role;
        switch (row.from.take) {
            case Take::name:
                return assign_name(row, value);
            case Take::gender:
                return set(person(role).gender, row, value);
            case Take::birth_date:
                return set(person(role).birth_date, row, value);
            case Take::age:
                return assign_age(row, value);
            case Take::nationality:
                return set(person(role).nationality, row, value);
            case Take::identifier:
                if (!value.is_string()) return false;
                person(role).identifiers.push_back({row.from.detail, std::string(text(value))});
                return true;
            case Take::marital_status:
                return set(person(role).marital_status, row, value);
            case Take::education:
                return set(person(role).education, row, value);
            case Take::occupation:
                return set(person(role).occupation, row, value);
            case Take::person_phone:
                return set_phone(person(role).phone, row, value);
            case Take::person_email:
                return set(person(role).email, row, value);
            case Take::previous_births:
                person(role).multiple_birth = small_number(value);
                return person(role).multiple_birth.has_value();
            case Take::primary_address:
                return assign_address(row, field, value);
            case Take::same_address:
                if (value == "YES") same_.emplace_back(role, row.from.detail);
                return value.is_string();
            case Take::unavailable_reason:
                return assign_reason(row, value);
            case Take::birth_date_unknown:
            case Take::details_not_available:
                return value.is_boolean();  // told by what is there
            case Take::id_type:
                return value.is_string();
            default:
                return false;
        }
    }

    bool assign_weight(const Json& value) {
        if (!value.is_number()) return false;
        const auto kilograms = value.get<double>();
        if (!(kilograms >= 0 && kilograms < 1000)) return false;
        out_.event.birth.weight_grams = std::lround(kilograms * 1000);
        return true;
    }

    bool assign_cause(const MapRow& row, const Json& value) {
        const auto code = value.is_string() ? text(value) : text_member(value, "value");
        if (code.empty()) return false;
        auto& codes = out_.event.death.cause_codes;
        if (codes.size() <= row.from.nth) codes.resize(row.from.nth + 1);
        codes[row.from.nth] = code;
        return true;
    }

    bool assign_event(const MapRow& row, const FormField& field, const Json& value) {
        auto& event = out_.event;
        const auto place = [&]() -> Place& {
            if (!event.place) event.place.emplace();
            return *event.place;
        };
        switch (row.from.take) {
            case Take::date:
                return set(event.date, row, value);
            case Take::place_kind:
                return set(place().kind, row, value);
            case Take::place_location:
                return set(place().location, row, value);
            case Take::place_address:
                return assign_address(row, field, value);
            case Take::place_jurisdiction:
                return value.is_string();  // follows from the place
            case Take::birth_type:
                return set(event.birth.birth_type, row, value);
            case Take::weight_kg:
                return assign_weight(value);
            case Take::attendant:
                return set(event.birth.attendant, row, value);
            case Take::manner:
                return set(event.death.manner, row, value);
            case Take::cause_established:
                return set(event.death.cause_established, value);
            case Take::cause_method:
                return set(event.death.cause_method, row, value);
            case Take::cause_description:
                return set(event.death.cause_description, row, value);
            case Take::cause_code:
                return assign_cause(row, value);
            case Take::relation:
                return set(event.informant.relation, row, value);
            case Take::other_relation:
                return set(event.informant.other_relation, row, value);
            case Take::contact_phone:
                return set_phone(event.informant.phone, row, value);
            case Take::contact_email:
                return set(event.informant.email, row, value);
            case Take::late_reason:
                return set(event.late_reason, row, value);
            case Take::comment:
                return set(event.comment, row, value);
            case Take::custom:
                if (!value.is_string()) return false;
                event.custom[row.from.detail] = std::string(text(value));
                return true;
            default:
                return false;
        }
    }

    bool assign(const MapRow& row, const FormField& field, const Json& value) {
        return row.from.role.empty() ? assign_event(row, field, value) : assign_person(row, field, value);
    }

    void copy_same_addresses() {
        for (const auto& [role, other] : same_) {
            const auto found = out_.event.persons.find(other);
            if (found == out_.event.persons.end() || found->second.addresses.empty()) continue;
            const auto address = found->second.addresses.front();
            auto& own = person(role).addresses;
            if (own.empty()) own.push_back(address);
        }
    }

    void rest(const Json& values) {
        if (!values.is_object()) return;
        for (const auto& [field, value] : values.items()) {
            if (value.is_null() || done_.contains(field)) continue;
            const bool write_only = not_read_.contains(field);
            out_.account.dropped.push_back(
                {field, write_only ? "the map only writes it" : "the map has no row for it"});
        }
    }

    const EventMap& rows_;
    const EventForm& form_;
    const CountryMap& map_;
    const Places& places_;
    ReadBack out_;
    std::set<std::string> done_, not_read_;
    std::vector<std::pair<std::string, std::string>> same_;
};

}  // namespace

Result<ReadBack> read(std::string_view event_type, const Json& declaration, const Json& annotation,
                      const CountryMap& map, const FormConfig& form, const Places& places) {
    const auto* rows = map.find(event_type);
    const auto* target = form.find(event_type);
    if (rows == nullptr || target == nullptr)
        return fail(ErrorCode::bad_request, "the country map has no event of this type", "/type");
    if (!declaration.is_object())
        return fail(ErrorCode::bad_request, "the declaration is not an object", "/declaration");
    return Reader(*rows, *target, map, places).read(declaration, annotation);
}

}  // namespace ocm::opencrvs
