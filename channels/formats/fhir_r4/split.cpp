// SPDX-License-Identifier: MPL-2.0
#include "formats/fhir_r4/split.hpp"

#include "formats/fhir_r4/cast.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <map>
#include <set>

namespace ocm::fhir_r4 {
namespace {

void add_references(const Json& node, const Resource& from, const Resources& resources, std::vector<std::size_t>& out) {
    if (node.is_object()) {
        if (node.contains("reference")) {
            if (const auto* found = resources.resolve(&node, from)) out.push_back(resources.index(*found));
        }
        for (const auto& each : node) add_references(each, from, resources, out);
    } else if (node.is_array()) {
        for (const auto& each : node) add_references(each, from, resources, out);
    }
}

/// Who refers to whom. What is contained counts as what contains it.
class Graph {
  public:
    explicit Graph(const Resources& resources)
        : resources_(resources), to_(resources.all().size()), from_(resources.all().size()) {
        for (const auto& each : resources.all()) {
            const auto at = resources.index(each);
            if (each.owner != at) continue;
            std::vector<std::size_t> found;
            add_references(*each.json, each, resources, found);
            for (const auto target : found) {
                const auto other = resources.all()[target].owner;
                if (other == at) continue;
                to_[at].insert(other);
                from_[other].insert(at);
            }
        }
    }

    /// What belongs to the anchors and to no other group's.
    std::set<std::size_t> closure(const std::set<std::size_t>& anchors, const std::set<std::size_t>& all) const {
        std::set<std::size_t> seen = anchors;
        std::vector<std::size_t> next(anchors.begin(), anchors.end());
        while (!next.empty()) {
            const auto at = next.back();
            next.pop_back();
            const auto visit = [&](std::size_t other) {
                if (!seen.contains(other) && !another(other, anchors, all)) {
                    seen.insert(other);
                    next.push_back(other);
                }
            };
            for (const auto other : to_[at]) visit(other);
            // Everybody refers to a hospital; that makes them no family.
            if (!binds(resources_.all()[at].type)) continue;
            for (const auto other : from_[at]) visit(other);
        }
        return seen;
    }

  private:
    static bool binds(std::string_view type) {
        return type == "Patient" || type == "RelatedPerson" || type == "Encounter" || type == "Composition";
    }

    bool another(std::size_t at, const std::set<std::size_t>& anchors, const std::set<std::size_t>& all) const {
        if (all.contains(at)) return !anchors.contains(at);
        bool ours = false;
        bool theirs = false;
        for (const auto target : to_[at]) {
            ours = ours || anchors.contains(target);
            theirs = theirs || (all.contains(target) && !anchors.contains(target));
        }
        return theirs && !ours;
    }

    const Resources& resources_;
    std::vector<std::set<std::size_t>> to_, from_;
};

using Group = std::set<std::size_t>;

void add_documents(const Resources& resources, std::vector<Group>& out) {
    for (const auto& each : resources.all()) {
        if (!is_notification(each)) continue;
        auto& group = out.emplace_back();
        group.insert(resources.index(each));
        if (const auto* subject = resources.resolve(member(*each.json, "subject"), each)) {
            group.insert(resources.all()[resources.index(*subject)].owner);
        }
    }
}

/// Anchors of each notification: a document and its subject, or a subject that no document has to do with.
std::vector<Group> groups_of(const Resources& resources, const Graph& graph) {
    std::vector<Group> out;
    add_documents(resources, out);
    Group anchors;
    for (const auto& group : out) anchors.insert(group.begin(), group.end());
    Group taken;
    for (const auto& group : out) taken.merge(graph.closure(group, anchors));
    for (const auto* subject : subjects(resources)) {
        const auto at = resources.all()[resources.index(*subject)].owner;
        if (taken.insert(at).second) out.push_back({at});
    }
    return out;
}

Json bundle_of(const Json& entries, const std::vector<std::size_t>& chosen) {
    auto list = Json::array();
    for (const auto i : chosen) list.push_back(entries[i]);
    return {{"resourceType", "Bundle"}, {"type", "collection"}, {"entry", std::move(list)}};
}

bool is_bundle(const Json& entry) {
    const auto* resource = member(entry, "resource");
    return resource != nullptr && text_member(*resource, "resourceType") == "Bundle";
}

void add_selections(const Json& entries, const std::vector<std::size_t>& loose, Split& out) {
    if (loose.empty()) return;
    const auto rest = bundle_of(entries, loose);
    const Resources resources(rest);
    std::map<const Json*, std::size_t> at;  // entry of `rest` to entry of the whole
    for (std::size_t i = 0; i < loose.size(); ++i) at.emplace(&rest["entry"][i], loose[i]);
    const Graph graph(resources);
    const auto groups = groups_of(resources, graph);
    Group anchors;
    for (const auto& group : groups) anchors.insert(group.begin(), group.end());
    Group used;
    for (const auto& group : groups) {
        Part part;
        for (const auto index : graph.closure(group, anchors)) {
            const auto* entry = resources.all()[index].entry;
            if (entry != nullptr) part.entries.push_back(at.at(entry));
        }
        std::sort(part.entries.begin(), part.entries.end());
        part.entries.erase(std::unique(part.entries.begin(), part.entries.end()), part.entries.end());
        used.insert(part.entries.begin(), part.entries.end());
        part.message = bundle_of(entries, part.entries);
        out.parts.push_back(std::move(part));
    }
    for (const auto i : loose) {
        if (!used.contains(i)) out.others.push_back(i);
    }
}

}  // namespace

Split split(const Json& message, const std::map<std::size_t, Error>& unsound) {
    Split out;
    const auto type = text_member(message, "type");
    const bool may_hold_several = type == "transaction" || type == "batch" || type == "collection";
    if (text_member(message, "resourceType") != "Bundle" || !may_hold_several) return out;
    const auto& entries = *member(message, "entry");
    std::vector<std::size_t> loose;
    for (std::size_t i = 0; i < entries.size(); ++i) {
        if (unsound.contains(i)) {
            out.others.push_back(i);
        } else if (is_bundle(entries[i])) {
            out.parts.push_back({*member(entries[i], "resource"), {i}, true});
        } else {
            loose.push_back(i);
        }
    }
    add_selections(entries, loose, out);
    // One notification is the message itself.
    if (unsound.empty() && out.parts.size() == 1 && !out.parts.front().whole_bundle) return {};
    if (out.parts.empty()) return {};
    return out;
}

std::string in_whole(const Part& part, std::string_view expression) {
    constexpr std::string_view root = "Bundle", entry = "Bundle.entry[";
    if (!expression.starts_with(root)) return std::string(expression);
    if (part.whole_bundle) {
        return "Bundle.entry[" + std::to_string(part.entries.front()) + "].resource" +
               std::string(expression.substr(root.size()));
    }
    if (!expression.starts_with(entry)) return std::string(expression);
    std::size_t index = 0;
    const auto* const begin = expression.data() + entry.size();
    const auto [end, error] = std::from_chars(begin, expression.data() + expression.size(), index);
    if (error != std::errc{} || index >= part.entries.size()) return std::string(expression);
    return std::string(entry) + std::to_string(part.entries[index]) +
           std::string(expression.substr(static_cast<std::size_t>(end - expression.data())));
}

}  // namespace ocm::fhir_r4
