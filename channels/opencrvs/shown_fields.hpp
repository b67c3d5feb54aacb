// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/opencrvs/form_config.hpp"

#include <algorithm>
#include <optional>
#include <vector>

namespace ocm::opencrvs {

/// Whether the form would show its fields given one declaration: a field's own condition and its page's. Each condition
/// is evaluated once: fields share them, above all those of their page.
class ShownFields {
  public:
    ShownFields(const EventForm& form, const Facts& facts)
        : form_(form), facts_(facts), known_(form.conditions.size()) {}

    Truth of(const FormField& field) {
        auto out = Truth::yes;
        if (field.page && form_.pages[*field.page].show) out = holds(*form_.pages[*field.page].show);
        if (out != Truth::no && field.show) out = std::min(out, holds(*field.show));
        return out;
    }

  private:
    Truth holds(std::size_t condition) {
        auto& truth = known_[condition];
        if (!truth) truth = form_.conditions[condition].holds(facts_);
        return *truth;
    }

    const EventForm& form_;
    const Facts& facts_;
    std::vector<std::optional<Truth>> known_;
};

}  // namespace ocm::opencrvs
