// SPDX-License-Identifier: MPL-2.0
#include "core/ids.hpp"
#include "support/sandbox/webhooks.hpp"

#include <map>

namespace ocm::sandbox {
namespace {

using References = std::map<std::string, std::string, std::less<>>;

void resolve(Json& value, const References& references) {
    if (value.is_object()) {
        if (const auto found = references.find(text_member(value, "reference")); found != references.end()) {
            value["reference"] = found->second;
        }
    }
    if (value.is_structured()) {
        for (auto& inner : value) resolve(inner, references);
    }
}

Json coding(std::string_view system, std::string_view code) {
    return {
        {"coding", Json::array({{{"system", "http://opencrvs.org/specs/" + std::string(system)}, {"code", code}}})}};
}

void push(Json& into, const char* list, Json value) {
    if (!into.contains(list) || !into[list].is_array()) into[list] = Json::array();
    into[list].push_back(std::move(value));
}

void complete_task(Json& task, std::string_view kind, std::string_view number, const std::string& at) {
    push(task, "identifier",
         {{"system", "http://opencrvs.org/specs/id/" + std::string(kind) + "-registration-number"}, {"value", number}});
    task["status"] = "ready";
    task["businessStatus"] = coding("reg-status", "REGISTERED");
    task["lastModified"] = at;
}

}  // namespace

std::vector<std::string> section_references(const Json& record, std::string_view section) {
    std::vector<std::string> out;
    for (const auto& entry : record.at("entry")) {
        const auto* sections = member(entry.at("resource"), "section");
        if (sections == nullptr) continue;
        for (const auto& each : *sections) {
            const auto* code = member(each, "code");
            const auto* codings = code == nullptr ? nullptr : member(*code, "coding");
            const auto* first = codings == nullptr ? nullptr : element(*codings, 0);
            const auto* entries = member(each, "entry");
            if (first == nullptr || entries == nullptr || text_member(*first, "code") != section) continue;
            for (const auto& named : *entries) out.emplace_back(text_member(named, "reference"));
        }
    }
    return out;
}

Json registered_record(Json bundle, std::string_view kind, std::string_view number, WallTime now) {
    References references;
    for (auto& entry : bundle["entry"]) {
        auto& resource = entry["resource"];
        const auto own =
            std::string(text_member(resource, "resourceType")) + "/" + std::string(text_member(resource, "id"));
        references.emplace(text_member(entry, "fullUrl"), own);
        const auto version = uuid_v5(std::string(text_member(resource, "id")), rfc3339(now));
        entry["fullUrl"] = "/fhir/" + own + "/_history/" + version;
        resource["meta"] = {{"lastUpdated", rfc3339(now)}, {"versionId", version}};
    }
    for (auto& entry : bundle["entry"]) resolve(entry["resource"], references);
    const auto subject = section_references(bundle, kind == "birth" ? "child-details" : "deceased-details");
    for (auto& entry : bundle["entry"]) {
        auto& resource = entry["resource"];
        const auto type = text_member(resource, "resourceType");
        if (type == "Task") complete_task(resource, kind, number, rfc3339(now));
        const auto own = std::string(type) + "/" + std::string(text_member(resource, "id"));
        if (subject.empty() || own != subject.front()) continue;
        const auto code = std::string(kind == "birth" ? "BIRTH" : "DEATH") + "_REGISTRATION_NUMBER";
        push(resource, "identifier", {{"type", coding("identifier-type", code)}, {"value", number}});
    }
    return bundle;
}

}  // namespace ocm::sandbox
