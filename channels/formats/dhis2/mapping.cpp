// SPDX-License-Identifier: MPL-2.0
#include "formats/dhis2/mapping.hpp"

#include "formats/dhis2/codes.hpp"
#include "formats/shipped.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace ocm::dhis2 {
namespace {

using namespace std::literals;

struct SourceName {
    std::string_view name;
    Source::Kind kind;
};
constexpr std::array source_names{
    SourceName{"attribute", Source::Kind::attribute}, SourceName{"data_element", Source::Kind::data_element},
    SourceName{"org_unit", Source::Kind::org_unit}, SourceName{"occurred_at", Source::Kind::occurred_at},
    SourceName{"completed_at", Source::Kind::completed_at}};

/// Reads the mapping and keeps every problem, so that all are told at once.
class Parser {
  public:
    Mapping mapping(const Json& from) {
        Mapping out;
        known(from, "", {"version", "title", "instance", "programs"});
        if (text_member(from, "version") != "1") problem("/version", "must be \"1\"");
        out.instance = optional_text(from, "instance", "");
        each(from, "programs", "", true,
             [&](const Json& one, const std::string& at) { out.programs.push_back(program(one, at)); });
        return out;
    }

    const std::string& problems() const { return problems_; }

  private:
    void problem(const std::string& at, std::string_view what) {
        if (!problems_.empty()) problems_ += "; ";
        problems_ += (at.empty() ? "/" : at) + " ";
        problems_ += what;
    }

    void known(const Json& object, const std::string& at, std::initializer_list<std::string_view> names) {
        if (!object.is_object()) return problem(at, "must be an object");
        for (const auto& [name, value] : object.items()) {
            if (std::find(names.begin(), names.end(), name) == names.end()) {
                problem(pointer(at, name), "is not known here");
            }
        }
    }

    std::string optional_text(const Json& object, const char* name, const std::string& at) {
        const auto* found = member(object, name);
        if (found == nullptr) return {};
        if (!found->is_string() || text(*found).empty()) problem(pointer(at, name), "must be text");
        return std::string(text(*found));
    }

    std::string required_text(const Json& object, const char* name, const std::string& at) {
        if (member(object, name) == nullptr) problem(pointer(at, name), "is required");
        return optional_text(object, name, at);
    }

    bool flag(const Json& object, const char* name, const std::string& at) {
        const auto* found = member(object, name);
        if (found == nullptr) return false;
        if (!found->is_boolean()) problem(pointer(at, name), "must be true or false");
        return *found == true;
    }

    template <class F>
    void each(const Json& object, const char* name, const std::string& at, bool required, F&& take) {
        const auto* found = member(object, name);
        const auto path = pointer(at, name);
        if (found == nullptr) {
            if (required) problem(path, "is required");
            return;
        }
        if (!found->is_array()) return problem(path, "must be an array");
        for (std::size_t i = 0; i < found->size(); ++i) take((*found)[i], pointer(path, i));
    }

    std::vector<std::string> texts(const Json& object, const char* name, const std::string& at, bool required) {
        std::vector<std::string> out;
        each(object, name, at, required, [&](const Json& one, const std::string& path) {
            if (!one.is_string()) problem(path, "must be text");
            out.emplace_back(text(one));
        });
        return out;
    }

    Program program(const Json& from, const std::string& at) {
        Program out;
        known(from, at, {"program", "name", "write_back", "stages"});
        out.id = required_text(from, "program", at);
        for (auto& id : texts(from, "write_back", at, false)) out.write_back.insert(std::move(id));
        each(from, "stages", at, true,
             [&](const Json& one, const std::string& path) { out.stages.push_back(stage(one, path)); });
        return out;
    }

    VitalKind kind(const Json& from, const std::string& at) {
        const auto said = required_text(from, "event", at);
        for (const auto one : {VitalKind::birth, VitalKind::death, VitalKind::fetal_death}) {
            if (said == name(one)) return one;
        }
        problem(at + "/event", "must be one of birth, death, fetal-death");
        return VitalKind::birth;
    }

    Stage stage(const Json& from, const std::string& at) {
        Stage out;
        known(from, at,
              {"stage", "event", "status", "send_flag", "expect", "repeatable", "fields", "relationships", "contacts"});
        out.id = required_text(from, "stage", at);
        out.kind = kind(from, at);
        out.statuses = texts(from, "status", at, false);
        if (out.statuses.empty()) out.statuses = {"COMPLETED"};
        if (const auto* sent = member(from, "send_flag")) out.send_flag = condition(*sent, at + "/send_flag");
        each(from, "expect", at, false,
             [&](const Json& one, const std::string& path) { out.expect.push_back(condition(one, path)); });
        out.repeatable = flag(from, "repeatable", at);
        each(from, "fields", at, true,
             [&](const Json& one, const std::string& path) { out.rows.push_back(row(one, path, false)); });
        each(from, "relationships", at, false,
             [&](const Json& one, const std::string& path) { out.relatives.push_back(relative(one, path)); });
        each(from, "contacts", at, false,
             [&](const Json& one, const std::string& path) { out.contacts.push_back(contact(one, path)); });
        return out;
    }

    Contact contact(const Json& from, const std::string& at) {
        Contact out;
        known(from, at, {"informant", "roles", "fields"});
        out.informant = flag(from, "informant", at);
        if (const auto* roles = member(from, "roles")) {
            known_object(*roles, at + "/roles");
            for (auto it = roles->begin(); roles->is_object() && it != roles->end(); ++it) {
                if (!is_role(text(*it))) problem(pointer(at + "/roles", it.key()), "is not a role");
                out.roles[it.key()] = text(*it);
            }
        }
        each(from, "fields", at, true,
             [&](const Json& one, const std::string& path) { out.rows.push_back(row(one, path, true)); });
        return out;
    }

    Relative relative(const Json& from, const std::string& at) {
        Relative out;
        known(from, at, {"type", "role", "fields"});
        out.type = required_text(from, "type", at);
        out.role = required_text(from, "role", at);
        if (!out.role.empty() && !is_role(out.role)) problem(at + "/role", "is not a role");
        each(from, "fields", at, true, [&](const Json& one, const std::string& path) {
            auto row = this->row(one, path, true);
            if (row.to == "relation") problem(path + "/to", "is not a name a value can be sent to");
            if (row.from.kind != Source::Kind::attribute) problem(path, "must have an attribute of the related entity");
            if (!row.unless.empty() || !row.when.empty()) problem(path, "cannot have unless or when");
            out.rows.push_back(std::move(row));
        });
        return out;
    }

    void known_object(const Json& from, const std::string& at) {
        if (!from.is_object()) problem(at, "must be an object");
    }

    Condition condition(const Json& from, const std::string& at) {
        known(from, at, {"attribute", "data_element", "values"});
        return {source(from, at), texts(from, "values", at, true)};
    }

    Source source(const Json& from, const std::string& at) {
        Source out;
        int given = 0;
        for (const auto& each : source_names) {
            const auto id = optional_text(from, std::string(each.name).c_str(), at);
            if (id.empty()) continue;
            ++given;
            out = {each.kind, id};
        }
        if (given != 1) {
            problem(at, "must have one of attribute, data_element, org_unit, occurred_at, completed_at");
            return out;
        }
        const bool of_part = out.kind != Source::Kind::attribute && out.kind != Source::Kind::data_element;
        const bool of_entity = out.id == "tracked_entity" && out.kind == Source::Kind::org_unit;
        if (of_part && out.id != "event" && out.id != "enrollment" && !of_entity) {
            problem(at, "must say event or enrollment (org_unit also tracked_entity)");
        }
        return out;
    }

    Row row(const Json& from, const std::string& at, bool of_contact) {
        Row out;
        known(from, at,
              {"to", "attribute", "data_element", "org_unit", "occurred_at", "completed_at", "codes", "unit", "unless",
               "when"});
        out.to = required_text(from, "to", at);
        const bool fits = of_contact ? out.to == "relation" || is_person_name(out.to) : is_event_name(out.to);
        if (!out.to.empty() && !fits) problem(at + "/to", "is not a name a value can be sent to");
        out.from = source(from, at);
        if (const auto* codes = member(from, "codes")) read_codes(*codes, at + "/codes", out);
        if (const auto unit = optional_text(from, "unit", at); !unit.empty()) {
            if (out.to != "birth.weight" || (unit != "g" && unit != "kg")) {
                problem(at + "/unit", "must be g or kg, of birth.weight");
            }
            out.kilograms = unit == "kg";
        }
        if (out.to == "birth.weight" && member(from, "unit") == nullptr) problem(at + "/unit", "is required");
        out.unless = optional_text(from, "unless", at);
        if (!out.unless.empty() && !is_event_name(out.unless)) problem(at + "/unless", "is not such a name");
        if (const auto* when = member(from, "when")) read_when(*when, at + "/when", out);
        return out;
    }

    void read_codes(const Json& from, const std::string& at, Row& out) {
        known_object(from, at);
        auto& codes = out.codes.emplace();
        for (auto it = from.begin(); from.is_object() && it != from.end(); ++it) {
            if (!it->is_string() && !it->is_null()) problem(pointer(at, it.key()), "must be text or null");
            codes[it.key()] = it->is_null() ? std::optional<std::string>() : std::string(text(*it));
        }
    }

    void read_when(const Json& from, const std::string& at, Row& out) {
        if (!from.is_object() || from.size() != 1) return problem(at, "must be an object of one name and its values");
        out.when = from.begin().key();
        if (!is_event_name(out.when)) problem(at, "is not such a name");
        out.when_values = texts(from, out.when.c_str(), at, true);
    }

    std::string problems_;
};

}  // namespace

const Program* Mapping::program(std::string_view id) const {
    const auto found = std::find_if(programs.begin(), programs.end(), [&](const auto& each) { return each.id == id; });
    return found == programs.end() ? nullptr : &*found;
}

Result<Mapping> parse_mapping(std::string_view text) {
    auto json = parse_json(text, config_json_limits, JsonComments::allow);
    if (!json) return fail(std::move(json.error()));
    Parser parser;
    auto mapping = parser.mapping(*json);
    if (!parser.problems().empty()) return fail(ErrorCode::bad_request, parser.problems());
    return mapping;
}

const Mapping& shipped_mapping() {
    static const auto mapping = [] {
        auto parsed = parse_mapping(formats_shipped::dhis2_vital_events);
        if (!parsed) throw std::logic_error("the shipped DHIS2 mapping: " + parsed.error().message);
        return std::move(*parsed);
    }();
    return mapping;
}

Mapping with_shipped(Mapping own) {
    for (const auto& program : shipped_mapping().programs) {
        if (own.program(program.id) == nullptr) own.programs.push_back(program);
    }
    return own;
}

}  // namespace ocm::dhis2
