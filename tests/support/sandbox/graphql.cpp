// SPDX-License-Identifier: MPL-2.0
#include "support/sandbox/graphql.hpp"

#include "core/time.hpp"
#include "support/sandbox/http_answers.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <set>

namespace ocm::sandbox {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t fixed_size = 10;    // of a system client of 1.3 and 1.4, whatever it asks
constexpr std::size_t most_of_a_few = 5;  // more are an error there

HttpResponse refused(std::string_view message, std::string_view code) {
    return json_answer({{"errors", Json::array({{{"message", message}, {"extensions", {{"code", code}}}}})},
                        {"data", {{"searchEvents", nullptr}}}});
}

const Json* resource_of(const Json& bundle, std::string_view type) {
    for (const auto& entry : bundle.at("entry")) {
        if (text_member(entry.at("resource"), "resourceType") == type) return &entry.at("resource");
    }
    return nullptr;
}

/// The first Patient is the child's or the deceased's in what the sandbox takes.
const Json& subject_of(const Json& record) {
    return *resource_of(record.at("bundle"), "Patient");
}

std::string registered_at(const Json& record) {
    return std::string(text_member(*resource_of(record.at("bundle"), "Task"), "lastModified"));
}

std::string day_of(const std::string& instant) {
    return instant.substr(0, 10);
}

std::string office_of(const Json& record) {
    const auto* extensions = member(*resource_of(record.at("bundle"), "Task"), "extension");
    if (extensions == nullptr) return {};
    for (const auto& each : *extensions) {
        if (!text_member(each, "url").ends_with("/regLastOffice")) continue;
        const auto* value = member(each, "valueReference");
        const auto reference = value == nullptr ? std::string_view{} : text_member(*value, "reference");
        return std::string(reference.substr(reference.rfind('/') + 1));
    }
    return {};
}

Json names_of(const Json& person) {
    Json out = Json::array();
    const auto* names = member(person, "name");
    if (names == nullptr) return out;
    for (const auto& name : *names) {
        std::string given;
        if (const auto* list = member(name, "given"); list != nullptr && list->is_array()) {
            for (const auto& each : *list) given += (given.empty() ? "" : " ") + std::string(text(each));
        }
        const auto* family = member(name, "family");
        const bool list = family != nullptr && family->is_array() && !family->empty();
        const auto last = family == nullptr ? std::string() : std::string(text(list ? (*family)[0] : *family));
        out.push_back({{"use", text_member(name, "use")}, {"firstNames", given}, {"familyName", last}});
    }
    return out;
}

Json result_of(std::string_view version, const Json& record) {
    const bool birth = text_member(record, "type") == "birth";
    const auto& subject = subject_of(record);
    const auto at = registered_at(record);
    const auto* type = birth ? (version < "1.4" ? "Birth" : "birth") : (version < "1.4" ? "Death" : "death");
    Json out{{"id", record.at("id")},
             {"type", type},
             {"registration",
              {{"status", record.at("status")},
               {"trackingId", record.at("trackingId")},
               {"registrationNumber", record.at("registrationNumber")},
               {"dateOfDeclaration", at},
               {"registeredLocationId", office_of(record)}}},
             {"operationHistories", Json::array({{{"operationType", "REGISTERED"}, {"operatedOn", at}}})}};
    out[birth ? "childName" : "deceasedName"] = names_of(subject);
    out[birth ? "childGender" : "deceasedGender"] = text_member(subject, "gender");
    if (birth) {
        out["dateOfBirth"] = text_member(subject, "birthDate");
    } else {
        out["dateOfDeath"] = day_of(std::string(text_member(subject, "deceasedDateTime")));
    }
    return out;
}

/// Parameters this sandbox looks at; any other is one it could not honour.
constexpr std::array known_parameters{"registrationStatuses"sv,  "event"sv,       "dateOfRegistrationStart"sv,
                                      "dateOfRegistrationEnd"sv, "childGender"sv, "deceasedGender"sv,
                                      "declarationLocationId"sv, "trackingId"sv,  "registrationNumber"sv};

bool is_known(std::string_view version, std::string_view parameter) {
    if (parameter == "timePeriodFrom") return version >= "1.7";
    return std::find(known_parameters.begin(), known_parameters.end(), parameter) != known_parameters.end();
}

bool fits(const Json& record, const Json& wanted) {
    // Whatever statuses are asked for: the query of a recordsearch token is forced to what is registered.
    if (!record.contains("registrationNumber")) return false;
    const auto same = [&](const char* key, std::string_view value) {
        return member(wanted, key) == nullptr || text_member(wanted, key) == value;
    };
    const bool birth = text_member(record, "type") == "birth";
    const auto gender = text_member(subject_of(record), "gender");
    if (!same("event", text_member(record, "type"))) return false;
    if (member(wanted, "childGender") != nullptr && (!birth || !same("childGender", gender))) return false;
    if (member(wanted, "deceasedGender") != nullptr && (birth || !same("deceasedGender", gender))) return false;
    if (!same("declarationLocationId", office_of(record))) return false;
    if (!same("trackingId", text_member(record, "trackingId"))) return false;
    if (!same("registrationNumber", text_member(record, "registrationNumber"))) return false;
    const auto at = registered_at(record);
    if (const auto from = text_member(wanted, "timePeriodFrom"); !from.empty()) {
        const auto since = parse_rfc3339(from);
        const auto when = parse_rfc3339(at);
        if (!since || !when || *when < *since) return false;
    }
    const auto first = text_member(wanted, "dateOfRegistrationStart");
    return first.empty() || (day_of(at) >= first && day_of(at) <= text_member(wanted, "dateOfRegistrationEnd"));
}

std::size_t number(const Json* variables, std::string_view key, std::size_t otherwise) {
    const auto* value = variables == nullptr ? nullptr : member(*variables, key);
    return value != nullptr && value->is_number_unsigned() ? value->get<std::size_t>() : otherwise;
}

}  // namespace

HttpResponse search_records(std::string_view version, const Json& records, const Json& scopes, std::string_view body) {
    const auto asked = parse_json(body);
    const auto* variables = asked ? member(*asked, "variables") : nullptr;
    const auto* wanted = variables == nullptr ? nullptr : member(*variables, "p");
    if (wanted == nullptr || text_member(*asked, "query").find("searchEvents") == std::string_view::npos)
        return json_answer({{"errors", Json::array({{{"message", "Must provide query string."}}})}}, 400);
    const bool searches = std::find(scopes.begin(), scopes.end(), "recordsearch") != scopes.end();
    if (!searches && version < "1.7")
        return refused("Advanced search is only allowed for registrar or registration agent", "INTERNAL_SERVER_ERROR");
    Json found = Json::array();
    for (const auto& [key, value] : wanted->items()) {
        if (!is_known(version, key))
            return json_answer({{"errors", Json::array({{{"message", "Field \"" + key + "\" is not defined"},
                                                         {"extensions", {{"code", "BAD_USER_INPUT"}}}}})}},
                               400);
    }
    if (wanted->contains("dateOfRegistrationStart") != wanted->contains("dateOfRegistrationEnd"))
        return refused("dateOfRegistrationStart must be provided along with dateOfRegistrationEnd",
                       "INTERNAL_SERVER_ERROR");
    for (const auto& record : records) {
        if (searches && fits(record, *wanted)) found.push_back(result_of(version, record));
    }
    const bool few = version < "1.5";
    if (few && found.size() > most_of_a_few)
        return refused("Too many results Please narrow your search", "INTERNAL_SERVER_ERROR");
    const auto count = few ? fixed_size : number(variables, "count", fixed_size);
    const auto skip = few ? 0 : number(variables, "skip", 0);
    Json page = Json::array();
    for (std::size_t i = skip; i < found.size() && page.size() < count; ++i) page.push_back(found[i]);
    return json_answer({{"data", {{"searchEvents", {{"totalItems", found.size()}, {"results", std::move(page)}}}}}});
}

}  // namespace ocm::sandbox
