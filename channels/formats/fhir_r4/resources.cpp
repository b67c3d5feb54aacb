// SPDX-License-Identifier: MPL-2.0
#include "formats/fhir_r4/resources.hpp"

#include <nlohmann/json.hpp>

namespace ocm::fhir_r4 {
namespace {

std::string joined(std::string_view a, std::string_view b) {
    std::string out(a);
    out += '/';
    out += b;
    return out;
}

/// System and value of an identifier, in parts that cannot run into each other; empty without a value.
std::string identifier_key(const Json& identifier) {
    const auto value = text_member(identifier, "value");
    if (value.empty()) return {};
    std::string key(text_member(identifier, "system"));
    key += '\x1f';
    key += value;
    return key;
}

bool is_type_name(std::string_view text) {
    return !text.empty() && text.front() >= 'A' && text.front() <= 'Z';
}

}  // namespace

std::string_view type_and_id(std::string_view reference) {
    if (const auto history = reference.find("/_history/"); history != std::string_view::npos) {
        reference = reference.substr(0, history);
    }
    const auto slash = reference.rfind('/');
    if (slash == std::string_view::npos || slash == 0 || slash + 1 == reference.size()) return {};
    const auto before = reference.rfind('/', slash - 1);
    const auto start = before == std::string_view::npos ? 0 : before + 1;
    return is_type_name(reference.substr(start, slash - start)) ? reference.substr(start) : std::string_view();
}

Resources::Resources(const Json& root) {
    add(root, nullptr);
}

void Resources::add(const Json& resource, const Json* entry) {
    const auto type = text_member(resource, "resourceType");
    if (type == "Bundle") {
        wrappers_.push_back(&resource);
        return add_entries(resource);
    }
    if (type == "Parameters") {
        wrappers_.push_back(&resource);
        const auto* parameters = member(resource, "parameter");
        if (parameters == nullptr || !parameters->is_array()) return;
        for (const auto& each : *parameters) {
            if (const auto* inner = member(each, "resource")) add(*inner, entry);
        }
        return;
    }
    if (!resource.is_object()) return;
    const auto at = all_.size();
    all_.push_back({&resource, entry, type, text_member(resource, "id"), at});
    if (entry != nullptr) {
        const auto url = text_member(*entry, "fullUrl");
        if (!url.empty() && !by_url_.emplace(url, at).second) doubled_.push_back(entry);
        if (const auto known = type_and_id(url); !known.empty()) by_type_and_id_.emplace(known, at);
    }
    if (!all_[at].id.empty()) by_type_and_id_.emplace(joined(type, all_[at].id), at);
    if (const auto* identifiers = member(resource, "identifier"); identifiers != nullptr && identifiers->is_array()) {
        for (const auto& each : *identifiers) {
            if (auto key = identifier_key(each); !key.empty()) by_identifier_.emplace(joined(type, key), at);
        }
    }
    const auto* contained = member(resource, "contained");
    if (contained == nullptr || !contained->is_array()) return;
    for (const auto& each : *contained) {
        if (!each.is_object()) continue;
        all_.push_back({&each, nullptr, text_member(each, "resourceType"), text_member(each, "id"), at});
        if (!all_.back().id.empty()) {
            by_url_.emplace(std::to_string(at) + '#' + std::string(all_.back().id), all_.size() - 1);
        }
    }
}

void Resources::add_entries(const Json& bundle) {
    const auto* entries = member(bundle, "entry");
    if (entries == nullptr || !entries->is_array()) return;
    for (const auto& entry : *entries) {
        if (const auto* resource = member(entry, "resource")) add(*resource, &entry);
    }
}

const Resource* Resources::find(const std::unordered_map<std::string, std::size_t>& in, std::string_view key) const {
    const auto found = in.find(std::string(key));
    return found == in.end() ? nullptr : &all_[found->second];
}

const Resource* Resources::resolve(const Json* reference, const Resource& from) const {
    if (reference == nullptr || !reference->is_object()) return nullptr;
    const auto url = text_member(*reference, "reference");
    if (url.starts_with('#')) return find(by_url_, std::to_string(from.owner) + std::string(url));
    if (!url.empty()) {
        if (const auto* found = find(by_url_, url)) return found;
        const auto known = type_and_id(url);
        return known.empty() ? nullptr : find(by_type_and_id_, known);
    }
    const auto* identifier = member(*reference, "identifier");
    if (identifier == nullptr) return nullptr;
    const auto key = identifier_key(*identifier);
    if (key.empty()) return nullptr;
    const auto type = text_member(*reference, "type");
    for (const std::string_view candidate : {"Patient", "RelatedPerson", "Location", "Organization"}) {
        if (!type.empty() && type != candidate) continue;
        if (const auto* found = find(by_identifier_, joined(candidate, key))) return found;
    }
    return nullptr;
}

}  // namespace ocm::fhir_r4
