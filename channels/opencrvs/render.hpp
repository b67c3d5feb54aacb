// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/opencrvs/event_values.hpp"

namespace ocm::opencrvs {

/// A value in the shape its field takes (opencrvs.md 7.3 item 3 and 8.3).
struct Rendered {
    Json value;                          // null where it cannot be held
    std::string why_not;                 // then: why, in plain words
    bool lossy = false;                  // held by a wider code: the value itself belongs into the overflow
    std::vector<Account::Note> recoded;  // what was changed; paths below the value's own name
    std::vector<Account::Note> dropped;  // parts that did not fit
    std::vector<Account::Note> warnings;
};

struct RenderContext {
    const CountryMap& map;
    const EventForm& form;
    const Places& places;
    WallTime now;
};

/// `at` is the name the value is accounted under.
Rendered render(const Value& value, const MapRow& row, const FormField& field, const std::string& at,
                const RenderContext& context);

}  // namespace ocm::opencrvs
