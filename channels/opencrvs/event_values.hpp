// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/account.hpp"
#include "channels/opencrvs/country_map.hpp"
#include "channels/opencrvs/places.hpp"

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace ocm::opencrvs {

/// A value of a vital event, looked at where it is: it holds while the event, its place and the map are there.
/// monostate where there is none or it is empty.
using Value =
    std::variant<std::monostate, std::string_view, std::int64_t, double, bool, const PersonName*, const Address*, Age>;

inline bool absent(const Value& value) {
    return std::holds_alternative<std::monostate>(value);
}

/// Whether both say the same.
bool equal(const Value& a, const Value& b);

/// The value as a person would write it in a comment.
std::string in_words(const Value& value);

/// Where the event happened, in terms of the target's places.
struct ResolvedPlace {
    std::string kind;                    // empty where nothing tells
    const Location* facility = nullptr;  // where the kind is a facility
    const Address* address = nullptr;
    std::string jurisdiction;  // id of the facility, or of the area it happened in
    std::vector<Account::Note> notes;
};

/// `bad_request` at "place.location" where the place names a location the target does not have, or a closed one, or one
/// that is not a facility.
Result<ResolvedPlace> resolve_place(const VitalEvent& event, const Places& places, WallTime now);

/// Takes values out of an event by the closed list of names a map may use.
class EventValues {
  public:
    EventValues(const VitalEvent& event, const ResolvedPlace& place, const CountryMap& map);

    Value take(const MapSource& source, const FormField* field) const;
    /// Which value of the event a source stands for: the name it is accounted under, empty for a derived one.
    std::string accounted_as(const MapSource& source) const;
    /// Names of all the values the event holds.
    std::vector<std::string> present() const;
    /// Identifiers of a person by the name each is accounted under.
    std::vector<std::pair<std::string, const Identifier*>> identifiers(const std::string& role) const;
    const std::vector<Account::Note>& notes() const { return notes_; }

  private:
    const Person* person(const std::string& role) const;
    bool available(const std::string& role) const;
    Value take_of_person(const MapSource& source, const FormField* field) const;
    Value take_of_event(const MapSource& source) const;
    Value age(const Person& who) const;
    Value id_type(const Person& who, const FormField* field) const;
    Value same_address(const MapSource& source) const;
    std::optional<std::chrono::year_month_day> event_date() const;

    const VitalEvent& event_;
    const ResolvedPlace& place_;
    const CountryMap& map_;
    std::string informant_is_;  // role whose own section is missing and whose details the informant's are
    bool informant_hidden_ = false;
    std::vector<Account::Note> notes_;
};

/// The person's usual address: the one said to be primary, else the first.
const Address* primary_address(const Person& who);

}  // namespace ocm::opencrvs
