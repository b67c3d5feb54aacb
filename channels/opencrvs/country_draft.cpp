// SPDX-License-Identifier: MPL-2.0
#include "channels/opencrvs/country_draft.hpp"

#include "core/json.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>

namespace ocm::opencrvs {
namespace {

std::string json_text(std::string_view text) {
    return dump_json(Json(text));
}

bool has_option(const FormField& field, std::string_view option) {
    return std::find(field.options.begin(), field.options.end(), option) != field.options.end();
}

/// The form's option for a code: the same but for case and separators, and only one such.
std::optional<std::string> option_for(const FormField& field, std::string_view code) {
    if (has_option(field, code)) return std::string(code);
    std::optional<std::string> found;
    for (const auto& option : field.options) {
        if (words_of(option) != words_of(code)) continue;
        if (found) return std::nullopt;
        found = option;
    }
    return found;
}

/// Members of a row, in the order people write them.
class RowText {
  public:
    RowText& put(const char* key, const std::string& json) {
        text_ += (text_.empty() ? "{" : ", ") + json_text(key) + ": " + json;
        return *this;
    }
    RowText& text(const char* key, std::string_view value) {
        if (!value.empty()) put(key, json_text(value));
        return *this;
    }
    std::string done() const { return text_ + "}"; }

  private:
    std::string text_;
};

/// A row of the reference as text.
std::string text_of(const MapRow& row) {
    RowText out;
    out.text("field", row.field).text("from", row.from.name);
    if (!row.when.empty()) {
        Json when = Json::object();
        for (const auto& [source, codes] : row.when) {
            when[source.name] = codes.size() == 1 ? Json(codes.front()) : Json(codes);
        }
        out.put("when", dump_json(when));
    }
    if (!row.codes.empty()) out.put("codes", dump_json(Json(row.codes)));
    if (row.constant) out.put("const", dump_json(*row.constant));
    out.text("otherwise", row.otherwise).text("overflow", row.overflow);
    // What can only be written says so by itself.
    if (row.direction == Direction::write && !row.constant && !row.field.empty()) out.text("direction", "write");
    return out.done();
}

/// The form has all that the row names: then it fits as it stands.
bool fits(const MapRow& row, const EventMap& event, const CountryMap& reference, const FormConfig& form) {
    CountryMap alone;
    alone.country = reference.country;
    EventMap only;
    only.kind = event.kind;
    only.type = event.type;
    only.rows.push_back(row);
    alone.events.push_back(std::move(only));
    return alone.check(form).empty();
}

/// Where what a field cannot hold is kept: the registrar's comment, where the review form has one.
std::string comment_field(const EventForm& form) {
    for (const auto& field : form.annotation) {
        const auto words = words_of(field.id);
        if (field.kind == FieldKind::text && std::find(words.begin(), words.end(), "comment") != words.end()) {
            return field.id;
        }
    }
    return {};
}

/// `when` of the place's address, by the words of its id.
Json when_of(const FormField& field, VitalKind kind) {
    const auto words = words_of(field.id);
    const auto has = [&](const char* word) { return std::find(words.begin(), words.end(), word) != words.end(); };
    if (has("home")) return "PRIVATE_HOME";
    if (kind == VitalKind::death) return Json::array({"OTHER", "PRIVATE_HOME"});
    return Json::array({"OTHER", "DECEASED_USUAL_RESIDENCE"});
}

DraftRow row_of(const FormField& field, const Meaning& meaning, VitalKind kind, const std::string& comment) {
    DraftRow out;
    out.field = field.id;
    out.confidence = meaning.confidence;
    RowText row;
    row.text("field", field.id).text("from", meaning.from);
    if (meaning.from == "place.location") row.put("when", R"({"place.kind": "HEALTH_FACILITY"})");
    if (meaning.from == "place.address") row.put("when", dump_json({{"place.kind", when_of(field, kind)}}));
    if (field.kind == FieldKind::code) {
        Json codes = Json::object();
        bool recoded = false;
        std::string missing;
        for (const auto code : codes_of(meaning.from)) {
            const auto option = option_for(field, code);
            if (!option) {
                missing += (missing.empty() ? "" : ", ") + std::string(code);
                continue;
            }
            codes[std::string(code)] = *option;
            if (*option != code) recoded = true;
        }
        if (recoded) row.put("codes", dump_json(codes));
        if (!missing.empty()) out.why = "the form has no option for " + missing;
        if (meaning.from == "informant.relation" && has_option(field, "OTHER")) row.text("otherwise", "OTHER");
    }
    const auto source = MapSource::parse(meaning.from);
    const bool worth_keeping = source && !source->derived() && field.kind != FieldKind::location;
    if (worth_keeping && field.id != comment) row.text("overflow", comment);
    out.row = row.done();
    return out;
}

DraftEvent draft_event(const EventForm& form, VitalKind kind, const CountryMap& reference, const FormConfig& config) {
    DraftEvent out;
    out.kind = kind;
    out.type = form.type;
    EventMap known;
    if (const auto* event = reference.find(kind)) known = *event;
    known.type = form.type;

    const auto comment = comment_field(form);
    std::vector<std::string> holds;  // what each row is for, as far as two rows could be for the same
    const auto place = [&](const FormField& field) {
        bool same = false;
        for (const auto& row : known.rows) {
            if (row.field != field.id || !fits(row, known, reference, config)) continue;
            out.rows.push_back({field.id, text_of(row), Confidence::same, {}});
            holds.emplace_back();
            same = true;
        }
        if (same) return;
        if (field.show && form.conditions[*field.show].never()) return;
        const auto meaning = meaning_of(kind, form, field);
        if (!meaning) {
            if (field.kind != FieldKind::other && field.kind != FieldKind::quantity)
                out.not_matched.push_back(field.id);
            return;
        }
        out.rows.push_back(row_of(field, *meaning, kind, comment));
        // Alternatives for a place are told apart by the kind of place.
        holds.push_back(meaning->from == "place.address" ? dump_json(when_of(field, kind)) : meaning->from);
    };
    for (const auto& field : form.fields) place(field);

    // Two fields for one value, told apart by nothing: neither is sure.
    for (std::size_t i = 0; i < out.rows.size(); ++i) {
        if (out.rows[i].confidence != Confidence::likely) continue;
        if (std::count(holds.begin(), holds.end(), holds[i]) < 2) continue;
        out.rows[i].confidence = Confidence::guess;
        out.rows[i].why = "several fields could hold this";
    }
    if (!comment.empty()) {
        for (const auto& row : known.rows) {
            if (row.field.empty() && fits(row, known, reference, config)) {
                out.rows.push_back({{}, text_of(row), Confidence::same, {}});
            }
        }
        out.rows.push_back({comment,
                            RowText().text("field", comment).text("from", "comment").done(),
                            known.rows.empty() ? Confidence::likely : Confidence::same,
                            {}});
    }
    return out;
}

StreetParts street_parts(const FormConfig& form, bool international, const StreetParts& reference,
                         std::vector<std::string>& not_matched) {
    std::vector<std::string> keys;
    for (const auto& event : form.events()) {
        for (const auto& streets : event.streets) {
            for (const auto& key : international ? streets.international : streets.domestic) {
                if (std::find(keys.begin(), keys.end(), key) == keys.end()) keys.push_back(key);
            }
        }
    }
    StreetParts out;
    const auto add = [&](const std::string& part, const std::string& key) {
        const bool there = std::any_of(out.begin(), out.end(), [&](const auto& pair) { return pair.first == part; });
        if (!there) out.emplace_back(part, key);
        return !there;
    };
    for (const auto& key : keys) {
        const auto known =
            std::find_if(reference.begin(), reference.end(), [&](const auto& pair) { return pair.second == key; });
        if (known != reference.end()) {
            add(known->first, key);
            continue;
        }
        const auto part = address_part_of(key, international);
        if (!part || !add(*part, key)) not_matched.push_back(key);
    }
    return out;
}

std::string street_text(const StreetParts& parts) {
    RowText out;
    for (const auto& [part, key] : parts) out.text(part.c_str(), key);
    return parts.empty() ? "{}" : out.done();
}

/// A row with its mark above it, where it needs one; a guess as a comment.
std::string row_lines(const DraftRow& row) {
    constexpr const char* indent = "\n        ";
    std::string out;
    if (row.confidence != Confidence::same) {
        out = std::string(indent) + "// " + std::string(name(row.confidence)) + (row.why.empty() ? "" : ": " + row.why);
    }
    return out + indent + (row.confidence == Confidence::guess ? "// " : "") + row.row;
}

}  // namespace

Draft draft_country_map(const FormConfig& form, const CountryMap& reference) {
    Draft out;
    std::set<VitalKind> done;
    for (const auto& event : form.events()) {
        const auto kind = kind_of_form(event.type);
        // A map has one form a kind: of several the first, which the target lists first.
        if (!kind || !done.insert(*kind).second) {
            out.other_types.push_back(event.type);
            continue;
        }
        out.events.push_back(draft_event(event, *kind, reference, form));
    }
    out.domestic = street_parts(form, false, reference.domestic, out.street_keys_not_matched);
    out.international = street_parts(form, true, reference.international, out.street_keys_not_matched);
    return out;
}

std::string country_map_text(const Draft& draft, const DraftOptions& options) {
    std::string out =
        "// A draft, made from the forms of the target. Rows without a mark are as in the reference map. \"likely\": "
        "by the\n"
        "// words of the field's id, its type and options. \"guess\": a comment until you take its slashes away. Read "
        "each\n"
        "// row that has a mark, then: opencrvs-mediator country check --map FILE\n"
        "{\n";
    out += "  \"format\": " + json_text(country_map_format) + ",\n";
    out += "  \"country\": " + json_text(options.country) + ",\n";
    out += "  \"phone\": {\"international\": " + json_text(options.phone_international) +
           ", \"national\": " + json_text(options.phone_national) + "},\n";
    out += "  \"no_details_reason\": \"Not stated in the notification\",\n";
    for (const auto& key : draft.street_keys_not_matched) {
        out += "  // not matched: street key " + json_text(key) + "\n";
    }
    out += "  \"street\": {\n    \"domestic\": " + street_text(draft.domestic) +
           ",\n    \"international\": " + street_text(draft.international) + "\n  },\n";
    for (const auto& type : draft.other_types)
        out += "  // not a vital event, or a second form of one: " + json_text(type) + "\n";
    out += "  \"events\": {";
    bool first_event = true;
    for (const auto& event : draft.events) {
        out += std::string(first_event ? "" : ",") + "\n    " + json_text(name(event.kind)) +
               ": {\n      \"type\": " + json_text(event.type) + ",\n      \"rows\": [";
        first_event = false;
        // The last row that counts stands last, so that a guess can be made to count without minding the commas.
        const auto last = std::find_if(event.rows.rbegin(), event.rows.rend(),
                                       [](const auto& row) { return row.confidence != Confidence::guess; });
        const auto* final_row = last == event.rows.rend() ? nullptr : &*last;
        for (const auto& row : event.rows) {
            if (&row != final_row) out += row_lines(row) + ",";
        }
        if (final_row != nullptr) out += row_lines(*final_row);
        for (const auto& field : event.not_matched) out += "\n        // not matched: " + json_text(field);
        out += "\n      ]\n    }";
    }
    out += "\n  }\n}\n";
    return out;
}

}  // namespace ocm::opencrvs
