// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/opencrvs/conditions.hpp"
#include "core/result.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace ocm::opencrvs {

/// How a value of a field is written (opencrvs.md 7.3 item 3). Several OpenCRVS types share a shape.
enum class FieldKind : std::uint8_t {
    text,      // TEXT, TEXTAREA, ID, TIME, ALPHA_HIDDEN: a string
    code,      // SELECT, RADIO_GROUP: a string out of the options
    country,   // a country code
    phone,     // a string in the country's own form
    email,     // an e-mail address
    date,      // YYYY-MM-DD
    age,       // {age, asOfDateRef}
    number,    // a number
    checkbox,  // a boolean
    name,      // {firstname, surname, middlename?}
    address,   // {country, addressType, administrativeArea?, streetLevelDetails?}
    location,  // LOCATION, FACILITY (1.9), OFFICE: id of a location
    area,      // id of an administrative area
    choice,    // AUTOCOMPLETE: {label, value}
    quantity,  // NUMBER_WITH_UNIT: {numericValue, unit}
    other,     // nothing we write: files, readers, fetchers, buttons
};

/// Keys an ADDRESS takes in `streetLevelDetails`; another key makes the whole field invalid (opencrvs.md 8.3).
struct StreetKeys {
    std::vector<std::string> domestic, international;
    friend bool operator==(const StreetKeys&, const StreetKeys&) = default;
};

struct FormField {
    std::string id;
    std::string type;  // as OpenCRVS spells it
    FieldKind kind = FieldKind::other;
    bool required = false;
    std::vector<std::string> options;         // codes, where it has any
    std::optional<std::size_t> show;          // index of its SHOW condition
    std::optional<std::size_t> page;          // index of its page; none in the review form
    std::optional<std::size_t> streets;       // index of the street keys of an ADDRESS
    std::string as_of;                        // of an AGE: the field that holds the date it is counted to
    std::vector<std::string> location_types;  // of a LOCATION: what it may be, empty for any
    friend bool operator==(const FormField&, const FormField&) = default;
};

struct FormPage {
    std::string id;
    std::optional<std::size_t> show;
    friend bool operator==(const FormPage&, const FormPage&) = default;
};

/// The declaration form of one event type, without what is only for people's eyes.
struct EventForm {
    std::string type;           // "birth"
    std::string date_of_event;  // field ids, empty where the configuration names none
    std::string place_of_event;
    std::vector<Condition> conditions;  // each once
    std::vector<StreetKeys> streets;    // each once
    std::vector<FormPage> pages;
    std::vector<FormField> fields;      // in the order of the form
    std::vector<FormField> annotation;  // of the review page: review.comment...

    const FormField* find(std::string_view id) const;
    const FormField* find_annotation(std::string_view id) const;
    friend bool operator==(const EventForm& a, const EventForm& b);

    /// Builds the look-up table; called by the parsers.
    void index();

  private:
    /// Looked up without making a string of what is looked for.
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view id) const { return std::hash<std::string_view>()(id); }
    };
    std::unordered_map<std::string, std::size_t, Hash, std::equal_to<>> by_id_;
};

/// What a target's forms are made of: ids, types, options, conditions and street keys. Immutable once made.
class FormConfig {
  public:
    const EventForm* find(std::string_view type) const;
    const std::vector<EventForm>& events() const { return events_; }
    friend bool operator==(const FormConfig&, const FormConfig&) = default;

    /// From the answer of `GET /events/config` (1.9 and 2.0). `bad_gateway` with a JSON pointer where it is not one.
    static Result<FormConfig> from_answer(std::string_view text);
    /// From our reduced form, "format": "opencrvs-mediator/form-config/1". `bad_request` with a JSON pointer.
    static Result<FormConfig> from_reduced(std::string_view text);
    /// The reduced form, one field a line, for a file or a cache.
    std::string reduced() const;

  private:
    std::vector<EventForm> events_;
};

inline constexpr std::string_view form_config_format = "opencrvs-mediator/form-config/1";

}  // namespace ocm::opencrvs
