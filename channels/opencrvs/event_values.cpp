// SPDX-License-Identifier: MPL-2.0
#include "channels/opencrvs/event_values.hpp"

#include <algorithm>
#include <charconv>

namespace ocm::opencrvs {
namespace {

using namespace std::string_view_literals;

Value of(const std::optional<std::string>& text) {
    if (!text || text->empty()) return {};
    return std::string_view(*text);
}
Value of(const std::string& text) {
    if (text.empty()) return {};
    return std::string_view(text);
}
Value of(const std::optional<int>& number) {
    if (!number) return {};
    return std::int64_t{*number};
}
Value of(const std::optional<bool>& flag) {
    if (!flag) return {};
    return *flag;
}

void add_word(std::string& to, std::string_view word, std::string_view between) {
    if (word.empty()) return;
    if (!to.empty()) to += between;
    to += word;
}

bool empty(const Address& address) {
    Address bare;
    bare.type = address.type;
    return address == bare;
}

bool same(const Address& a, const Address& b) {
    if (a.type == b.type) return a == b;
    auto retyped = a;
    retyped.type = b.type;
    return retyped == b;
}

bool says_nothing(const PersonName& name) {
    const auto is_empty = [](const std::string& part) { return part.empty(); };
    return (!name.family || name.family->empty()) && std::all_of(name.given.begin(), name.given.end(), is_empty);
}

/// Year, and month where it is given, of a partial date of birth.
struct PartialDate {
    int year = 0;
    std::optional<unsigned> month;
};
std::optional<PartialDate> partial_date(std::string_view text) {
    PartialDate out;
    if (text.size() != 4 && text.size() != 7) return std::nullopt;
    const auto year = text.substr(0, 4);
    const auto [end, error] = std::from_chars(year.data(), year.data() + year.size(), out.year);
    if (error != std::errc() || end != year.data() + year.size() || out.year < 1000) return std::nullopt;
    if (text.size() == 4) return out;
    unsigned month = 0;
    const auto [stop, failure] = std::from_chars(text.data() + 5, text.data() + 7, month);
    if (text[4] != '-' || failure != std::errc() || stop != text.data() + 7 || month < 1 || month > 12)
        return std::nullopt;
    out.month = month;
    return out;
}

std::string role_of_relation(std::string_view relation) {
    if (relation == "MOTHER") return role::mother;
    if (relation == "FATHER") return role::father;
    if (relation == "SPOUSE") return role::spouse;
    return {};
}

/// Roles a form has a section of its own for, by kind of event.
bool has_section(VitalKind kind, std::string_view who) {
    if (kind == VitalKind::death) return who == role::spouse;
    return who == role::mother || who == role::father;
}

}  // namespace

bool equal(const Value& a, const Value& b) {
    if (a.index() != b.index()) return false;
    if (const auto* name = std::get_if<const PersonName*>(&a)) return **name == *std::get<const PersonName*>(b);
    if (const auto* address = std::get_if<const Address*>(&a)) return **address == *std::get<const Address*>(b);
    return a == b;
}

std::string in_words(const Value& value) {
    if (const auto* text = std::get_if<std::string_view>(&value)) return std::string(*text);
    if (const auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
    if (const auto* number = std::get_if<double>(&value)) return dump_json(Json(*number));
    if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "yes" : "no";
    if (const auto* age = std::get_if<Age>(&value)) return std::to_string(age->years) + " years";
    std::string out;
    if (const auto* name = std::get_if<const PersonName*>(&value)) {
        for (const auto& given : (*name)->given) add_word(out, given, " ");
        add_word(out, (*name)->family.value_or(""), " ");
    }
    if (const auto* held = std::get_if<const Address*>(&value)) {
        const auto& address = **held;
        for (const auto* part : {&address.number, &address.street, &address.residential_area, &address.town,
                                 &address.district_text, &address.state_text, &address.postal_code})
            add_word(out, part->value_or(""), ", ");
        for (const auto& line : address.lines) add_word(out, line, ", ");
        for (const auto& area : address.areas) add_word(out, area, ", ");
        add_word(out, address.country.value_or(""), ", ");
    }
    return out;
}

const Address* primary_address(const Person& who) {
    const Address* first = nullptr;
    for (const auto& address : who.addresses) {
        if (empty(address)) continue;
        if (address.type == "PRIMARY_ADDRESS") return &address;
        if (first == nullptr) first = &address;
    }
    return first;
}

namespace {

Result<const Location*> facility_of(const std::string& id, const Places& places, WallTime now) {
    const auto* location = places.location(id);
    if (location == nullptr)
        return fail(ErrorCode::bad_request, "the place of the event names a location that OpenCRVS does not have",
                    "place.location");
    if (location->type == office_type)
        return fail(ErrorCode::bad_request, "the place of the event is a registration office, not a facility",
                    "place.location");
    if (!location->active(now))
        return fail(ErrorCode::bad_request, "the place of the event is a facility that is no longer in use",
                    "place.location");
    return location;
}

std::string area_of(const Address* address, const Places& places) {
    const auto* area = address == nullptr ? nullptr : places.lowest_known(address->areas);
    return area == nullptr ? std::string() : area->id;
}

}  // namespace

Result<ResolvedPlace> resolve_place(const VitalEvent& event, const Places& places, WallTime now) {
    ResolvedPlace out;
    if (!event.place) return out;
    const auto& place = *event.place;
    out.kind = place.kind.value_or("");
    if (place.address && !empty(*place.address)) out.address = &*place.address;
    if (place.location && !place.location->empty()) {
        auto facility = facility_of(*place.location, places, now);
        if (!facility) return fail(facility.error());
        if (out.kind.empty()) out.kind = facility_type;
        if (out.kind == facility_type) {
            out.facility = *facility;
            out.jurisdiction = out.facility->id;
            if (out.facility->id != *place.location)
                out.notes.push_back({"place.location", "found by its code, sent as the location's id"});
        }
    }
    if (out.kind.empty() && out.address != nullptr) {
        out.kind = "OTHER";
        out.notes.push_back({"place.kind", "not said; an address alone is sent as another place"});
    }
    if (out.kind == "DECEASED_USUAL_RESIDENCE") {
        const auto who = event.persons.find(role::deceased);
        if (who != event.persons.end()) out.jurisdiction = area_of(primary_address(who->second), places);
    }
    if (out.jurisdiction.empty() && out.facility == nullptr) out.jurisdiction = area_of(out.address, places);
    return out;
}

EventValues::EventValues(const VitalEvent& event, const ResolvedPlace& place, const CountryMap& map)
    : event_(event), place_(place), map_(map) {
    const auto who = role_of_relation(event.informant.relation.value_or(""));
    const auto informant = event.persons.find(role::informant);
    if (!has_section(event.kind, who) || informant == event.persons.end()) return;
    const auto own = event.persons.find(who);
    if (own == event.persons.end()) {
        informant_is_ = who;
        informant_hidden_ = true;
        notes_.push_back({role::informant, "the informant is the " + who + ", who has no section: sent as the " + who});
    } else if (own->second == informant->second) {
        informant_hidden_ = true;
    }
}

const Person* EventValues::person(const std::string& role) const {
    if (role == role::informant && informant_hidden_) return nullptr;
    const auto found = event_.persons.find(role == informant_is_ ? role::informant : role);
    return found == event_.persons.end() ? nullptr : &found->second;
}

bool EventValues::available(const std::string& role) const {
    const auto* who = person(role);
    if (who == nullptr) return false;
    if (who->unavailable_reason && who->names.empty()) return false;
    static const Person nobody;
    return *who != nobody;
}

std::optional<std::chrono::year_month_day> EventValues::event_date() const {
    if (event_.date) return parse_date(std::string_view(*event_.date).substr(0, 10));
    const auto child = event_.persons.find(role::child);
    if (child == event_.persons.end() || !child->second.birth_date) return std::nullopt;
    return parse_date(*child->second.birth_date);
}

Value EventValues::age(const Person& who) const {
    if (who.birth_date && parse_date(*who.birth_date)) return {};
    if (who.age) return *who.age;
    const auto born = partial_date(who.birth_date.value_or(""));
    const auto at = event_date();
    if (!born || !at) return {};
    int years = static_cast<int>(at->year()) - born->year;
    if (born->month && static_cast<unsigned>(at->month()) < *born->month) --years;
    if (years < 0) return {};
    return Age{years};
}

Value EventValues::id_type(const Person& who, const FormField* field) const {
    if (field == nullptr) return {};
    const auto offered = [&](std::string_view type) {
        return std::find(field->options.begin(), field->options.end(), type) != field->options.end();
    };
    bool any = false;
    for (const auto& identifier : who.identifiers) {
        if (identifier.type != "NONE" && identifier.value.empty()) continue;
        any = true;
        if (offered(identifier.type)) return std::string_view(identifier.type);
    }
    if (any && offered("NONE")) return "NONE"sv;
    return {};
}

Value EventValues::same_address(const MapSource& source) const {
    const auto* who = person(source.role);
    const auto* other = person(source.detail);
    const auto* own = who == nullptr ? nullptr : primary_address(*who);
    const auto* theirs = other == nullptr ? nullptr : primary_address(*other);
    if (own == nullptr) return {};
    return theirs != nullptr && same(*own, *theirs) ? "YES"sv : "NO"sv;
}

Value EventValues::take_of_person(const MapSource& source, const FormField* field) const {
    if (source.take == Take::details_not_available) return available(source.role) ? Value() : Value(true);
    const auto* who = person(source.role);
    if (source.take == Take::unavailable_reason) {
        if (available(source.role)) return {};
        if (who != nullptr && who->unavailable_reason && !who->unavailable_reason->empty())
            return std::string_view(*who->unavailable_reason);
        return std::string_view(map_.no_details_reason);
    }
    if (who == nullptr) return {};
    switch (source.take) {
        case Take::name:
            if (who->names.empty() || says_nothing(who->names.front())) return {};
            return &who->names.front();
        case Take::gender:
            return of(who->gender);
        case Take::birth_date:
            return absent(age(*who)) ? of(who->birth_date) : Value();
        case Take::birth_date_unknown:
            return absent(age(*who)) ? Value() : Value(true);
        case Take::age:
            return age(*who);
        case Take::nationality:
            return of(who->nationality);
        case Take::id_type:
            return id_type(*who, field);
        case Take::identifier:
            for (const auto& identifier : who->identifiers)
                if (identifier.type == source.detail && !identifier.value.empty())
                    return std::string_view(identifier.value);
            return {};
        case Take::marital_status:
            return of(who->marital_status);
        case Take::education:
            return of(who->education);
        case Take::occupation:
            return of(who->occupation);
        case Take::person_phone:
            return of(who->phone);
        case Take::person_email:
            return of(who->email);
        case Take::previous_births:
            return of(who->multiple_birth);
        case Take::primary_address: {
            const auto* address = primary_address(*who);
            return address == nullptr ? Value() : Value(address);
        }
        case Take::same_address:
            return same_address(source);
        default:
            return {};
    }
}

Value EventValues::take_of_event(const MapSource& source) const {
    switch (source.take) {
        case Take::date:
            return of(event_.date);
        case Take::place_kind:
            return of(place_.kind);
        case Take::place_location:
            return place_.facility == nullptr ? Value() : of(place_.facility->id);
        case Take::place_address:
            return place_.address == nullptr ? Value() : Value(place_.address);
        case Take::place_jurisdiction:
            return of(place_.jurisdiction);
        case Take::birth_type:
            return of(event_.birth.birth_type);
        case Take::weight_kg:
            if (!event_.birth.weight_grams) return {};
            if (*event_.birth.weight_grams % 1000 == 0) return std::int64_t{*event_.birth.weight_grams / 1000};
            return static_cast<double>(*event_.birth.weight_grams) / 1000.0;
        case Take::attendant:
            return of(event_.birth.attendant);
        case Take::manner:
            return of(event_.death.manner);
        case Take::cause_established:
            return of(event_.death.cause_established);
        case Take::cause_method:
            return of(event_.death.cause_method);
        case Take::cause_description:
            return of(event_.death.cause_description);
        case Take::cause_code:
            return source.nth < event_.death.cause_codes.size() ? of(event_.death.cause_codes[source.nth]) : Value();
        case Take::dependants_total:
            if (!event_.death.male_dependants && !event_.death.female_dependants) return {};
            return std::int64_t{event_.death.male_dependants.value_or(0)} + event_.death.female_dependants.value_or(0);
        case Take::relation:
            return of(event_.informant.relation);
        case Take::other_relation:
            return of(event_.informant.other_relation);
        case Take::contact_phone:
            return of(event_.informant.phone);
        case Take::contact_email:
            return of(event_.informant.email);
        case Take::late_reason:
            return of(event_.late_reason);
        case Take::comment:
            return of(event_.comment);
        case Take::custom: {
            const auto found = event_.custom.find(source.detail);
            return found == event_.custom.end() ? Value() : of(found->second);
        }
        default:
            return {};
    }
}

Value EventValues::take(const MapSource& source, const FormField* field) const {
    return source.role.empty() ? take_of_event(source) : take_of_person(source, field);
}

std::string EventValues::accounted_as(const MapSource& source) const {
    if (source.derived()) return {};
    if (source.take == Take::dependants_total) return "death.dependants";
    if (source.take == Take::age) {
        const auto* who = person(source.role);
        return source.role + (who != nullptr && who->age ? ".age" : ".birth_date");
    }
    if (source.take == Take::unavailable_reason) {
        const auto* who = person(source.role);
        return who != nullptr && who->unavailable_reason ? source.name : std::string();
    }
    if (source.take == Take::place_kind && (!event_.place || !event_.place->kind)) return {};
    return source.name;
}

std::vector<std::pair<std::string, const Identifier*>> EventValues::identifiers(const std::string& role) const {
    std::vector<std::pair<std::string, const Identifier*>> out;
    const auto* who = person(role);
    if (who == nullptr) return out;
    for (const auto& identifier : who->identifiers) {
        if (identifier.value.empty()) continue;
        auto name = role + ".identifier." + identifier.type;
        const auto before = std::count_if(out.begin(), out.end(),
                                          [&](const auto& other) { return other.second->type == identifier.type; });
        if (before > 0) name += "[" + std::to_string(before) + "]";
        out.emplace_back(std::move(name), &identifier);
    }
    return out;
}

namespace {

class Names {
  public:
    explicit Names(std::vector<std::string>& out) : out_(out) {}
    void operator()(std::string_view prefix, std::string_view name, bool there) {
        if (!there) return;
        auto& whole = out_.emplace_back();
        whole.reserve(prefix.size() + name.size());
        whole.append(prefix).append(name);
    }
    void operator()(std::string_view prefix, std::string_view name, const std::optional<std::string>& text) {
        (*this)(prefix, name, text && !text->empty());
    }

  private:
    std::vector<std::string>& out_;
};

}  // namespace

std::vector<std::string> EventValues::present() const {
    constexpr std::size_t usual = 64;
    std::vector<std::string> out;
    out.reserve(usual);
    Names add(out);
    for (const auto& [event_role, ignored] : event_.persons) {
        const auto& as = event_role == role::informant && !informant_is_.empty() ? informant_is_ : event_role;
        const auto* who = person(as);
        if (who == nullptr) continue;  // the informant's section repeats another's
        const auto prefix = as + ".";
        for (std::size_t i = 0; i < who->names.size(); ++i)
            add(prefix, i == 0 ? "name" : "name[" + std::to_string(i) + "]", !says_nothing(who->names[i]));
        add(prefix, "gender", who->gender);
        add(prefix, "birth_date", who->birth_date);
        add(prefix, "age", who->age.has_value());
        add(prefix, "nationality", who->nationality);
        for (const auto& [name, identifier] : identifiers(as)) out.push_back(name);
        add(prefix, "marital_status", who->marital_status);
        add(prefix, "education", who->education);
        add(prefix, "occupation", who->occupation);
        // The contact's own number again is not another value.
        add(prefix, "phone", who->phone != event_.informant.phone ? who->phone : std::nullopt);
        add(prefix, "email", who->email != event_.informant.email ? who->email : std::nullopt);
        add(prefix, "previous_births", who->multiple_birth.has_value());
        add(prefix, "is_multiple", who->is_multiple.has_value());
        const auto* primary = primary_address(*who);
        for (std::size_t i = 0; i < who->addresses.size(); ++i) {
            const bool is_primary = &who->addresses[i] == primary;
            add(prefix, is_primary ? "primary_address" : "address[" + std::to_string(i) + "]",
                !empty(who->addresses[i]));
        }
        add(prefix, "unavailable_reason", who->unavailable_reason);
    }
    add("", "date", event_.date);
    if (event_.place) {
        add("place.", "kind", event_.place->kind);
        add("place.", "location", event_.place->location);
        add("place.", "address", place_.address != nullptr);
    }
    add("birth.", "birth_type", event_.birth.birth_type);
    add("birth.", "weight_kg", event_.birth.weight_grams.has_value());
    add("birth.", "attendant", event_.birth.attendant);
    add("birth.", "born_alive", event_.birth.born_alive.has_value());
    add("birth.", "fetal_deaths", event_.birth.fetal_deaths.has_value());
    add("birth.", "last_previous_birth", event_.birth.last_previous_birth);
    add("death.", "manner", event_.death.manner);
    add("death.", "cause_established", event_.death.cause_established.has_value());
    add("death.", "cause_method", event_.death.cause_method);
    add("death.", "cause_description", event_.death.cause_description);
    for (std::size_t i = 0; i < event_.death.cause_codes.size(); ++i)
        add("death.cause_code.", std::to_string(i + 1), !event_.death.cause_codes[i].empty());
    add("death.", "dependants", event_.death.male_dependants || event_.death.female_dependants);
    add("informant.", "relation", event_.informant.relation);
    add("informant.", "other_relation", event_.informant.other_relation);
    add("contact.", "phone", event_.informant.phone);
    add("contact.", "email", event_.informant.email);
    add("contact.", "who", event_.informant.contact);
    add("", "late_reason", event_.late_reason);
    add("", "comment", event_.comment);
    for (const auto& [name, value] : event_.custom) add("custom.", name, !value.empty());
    return out;
}

}  // namespace ocm::opencrvs
