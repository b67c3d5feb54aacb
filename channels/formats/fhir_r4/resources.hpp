// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/json.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace ocm::fhir_r4 {

/// A resource of a message, wherever it stands: in an entry, in a Bundle inside it, contained, a parameter, the root.
struct Resource {
    const Json* json = nullptr;
    const Json* entry = nullptr;  // the innermost Bundle entry it stands in; nullptr where it stands in none
    std::string_view type, id;
    std::size_t owner = 0;  // of a contained one: the index of what contains it; else its own
};

/// Every resource of a message in its order, and what references mean. Wrappers (Bundle, Parameters) are apart. Knows
/// addresses within the message, which outlives it.
class Resources {
  public:
    explicit Resources(const Json& root);

    const std::vector<Resource>& all() const { return all_; }
    /// Bundles and Parameters, outermost first.
    const std::vector<const Json*>& wrappers() const { return wrappers_; }

    /// What a Reference means: its `reference` (contained, fullUrl, relative, absolute, urn:uuid), else its identifier.
    /// nullptr where the message does not hold it.
    const Resource* resolve(const Json* reference, const Resource& from) const;
    std::size_t index(const Resource& one) const { return static_cast<std::size_t>(&one - all_.data()); }
    /// Entries whose fullUrl was taken by an earlier one: references mean the first.
    const std::vector<const Json*>& doubled() const { return doubled_; }

  private:
    void add(const Json& resource, const Json* entry);
    void add_entries(const Json& bundle);
    const Resource* find(const std::unordered_map<std::string, std::size_t>& in, std::string_view key) const;

    std::vector<Resource> all_;
    std::vector<const Json*> wrappers_;
    std::vector<const Json*> doubled_;
    std::unordered_map<std::string, std::size_t> by_url_, by_type_and_id_, by_identifier_;
};

/// "Location/12" of ".../Location/12/_history/3"; empty where the text is no such reference.
std::string_view type_and_id(std::string_view reference);

}  // namespace ocm::fhir_r4
