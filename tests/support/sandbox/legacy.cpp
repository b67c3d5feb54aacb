// SPDX-License-Identifier: MPL-2.0
#include "support/sandbox/legacy.hpp"

#include "core/ids.hpp"
#include "support/sandbox/http_answers.hpp"
#include "support/sandbox/webhooks.hpp"

#include <algorithm>
#include <array>

namespace ocm::sandbox {
namespace {

using Verdict = std::pair<int, std::string>;

const Verdict fine{200, ""};
constexpr const char* home = "FAR";

HttpResponse crash() {
    return gateway_error(500, "An internal server error occurred");
}

/// A refusal the gateway makes by itself, which it sends as a 500 of its own wording.
HttpResponse semantic_refusal(const std::string& message) {
    return json_answer({{"statusCode", 500}, {"error", "An internal server error occurred"}, {"message", message}},
                       500);
}

HttpResponse refusal(const Verdict& verdict) {
    return verdict.first == 500 ? semantic_refusal(verdict.second) : gateway_error(verdict.first, verdict.second);
}

Verdict could_not(const std::string& why) {
    return {500, "Could not process the Event Notification, as " + why};
}

/// Joi: the first key that is not allowed, or is missing.
std::string joi(const Json& object, const std::string& label, std::initializer_list<std::string_view> keys) {
    for (const auto key : keys) {
        if (!object.contains(std::string(key))) return "\"" + label + std::string(key) + "\" is required";
    }
    for (const auto& [key, value] : object.items()) {
        if (std::find(keys.begin(), keys.end(), key) == keys.end()) return "\"" + label + key + "\" is not allowed";
    }
    return {};
}

std::string first_code(const Json& of) {
    const auto* type = member(of, "type");
    const auto* coding = type == nullptr ? nullptr : member(*type, "coding");
    const auto* first = coding == nullptr ? nullptr : element(*coding, 0);
    return first == nullptr ? std::string() : std::string(text_member(*first, "code"));
}

std::string reference_in(const Json& extensions, std::string_view url) {
    for (const auto& each : extensions) {
        if (!text_member(each, "url").ends_with(url)) continue;
        const auto* value = member(each, "valueReference");
        return value == nullptr ? std::string() : std::string(text_member(*value, "reference"));
    }
    return {};
}

const Json* first_of(const Json& bundle, std::string_view type) {
    for (const auto& entry : bundle.at("entry")) {
        if (text_member(entry.at("resource"), "resourceType") == type) return &entry.at("resource");
    }
    return nullptr;
}

/// Structural checks in Joi's words (2.1).
std::string structure(const Json& bundle, std::string_view version) {
    if (!bundle.is_object()) return "\"value\" must be of type object";
    if (auto wrong = joi(bundle, "", {"resourceType", "type", "meta", "entry"}); !wrong.empty()) return wrong;
    if (bundle["resourceType"] != "Bundle") return "\"resourceType\" must be [Bundle]";
    if (bundle["type"] != "document") return "\"type\" must be [document]";
    if (!bundle["meta"].is_object()) return "\"meta\" must be of type object";
    if (auto wrong = joi(bundle["meta"], "meta.", {"lastUpdated"}); !wrong.empty()) return wrong;
    const auto updated = text_member(bundle["meta"], "lastUpdated");
    if (!parse_rfc3339(updated) && !parse_date(updated)) return "\"meta.lastUpdated\" must be in ISO 8601 date format";
    if (!bundle["entry"].is_array()) return "\"entry\" must be an array";
    std::string allowed = "Patient, RelatedPerson, Encounter, Observation";
    if (version >= "1.7") allowed += ", QuestionnaireResponse";
    for (std::size_t i = 0; i < bundle["entry"].size(); ++i) {
        const auto& entry = bundle["entry"][i];
        const auto label = "entry[" + std::to_string(i) + "].";
        if (auto wrong = joi(entry, label, {"fullUrl", "resource"}); !wrong.empty()) return wrong;
        const auto type = text_member(entry["resource"], "resourceType");
        const std::string wanted = i == 0 ? "Composition" : i == 1 ? "Task" : allowed;
        if (type.empty() || (", " + wanted + ",").find(", " + std::string(type) + ",") == std::string::npos) {
            return "\"" + label + "resource.resourceType\" must be " + (i < 2 ? "[" : "one of [") + wanted + "]";
        }
    }
    return {};
}

Json fhir_location(const Json& place, bool area) {
    const auto type = area ? std::string("ADMIN_STRUCTURE") : std::string(text_member(place, "locationType"));
    const auto code = type + "_" + std::string(text_member(place, "externalId"));
    const auto parent = text_member(place, area ? "parentId" : "administrativeAreaId");
    Json out{
        {"resourceType", "Location"},
        {"id", place.at("id")},
        {"name", place.at("name")},
        {"alias", Json::array({place.at("name")})},
        {"status", text_member(place, "validUntil").empty() ? "active" : "inactive"},
        {"mode", "instance"},
        {"partOf", {{"reference", "Location/" + (parent.empty() ? std::string("0") : std::string(parent))}}},
        {"type", {{"coding", Json::array({{{"system", "http://opencrvs.org/specs/location-type"}, {"code", type}}})}}}};
    if (area) {
        out["identifier"] = Json::array({{{"system", "http://opencrvs.org/specs/id/statistical-code"}, {"value", code}},
                                         {{"system", "http://opencrvs.org/specs/id/jurisdiction-type"},
                                          {"value", parent.empty() ? "STATE" : "DISTRICT"}}});
    } else {
        out["identifier"] = Json::array({{{"system", "http://opencrvs.org/specs/id/internal-id"}, {"value", code}}});
    }
    return out;
}

std::string name_key(const Json& patient) {
    const auto* names = member(patient, "name");
    return (names == nullptr ? std::string() : names->dump()) + std::string(text_member(patient, "birthDate"));
}

}  // namespace

Legacy::Legacy(std::string version, const Json& locations, const Json& areas) : version_(std::move(version)) {
    for (const auto& area : areas) locations_[std::string(text_member(area, "id"))] = fhir_location(area, true);
    for (const auto& each : locations) locations_[std::string(text_member(each, "id"))] = fhir_location(each, false);
}

std::string Legacy::type_of(std::string_view reference) const {
    if (!reference.starts_with("Location/")) return {};
    const auto found = locations_.find(reference.substr(9));
    return found == locations_.end() ? std::string() : first_code(found->second);
}

std::string Legacy::parent_of(std::string_view reference) const {
    return std::string(text_member(locations_.find(reference.substr(9))->second.at("partOf"), "reference"));
}

Verdict Legacy::check_task(const Json& bundle) const {
    const auto* task = first_of(bundle, "Task");
    const auto* composition = first_of(bundle, "Composition");
    if (task == nullptr) return {400, "Task entry not found! in bundle"};
    if (composition == nullptr) return {400, "Composition entry not found! in bundle"};
    if (text_member(*task, "status") != "draft") return {400, "Task status should be draft"};
    const auto* focus = member(*task, "focus");
    if (focus == nullptr || text_member(*focus, "reference") != text_member(bundle["entry"][0], "fullUrl")) {
        return {400, "Task must reference the composition entry"};
    }
    const auto* extensions = member(*task, "extension");
    if (extensions == nullptr) return {400, "Task extensions not found"};
    const auto office = reference_in(*extensions, "/regLastOffice");
    const auto area = reference_in(*extensions, "/regLastLocation");
    if (before("1.6") && area.empty()) return could_not("office's location was not provided");
    if (office.empty()) return could_not("office id was not provided");
    if (before("1.6") && type_of(area) != "ADMIN_STRUCTURE") {
        return could_not("the provided office location with id " + area + " was not found");
    }
    if (type_of(office) != "CRVS_OFFICE") {
        return could_not("the provided office with id " + office + " was not found");
    }
    if (before("1.6") && parent_of(office) != area) {
        return could_not("the provided office isn't part of the provided office location");
    }
    return fine;
}

Verdict Legacy::check_address(const Json& address) const {
    const auto country = text_member(address, "country");
    const bool known = (country.size() == 2 || country.size() == 3) &&
                       std::all_of(country.begin(), country.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
    if (!known) {
        return could_not("the supplied country code " + (country.empty() ? "undefined" : std::string(country)) +
                         " was incorrect");
    }
    if (country != home) return fine;
    const auto* lines = member(address, "line");
    const auto line = [&](std::size_t i) {
        const auto* found = lines == nullptr ? nullptr : element(*lines, i);
        return found == nullptr ? std::string() : std::string(text(*found));
    };
    const std::array<std::string, 5> levels{line(12), line(11), line(10), std::string(text_member(address, "district")),
                                            std::string(text_member(address, "state"))};
    for (std::size_t i = 0; i + 1 < levels.size(); ++i) {
        if (levels[i].empty()) continue;
        if (type_of("Location/" + levels[i]).empty()) {
            return could_not("the location with id " + levels[i] + " not found!");
        }
        if (parent_of("Location/" + levels[i]) != "Location/" + levels[i + 1]) {
            return could_not("the supplied location hierarchy was incorrect");
        }
    }
    return fine;
}

Verdict Legacy::check_places(const Json& bundle) const {
    if (first_of(bundle, "Patient") == nullptr) return could_not("there were no Person found!");
    for (const auto& entry : bundle["entry"]) {
        const auto& resource = entry["resource"];
        const auto* addresses =
            text_member(resource, "resourceType") == "Patient" ? member(resource, "address") : nullptr;
        // 1.3 and 1.4 look in the wrong place, so they never see one.
        if (addresses == nullptr || before("1.5")) continue;
        for (const auto& address : *addresses) {
            if (auto verdict = check_address(address); verdict != fine) return verdict;
        }
    }
    const auto* encounter = first_of(bundle, "Encounter");
    if (encounter == nullptr) return {500, "Encounter entry not found!!"};
    const auto* places = member(*encounter, "location");
    if (places != nullptr && places->is_array() && places->empty()) {
        return {400, "Cannot read properties of undefined (reading 'location')"};
    }
    const auto* first = places == nullptr ? nullptr : element(*places, 0);
    const auto* location = first == nullptr ? nullptr : member(*first, "location");
    const auto reference = location == nullptr ? std::string_view{} : text_member(*location, "reference");
    if (reference.empty()) return {500, "Encounter location not found! in bundle!"};
    const auto type = type_of(reference);
    if (type.empty()) return {500, "Encounter location with id " + std::string(reference) + " not found!"};
    // No Location of these has an address of its own.
    if (type != "HEALTH_FACILITY") return {400, "Cannot read properties of undefined (reading 'country')"};
    return fine;
}

Verdict Legacy::check(const Json& bundle) const {
    if (auto wrong = structure(bundle, version_); !wrong.empty()) return {400, wrong};
    if (auto verdict = check_task(bundle); verdict != fine) return verdict;
    return check_places(bundle);
}

HttpResponse Legacy::notify(const HttpRequest& request, const std::vector<std::string>& scopes, WallTime now) {
    const bool may = std::any_of(scopes.begin(), scopes.end(), [&](const std::string& scope) {
        return scope == "notification-api" || (before("1.7") && scope == "declare");
    });
    if (!may) return gateway_error(403, "Insufficient scope");
    const auto bundle = parse_json(request.body);
    if (!bundle) return gateway_error(400, "Invalid request payload JSON format");
    if (const auto verdict = check(*bundle); verdict != fine) return refusal(verdict);
    return save(*bundle, now);
}

HttpResponse Legacy::save(const Json& bundle, WallTime now) {
    const auto* task = first_of(bundle, "Task");
    const auto* identifiers = member(*task, "identifier");
    const auto code = first_code(*first_of(bundle, "Composition"));
    const bool birth = code == "birth-notification" || code == "birth-declaration";
    const bool death = code == "death-notification" || code == "death-declaration";
    const bool useless = (!birth && !death) || (!before("1.5") && (identifiers == nullptr || !identifiers->is_array()));
    // What the workflow service fails at: 1.3 and 1.4 do not look at how it answered.
    if (useless)
        return before("1.5") ? json_answer({{"statusCode", 500}, {"error", "Internal Server Error"}}) : crash();

    const auto id = uuid_v7(now);
    const auto tracking = std::string(birth ? "B" : "D") + uuid_v5(id, "tracking").substr(0, 6);
    Json saved = bundle;
    for (std::size_t i = 0; i < saved["entry"].size(); ++i) {
        saved["entry"][i]["resource"]["id"] = i == 0 ? id : uuid_v5(id, std::to_string(i));
    }
    auto& saved_task = saved["entry"][1]["resource"];
    if (!saved_task.contains("identifier")) saved_task["identifier"] = Json::array();
    saved_task["identifier"].push_back(
        {{"system", std::string("http://opencrvs.org/specs/id/") + (birth ? "birth" : "death") + "-tracking-id"},
         {"value", tracking}});
    const auto& subject = *first_of(bundle, "Patient");
    const auto key = name_key(subject);
    bool duplicate = false;
    for (const auto& other : records_) duplicate = duplicate || name_key(*first_of(other["bundle"], "Patient")) == key;

    std::string family;
    if (const auto* names = member(subject, "name"); names != nullptr && !names->empty()) {
        const auto* given = member((*names)[0], "family");
        if (given != nullptr && before("1.7")) {
            // Of a text its first element is a letter.
            family = given->is_array() ? std::string(text((*given)[0])) : std::string(text(*given)).substr(0, 1);
        } else if (given != nullptr) {
            family = given->is_string() ? std::string(text(*given)) : std::string("[object Object]");
        }
    }
    records_.push_back({{"id", id},
                        {"type", birth ? "birth" : "death"},
                        {"status", "IN_PROGRESS"},
                        {"trackingId", tracking},
                        {"familyName", family},
                        {"isPotentiallyDuplicate", duplicate},
                        {"bundle", saved}});
    if (before("1.6")) {
        Json entries = Json::array();
        for (const auto& entry : saved["entry"]) {
            const auto& resource = entry["resource"];
            const auto at = "/fhir/" + std::string(text_member(resource, "resourceType")) + "/" +
                            std::string(text_member(resource, "id")) + "/_history/" + uuid_v5(id, "version");
            entries.push_back({{"response", {{"status", "201"}, {"location", at}}}});
        }
        return json_answer({{"resourceType", "Bundle"}, {"entry", std::move(entries)}});
    }
    if (!before("1.8") && duplicate) {
        return json_answer({{"compositionId", id}, {"trackingId", tracking}, {"isPotentiallyDuplicate", true}});
    }
    return json_answer(saved);
}

Json Legacy::search_page(std::string_view type, std::string_view identifier, bool all) const {
    constexpr std::size_t own_page = 10;
    const std::string self = "http://config:2021/location?type=" + std::string(type) + (all ? "&_count=0" : "");
    Json entries = Json::array();
    std::size_t total = 0;
    for (const auto& [id, resource] : locations_) {
        if (!type.empty() && first_code(resource) != type) continue;
        const auto& identifiers = resource.at("identifier");
        const bool named = std::any_of(identifiers.begin(), identifiers.end(),
                                       [&](const Json& each) { return text_member(each, "value") == identifier; });
        if (!identifier.empty() && !named) continue;
        ++total;
        if (!all && entries.size() == own_page) continue;
        entries.push_back({{"fullUrl", "http://config:2021/location/" + id + "/_history/" + uuid_v5(id, "version")},
                           {"resource", resource},
                           {"request", {{"method", "PUT"}, {"url", "Location/" + id}}}});
    }
    // The next page of everything is everything again.
    return {{"resourceType", "Bundle"},
            {"type", "searchset"},
            {"total", total},
            {"link", Json::array({{{"relation", "self"}, {"url", self}},
                                  {{"relation", "next"}, {"url", self + "&_getpagesoffset=0"}}})},
            {"entry", std::move(entries)}};
}

HttpResponse Legacy::location(const HttpRequest& request, std::string_view path) const {
    if (!path.empty() && path != "/") {
        const auto found = locations_.find(path.substr(1));
        if (found != locations_.end()) return json_answer(found->second);
        return json_answer({{"resourceType", "OperationOutcome"},
                            {"issue", Json::array({{{"severity", "error"}, {"code", "not-found"}}})}});
    }
    for (std::string_view rest = request.query; !rest.empty();) {
        const auto end = std::min(rest.find('&'), rest.size());
        const auto key = rest.substr(0, std::min(rest.find('='), end));
        constexpr std::array<std::string_view, 5> known{"type", "identifier", "name", "status", "_count"};
        if (std::find(known.begin(), known.end(), key) == known.end()) {
            return gateway_error(400, "\"" + std::string(key) + "\" is not allowed");
        }
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    const auto type = query_value(request.query, "type").value_or("");
    const auto identifier = query_value(request.query, "identifier").value_or("");
    if (type.empty() && identifier.empty()) {
        return gateway_error(400, "\"value\" must contain at least one of [type, identifier]");
    }
    return json_answer(search_page(type, identifier, query_value(request.query, "_count") == "0"));
}

const Json* Legacy::find(std::string_view key) const {
    for (const auto& record : records_) {
        if (text_member(record, "id") == key || text_member(record, "trackingId") == key) return &record;
    }
    return nullptr;
}

const Json* Legacy::register_record(std::string_view key, WallTime now) {
    for (auto& record : records_) {
        if (text_member(record, "id") != key && text_member(record, "trackingId") != key) continue;
        if (record.contains("registrationNumber")) return &record;
        const auto number = rfc3339(now).substr(0, 4) + std::string(text_member(record, "trackingId"));
        record["status"] = "REGISTERED";
        record["registrationNumber"] = number;
        record["bundle"] = registered_record(record["bundle"], text_member(record, "type"), number, now);
        return &record;
    }
    return nullptr;
}

Json Legacy::record(std::string_view id) const {
    for (const auto& record : records_) {
        if (text_member(record, "id") == id) return record;
    }
    return nullptr;
}

}  // namespace ocm::sandbox
