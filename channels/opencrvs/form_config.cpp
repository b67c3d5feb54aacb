// SPDX-License-Identifier: MPL-2.0
#include "channels/opencrvs/form_config.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace ocm::opencrvs {
namespace {

/// The real answer holds 40,000 values; room for a form five times as large.
constexpr JsonLimits answer_limits{.depth = 256, .nodes = 400'000, .string_bytes = 1u << 20};

constexpr std::array<std::pair<std::string_view, FieldKind>, 24> kinds{{{"TEXT", FieldKind::text},
                                                                        {"TEXTAREA", FieldKind::text},
                                                                        {"ID", FieldKind::text},
                                                                        {"TIME", FieldKind::text},
                                                                        {"ALPHA_HIDDEN", FieldKind::text},
                                                                        {"SELECT", FieldKind::code},
                                                                        {"RADIO_GROUP", FieldKind::code},
                                                                        {"COUNTRY", FieldKind::country},
                                                                        {"PHONE", FieldKind::phone},
                                                                        {"EMAIL", FieldKind::email},
                                                                        {"DATE", FieldKind::date},
                                                                        {"AGE", FieldKind::age},
                                                                        {"NUMBER", FieldKind::number},
                                                                        {"CHECKBOX", FieldKind::checkbox},
                                                                        {"NAME", FieldKind::name},
                                                                        {"ADDRESS", FieldKind::address},
                                                                        {"LOCATION", FieldKind::location},
                                                                        {"FACILITY", FieldKind::location},
                                                                        {"OFFICE", FieldKind::location},
                                                                        {"ADMINISTRATIVE_AREA", FieldKind::area},
                                                                        {"AUTOCOMPLETE", FieldKind::choice},
                                                                        {"NUMBER_WITH_UNIT", FieldKind::quantity},
                                                                        {"FILE", FieldKind::other},
                                                                        {"FILE_WITH_OPTIONS", FieldKind::other}}};

FieldKind kind_of(std::string_view type) {
    for (const auto& [name, kind] : kinds)
        if (name == type) return kind;
    return FieldKind::other;
}

/// Field types that hold no value.
bool only_shown(std::string_view type) {
    constexpr std::array<std::string_view, 9> types{"DIVIDER",     "HEADING", "PARAGRAPH",   "BULLET_LIST",
                                                    "PAGE_HEADER", "LOADER",  "LINK_BUTTON", "ALPHA_PRINT_BUTTON",
                                                    "IMAGE_VIEW"};
    return std::find(types.begin(), types.end(), type) != types.end();
}

template <class T>
std::size_t index_of(std::vector<T>& table, T value) {
    const auto found = std::find(table.begin(), table.end(), value);
    if (found != table.end()) return static_cast<std::size_t>(found - table.begin());
    table.push_back(std::move(value));
    return table.size() - 1;
}

const Json& list_member(const Json& value, std::string_view key) {
    static const Json none = Json::array();
    const auto* found = member(value, key);
    return found != nullptr && found->is_array() ? *found : none;
}

// The target's own answer.

std::optional<Condition> show_condition(const Json& field) {
    // Several SHOW conditions are alternatives: OpenCRVS asks whether any of them holds.
    Json alternatives = Json::array();
    for (const auto& conditional : list_member(field, "conditionals")) {
        const auto* schema = member(conditional, "conditional");
        if (text_member(conditional, "type") == "SHOW" && schema != nullptr) alternatives.push_back(*schema);
    }
    if (alternatives.empty()) return std::nullopt;
    if (alternatives.size() == 1) return Condition::from_schema(alternatives.front());
    return Condition::from_schema(Json{{"anyOf", std::move(alternatives)}});
}

/// Which street keys a domestic and an international address takes: a key's condition looks at the address itself, so
/// it is asked with everything it looks at filled in and either address type.
StreetKeys street_keys(const Json& field) {
    StreetKeys out;
    const auto* configuration = member(field, "configuration");
    if (configuration == nullptr) return out;
    for (const auto& street : list_member(*configuration, "streetAddressForm")) {
        const std::string id(text_member(street, "id"));
        if (id.empty()) continue;
        const auto condition = show_condition(street);
        for (const auto* type : {"DOMESTIC", "INTERNATIONAL"}) {
            Json address = Json::object();
            if (condition)
                for (const auto& name : condition->fields()) address[name] = "x";
            address["addressType"] = type;
            const Facts facts{address, std::chrono::year(2000) / 1 / 1};
            if (condition && condition->holds(facts) == Truth::no) continue;
            (type == std::string_view("DOMESTIC") ? out.domestic : out.international).push_back(id);
        }
    }
    return out;
}

FormField field_from_answer(const Json& json, EventForm& form, std::optional<std::size_t> page) {
    FormField field;
    field.id = text_member(json, "id");
    field.type = text_member(json, "type");
    field.kind = kind_of(field.type);
    field.page = page;
    if (const auto* required = member(json, "required"))
        field.required = required->is_object() || (required->is_boolean() && required->get<bool>());
    for (const auto& option : list_member(json, "options")) {
        const auto code = text_member(option, "value");
        if (!code.empty()) field.options.emplace_back(code);
    }
    if (auto condition = show_condition(json)) field.show = index_of(form.conditions, std::move(*condition));
    const auto* configuration = member(json, "configuration");
    if (field.kind == FieldKind::address) field.streets = index_of(form.streets, street_keys(json));
    if (field.kind == FieldKind::age && configuration != nullptr)
        if (const auto* as_of = member(*configuration, "asOfDate")) field.as_of = text_member(*as_of, "$$field");
    if (field.kind == FieldKind::location && configuration != nullptr)
        for (const auto& type : list_member(*configuration, "locationTypes"))
            if (type.is_string()) field.location_types.emplace_back(text(type));
    return field;
}

std::string referenced_field(const Json& event, std::string_view key) {
    const auto* reference = member(event, key);
    return reference == nullptr ? std::string() : std::string(text_member(*reference, "$$field"));
}

Result<EventForm> event_from_answer(const Json& json, const std::string& at) {
    EventForm form;
    form.type = text_member(json, "id");
    const auto* declaration = member(json, "declaration");
    const auto* pages = declaration == nullptr ? nullptr : member(*declaration, "pages");
    if (form.type.empty() || pages == nullptr || !pages->is_array())
        return fail(ErrorCode::bad_gateway, "an event configuration needs an id and declaration pages", at);
    form.date_of_event = referenced_field(json, "dateOfEvent");
    form.place_of_event = referenced_field(json, "placeOfEvent");
    for (const auto& page : *pages) {
        FormPage entry{std::string(text_member(page, "id")), std::nullopt};
        if (const auto* condition = member(page, "conditional"); condition != nullptr && condition->is_object())
            entry.show = index_of(form.conditions, Condition::from_schema(*condition));
        form.pages.push_back(std::move(entry));
        for (const auto& field : list_member(page, "fields"))
            if (!text_member(field, "id").empty() && !only_shown(text_member(field, "type")))
                form.fields.push_back(field_from_answer(field, form, form.pages.size() - 1));
    }
    for (const auto& action : list_member(json, "actions")) {
        const auto* review = member(action, "review");
        if (text_member(action, "type") != "DECLARE" || review == nullptr) continue;
        for (const auto& field : list_member(*review, "fields"))
            if (!text_member(field, "id").empty() && !only_shown(text_member(field, "type")))
                form.annotation.push_back(field_from_answer(field, form, std::nullopt));
    }
    form.index();
    return form;
}

// The reduced form.

Json field_to_json(const FormField& field) {
    Json out{{"id", field.id}, {"type", field.type}};
    if (field.required) out["required"] = true;
    if (!field.options.empty()) out["options"] = field.options;
    if (field.show) out["show"] = *field.show;
    if (field.page) out["page"] = *field.page;
    if (field.streets) out["streets"] = *field.streets;
    if (!field.as_of.empty()) out["as_of"] = field.as_of;
    if (!field.location_types.empty()) out["location_types"] = field.location_types;
    return out;
}

/// Reads members of the reduced form and remembers the first thing that is wrong.
struct Reader {
    std::optional<Error> error;

    void refuse(std::string message, std::string at) {
        if (!error) error = Error{ErrorCode::bad_request, std::move(message), std::move(at), std::nullopt};
    }
    std::optional<std::size_t> index(const Json& from, std::string_view key, std::size_t size, const std::string& at) {
        const auto* found = member(from, key);
        if (found == nullptr) return std::nullopt;
        if (!found->is_number_unsigned() || found->get<std::size_t>() >= size) {
            refuse("an index that points outside its table", pointer(at, key));
            return std::nullopt;
        }
        return found->get<std::size_t>();
    }
    std::vector<std::string> texts(const Json& from, std::string_view key, const std::string& at) {
        std::vector<std::string> out;
        const auto* found = member(from, key);
        if (found == nullptr) return out;
        if (!found->is_array()) refuse("a list of texts is expected", pointer(at, key));
        for (const auto& item : list_member(from, key)) {
            if (!item.is_string()) refuse("a list of texts is expected", pointer(at, key));
            out.emplace_back(text(item));
        }
        return out;
    }
};

FormField field_from_reduced(const Json& json, const EventForm& form, const std::string& at, Reader& reader) {
    FormField field;
    field.id = text_member(json, "id");
    field.type = text_member(json, "type");
    if (field.id.empty() || field.type.empty()) reader.refuse("a field needs an id and a type", at);
    field.kind = kind_of(field.type);
    if (const auto* required = member(json, "required"))
        field.required = required->is_boolean() && required->get<bool>();
    field.options = reader.texts(json, "options", at);
    field.show = reader.index(json, "show", form.conditions.size(), at);
    field.page = reader.index(json, "page", form.pages.size(), at);
    field.streets = reader.index(json, "streets", form.streets.size(), at);
    field.as_of = text_member(json, "as_of");
    field.location_types = reader.texts(json, "location_types", at);
    return field;
}

EventForm event_from_reduced(const Json& json, const std::string& at, Reader& reader) {
    EventForm form;
    form.type = text_member(json, "id");
    if (form.type.empty()) reader.refuse("an event needs an id", at);
    form.date_of_event = text_member(json, "date");
    form.place_of_event = text_member(json, "place");
    for (const auto& condition : list_member(json, "conditions"))
        form.conditions.push_back(Condition::from_reduced(condition));
    std::size_t i = 0;
    for (const auto& street : list_member(json, "streets")) {
        const auto where = pointer(pointer(at, "streets"), i++);
        form.streets.push_back({reader.texts(street, "domestic", where), reader.texts(street, "international", where)});
    }
    i = 0;
    for (const auto& page : list_member(json, "pages"))
        form.pages.push_back({std::string(text_member(page, "id")),
                              reader.index(page, "show", form.conditions.size(), pointer(pointer(at, "pages"), i++))});
    i = 0;
    for (const auto& field : list_member(json, "fields"))
        form.fields.push_back(field_from_reduced(field, form, pointer(pointer(at, "fields"), i++), reader));
    i = 0;
    for (const auto& field : list_member(json, "annotation"))
        form.annotation.push_back(field_from_reduced(field, form, pointer(pointer(at, "annotation"), i++), reader));
    form.index();
    return form;
}

template <class T, class ToJson>
void lines(std::string& out, std::string_view name, const std::vector<T>& items, ToJson to_json) {
    out += ",\n  \"" + std::string(name) + "\": [";
    bool first = true;
    for (const auto& item : items) {
        out += first ? "\n   " : ",\n   ";
        out += dump_json(to_json(item));
        first = false;
    }
    out += "]";
}

}  // namespace

void EventForm::index() {
    by_id_.clear();
    for (std::size_t i = 0; i < fields.size(); ++i) by_id_.emplace(fields[i].id, i);
}

const FormField* EventForm::find(std::string_view id) const {
    const auto found = by_id_.find(id);
    return found == by_id_.end() ? nullptr : &fields[found->second];
}

const FormField* EventForm::find_annotation(std::string_view id) const {
    for (const auto& field : annotation)
        if (field.id == id) return &field;
    return nullptr;
}

bool operator==(const EventForm& a, const EventForm& b) {
    return a.type == b.type && a.date_of_event == b.date_of_event && a.place_of_event == b.place_of_event &&
           a.conditions == b.conditions && a.streets == b.streets && a.pages == b.pages && a.fields == b.fields &&
           a.annotation == b.annotation;
}

const EventForm* FormConfig::find(std::string_view type) const {
    for (const auto& event : events_)
        if (event.type == type) return &event;
    return nullptr;
}

Result<FormConfig> FormConfig::from_answer(std::string_view text) {
    const auto json = parse_json(text, answer_limits);
    if (!json)
        return fail(ErrorCode::bad_gateway, "the event configuration is not JSON: " + json.error().message,
                    json.error().path);
    if (!json->is_array() || json->empty())
        return fail(ErrorCode::bad_gateway, "the event configuration is not a list of events");
    FormConfig out;
    for (std::size_t i = 0; i < json->size(); ++i) {
        auto event = event_from_answer((*json)[i], pointer("", i));
        if (!event) return fail(event.error());
        out.events_.push_back(std::move(*event));
    }
    return out;
}

Result<FormConfig> FormConfig::from_reduced(std::string_view text) {
    const auto json = parse_json(text, answer_limits);
    if (!json) return fail(json.error());
    if (text_member(*json, "format") != form_config_format)
        return fail(ErrorCode::bad_request, "the form is not in the format " + std::string(form_config_format),
                    "/format");
    FormConfig out;
    Reader reader;
    std::size_t i = 0;
    for (const auto& event : list_member(*json, "events"))
        out.events_.push_back(event_from_reduced(event, pointer("/events", i++), reader));
    if (out.events_.empty()) reader.refuse("there is no event in the form", "/events");
    if (reader.error) return fail(*reader.error);
    return out;
}

std::string FormConfig::reduced() const {
    std::string out = "{\"format\": " + dump_json(Json(std::string(form_config_format))) + ",\n \"events\": [";
    bool first = true;
    for (const auto& event : events_) {
        out += first ? "\n {" : ",\n {";
        first = false;
        out += "\"id\": " + dump_json(Json(event.type)) + ", \"date\": " + dump_json(Json(event.date_of_event)) +
               ", \"place\": " + dump_json(Json(event.place_of_event));
        lines(out, "conditions", event.conditions, [](const Condition& condition) { return condition.reduced(); });
        lines(out, "streets", event.streets, [](const StreetKeys& keys) {
            return Json{{"domestic", keys.domestic}, {"international", keys.international}};
        });
        lines(out, "pages", event.pages, [](const FormPage& page) {
            Json json{{"id", page.id}};
            if (page.show) json["show"] = *page.show;
            return json;
        });
        lines(out, "fields", event.fields, field_to_json);
        lines(out, "annotation", event.annotation, field_to_json);
        out += "}";
    }
    return out + "]}\n";
}

}  // namespace ocm::opencrvs
