// SPDX-License-Identifier: MPL-2.0
#include "channels/opencrvs/render.hpp"

#include <algorithm>
#include <charconv>

namespace ocm::opencrvs {
namespace {

Rendered cannot(std::string why) {
    Rendered out;
    out.why_not = std::move(why);
    return out;
}
Rendered holds(Json value) {
    Rendered out;
    out.value = std::move(value);
    return out;
}

Rendered code(const Value& value, const MapRow& row, const FormField& field, const std::string& at) {
    const auto* given = std::get_if<std::string_view>(&value);
    if (given == nullptr) return cannot("the form takes a code here");
    const auto offered = [&](std::string_view option) {
        return std::find(field.options.begin(), field.options.end(), option) != field.options.end();
    };
    const auto mapped = row.codes.find(std::string(*given));
    const auto option = mapped == row.codes.end() ? *given : std::string_view(mapped->second);
    if (offered(option)) {
        auto out = holds(option);
        if (option != *given) out.recoded.push_back({at, "sent as the form's own code for it"});
        return out;
    }
    if (row.otherwise.empty() || !offered(row.otherwise))
        return cannot("the code is none of the options of the field " + field.id);
    auto out = holds(row.otherwise);
    out.lossy = true;
    out.recoded.push_back({at, "the form has no such option: sent as " + row.otherwise});
    return out;
}

Rendered phone(std::string_view given, const CountryMap& map, const std::string& at) {
    std::string digits;
    for (const char c : given)
        if (c != ' ' && c != '-' && c != '(' && c != ')') digits += c;
    if (digits.starts_with("00")) digits.replace(0, 2, "+");
    if (digits.starts_with(map.phone_international))
        digits = map.phone_national + digits.substr(map.phone_international.size());
    const bool recoded = digits != given;
    auto out = holds(std::move(digits));
    if (recoded) out.recoded.push_back({at, "sent in the national form of the number"});
    return out;
}

/// What OpenCRVS would take: something@domain.tld of ASCII letters, digits and a few marks, no dots at the ends.
bool is_email(std::string_view text) {
    const auto at = text.find('@');
    if (at == std::string_view::npos || at == 0 || text.find('@', at + 1) != std::string_view::npos) return false;
    const auto fits = [](std::string_view part, std::string_view marks) {
        if (part.empty() || part.front() == '.' || part.back() == '.' || part.find("..") != std::string_view::npos)
            return false;
        return std::all_of(part.begin(), part.end(), [&](char c) {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                   marks.find(c) != std::string_view::npos;
        });
    };
    const auto domain = text.substr(at + 1);
    const auto dot = domain.rfind('.');
    if (dot == std::string_view::npos || domain.size() - dot < 3) return false;
    const auto top = domain.substr(dot + 1);
    const bool letters =
        std::all_of(top.begin(), top.end(), [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); });
    return letters && fits(text.substr(0, at), "._%+-'") && fits(domain, ".-") && domain.front() != '-';
}

Rendered date(std::string_view given, const std::string& at) {
    if (parse_date(given)) return holds(given);
    if (given.size() > 10 && given[10] == 'T' && parse_date(given.substr(0, 10))) {
        auto out = holds(given.substr(0, 10));
        out.recoded.push_back({at, "sent without the time of day"});
        return out;
    }
    return cannot("the form takes only a full date that exists");
}

Rendered number(const Value& value, const std::string& at) {
    if (const auto* whole = std::get_if<std::int64_t>(&value)) return holds(*whole);
    if (const auto* real = std::get_if<double>(&value)) return holds(*real);
    if (const auto* text = std::get_if<std::string_view>(&value)) {
        std::int64_t whole = 0;
        const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), whole);
        if (error == std::errc() && end == text->data() + text->size()) {
            auto out = holds(whole);
            out.recoded.push_back({at, "sent as a number"});
            return out;
        }
    }
    return cannot("the form takes a number here");
}

Rendered checkbox(const Value& value) {
    if (const auto* flag = std::get_if<bool>(&value)) return holds(*flag);
    if (const auto* text = std::get_if<std::string_view>(&value)) {
        if (*text == "true") return holds(true);
        if (*text == "false") return holds(false);
    }
    return cannot("the form takes yes or no here");
}

Rendered name(const PersonName& given) {
    Json out = Json::object();
    std::string first;
    for (const auto& part : given.given) {
        if (part.empty()) continue;
        if (!first.empty()) first += ' ';
        first += part;
    }
    if (!first.empty()) out["firstname"] = std::move(first);
    if (given.family && !given.family->empty()) out["surname"] = *given.family;
    return out.empty() ? cannot("the name is empty") : holds(std::move(out));
}

const std::optional<std::string>* part_of(const Address& address, std::string_view part) {
    if (part == "number") return &address.number;
    if (part == "street") return &address.street;
    if (part == "residential_area") return &address.residential_area;
    if (part == "town") return &address.town;
    if (part == "postal_code") return &address.postal_code;
    if (part == "state_text") return &address.state_text;
    return part == "district_text" ? &address.district_text : nullptr;
}

constexpr std::array<std::string_view, 7> all_parts{"number",      "street",     "residential_area", "town",
                                                    "postal_code", "state_text", "district_text"};

void street_details(const Address& address, const StreetParts& parts, const std::vector<std::string>& keys, Json& into,
                    Rendered& out, const std::string& at) {
    Json details = Json::object();
    for (const auto part : all_parts) {
        const auto& value = *part_of(address, part);
        if (!value || value->empty()) continue;
        const auto row =
            std::find_if(parts.begin(), parts.end(), [&](const auto& entry) { return entry.first == part; });
        if (row != parts.end() && std::find(keys.begin(), keys.end(), row->second) != keys.end())
            details[row->second] = *value;
        else
            out.dropped.push_back({at + "." + std::string(part), "the form's address has no place for it"});
    }
    if (!details.empty()) into["streetLevelDetails"] = std::move(details);
}

void domestic_area(const Address& address, const RenderContext& context, Json& into, Rendered& out,
                   const std::string& at) {
    if (address.areas.empty()) return;
    const auto* area = context.places.lowest_known(address.areas);
    for (const auto& given : address.areas) {
        if (context.places.area(given) != nullptr) continue;
        const Account::Note note{at + ".areas", "names an administrative area that OpenCRVS does not have: left out"};
        out.dropped.push_back(note);
        out.warnings.push_back(note);
        break;
    }
    if (area == nullptr) return;
    if (!context.places.is_leaf(area->id)) {
        // NOTIFY would take it, but no registrar could declare with it (opencrvs.md 8.6.10).
        const Account::Note note{at + ".areas", "the area has areas below it and none of those is said: left out"};
        out.dropped.push_back(note);
        out.warnings.push_back(note);
        return;
    }
    into["administrativeArea"] = area->id;
    if (!area->active(context.now))
        out.warnings.push_back({at + ".areas", "the administrative area is no longer in use"});
}

/// Outside the country the wider areas are free text.
Address with_area_texts(Address address) {
    if (!address.state_text && !address.areas.empty()) address.state_text = address.areas.front();
    if (!address.district_text && address.areas.size() > 1) address.district_text = address.areas[1];
    return address;
}

Rendered address(const Address& given, const FormField& field, const RenderContext& context, const std::string& at) {
    static const StreetKeys none;
    const auto& keys = field.streets ? context.form.streets[*field.streets] : none;
    Rendered out;
    Json value = Json::object();
    const bool said = given.country && !given.country->empty();
    const auto& country = said ? *given.country : context.map.country;
    value["country"] = country;
    if (country == context.map.country) {
        value["addressType"] = "DOMESTIC";
        domestic_area(given, context, value, out, at);
        street_details(given, context.map.domestic, keys.domestic, value, out, at);
    } else {
        value["addressType"] = "INTERNATIONAL";
        street_details(with_area_texts(given), context.map.international, keys.international, value, out, at);
    }
    if (given.urban_or_rural) out.dropped.push_back({at + ".urban_or_rural", "the form's address has no place for it"});
    if (!given.lines.empty()) out.dropped.push_back({at + ".lines", "the form's address has no place for it"});
    if (!said && value.size() == 2) return cannot("nothing in the address can be used");
    if (!said) out.recoded.push_back({at + ".country", "not said; taken as the country itself"});
    out.value = std::move(value);
    return out;
}

}  // namespace

Rendered render(const Value& value, const MapRow& row, const FormField& field, const std::string& at,
                const RenderContext& context) {
    if (row.constant) return holds(*row.constant);
    const auto* text = std::get_if<std::string_view>(&value);
    const auto refuse_shape = [&] { return cannot("the value does not fit a field of type " + field.type); };
    switch (field.kind) {
        case FieldKind::code:
            return code(value, row, field, at);
        case FieldKind::number:
            return number(value, at);
        case FieldKind::checkbox:
            return checkbox(value);
        case FieldKind::text:
            return holds(in_words(value));
        case FieldKind::country:
        case FieldKind::location:
        case FieldKind::area:
            return text == nullptr ? refuse_shape() : holds(*text);
        case FieldKind::phone:
            return text == nullptr ? refuse_shape() : phone(*text, context.map, at);
        case FieldKind::email:
            if (text == nullptr) return refuse_shape();
            return is_email(*text) ? holds(*text) : cannot("it is not an e-mail address");
        case FieldKind::date:
            return text == nullptr ? refuse_shape() : date(*text, at);
        case FieldKind::choice:
            return text == nullptr ? refuse_shape() : holds(Json{{"label", *text}, {"value", *text}});
        case FieldKind::age: {
            const auto* age = std::get_if<Age>(&value);
            if (age == nullptr || field.as_of.empty()) return refuse_shape();
            auto out = holds(Json{{"age", age->years}, {"asOfDateRef", field.as_of}});
            if (at.ends_with(".birth_date"))
                out.recoded.push_back({at, "not a full date: sent as the age at the event"});
            return out;
        }
        case FieldKind::name: {
            const auto* person = std::get_if<const PersonName*>(&value);
            return person == nullptr ? refuse_shape() : name(**person);
        }
        case FieldKind::address: {
            const auto* place = std::get_if<const Address*>(&value);
            return place == nullptr ? refuse_shape() : address(**place, field, context, at);
        }
        case FieldKind::quantity:
        case FieldKind::other:
            break;
    }
    return refuse_shape();
}

}  // namespace ocm::opencrvs
