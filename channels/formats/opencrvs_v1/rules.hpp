// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/vital_event.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace ocm::opencrvs_v1 {

/// What differs between the documents that 1.3 to 1.8 take (opencrvs.md 2.1 to 2.3).
struct Rules {
    bool family_list = false;       // 1.3 to 1.6: the family name is a list of texts
    bool office_area = false;       // 1.3 to 1.5: regLastLocation, the area the office stands under, has to be there
    bool questionnaire = false;     // from 1.7: QuestionnaireResponse, which carries a form's own fields, is let in
    bool addresses_checked = true;  // from 1.5: country and levels of every address have to be right
};

/// What a document says of the target's places, by the ids of its Locations.
class Registry {
  public:
    enum class Kind { none, office, facility, area };
    virtual ~Registry() = default;
    virtual Kind kind(std::string_view id) const = 0;
    /// Id of the area a Location stands under; empty at the top.
    virtual std::string parent(std::string_view id) const = 0;
    /// Ids of the areas an address names, widest first down to the deepest one that is known; its own may be codes.
    virtual std::vector<std::string> levels(const Address& address) const = 0;
};

/// Where a document goes.
struct Destination {
    const Registry& registry;
    std::string office, facility;  // ids of Locations
    std::string home_country;      // what the target calls its own country: "FAR"
};

}  // namespace ocm::opencrvs_v1
