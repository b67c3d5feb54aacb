// SPDX-License-Identifier: MPL-2.0
#include "channels/opencrvs/country_draft.hpp"

#include <algorithm>
#include <set>

namespace ocm::opencrvs {
namespace {

/// Nothing a notification could bring is written into these (opencrvs.md 8.4-8.6: files, readers, buttons).
bool could_be_filled(const EventForm& form, const FormField& field) {
    if (field.kind == FieldKind::other) return false;
    const auto never = [&](const std::optional<std::size_t>& show) { return show && form.conditions[*show].never(); };
    return !never(field.show) && !(field.page && never(form.pages[*field.page].show));
}

}  // namespace

std::size_t EventCoverage::mapped() const {
    return static_cast<std::size_t>(
        std::count_if(fields.begin(), fields.end(), [](const auto& field) { return field.mapped; }));
}

std::vector<const FieldCoverage*> EventCoverage::left_to_the_registrar() const {
    std::vector<const FieldCoverage*> out;
    for (const auto& field : fields) {
        if (field.required && !field.mapped) out.push_back(&field);
    }
    return out;
}

std::vector<EventCoverage> coverage(const CountryMap& map, const FormConfig& form) {
    std::vector<EventCoverage> out;
    for (const auto& event : map.events) {
        EventCoverage covered;
        covered.kind = event.kind;
        covered.type = event.type;
        std::set<std::string> filled;
        std::set<std::string> taken;
        for (const auto& row : event.rows) {
            if (!row.field.empty()) filled.insert(row.field);
            taken.insert(row.from.name);
        }
        const auto* target = form.find(event.type);
        covered.has_form = target != nullptr;
        if (target != nullptr) {
            const auto add = [&](const FormField& field) {
                if (!could_be_filled(*target, field)) return;
                const bool page_hides = field.page && target->pages[*field.page].show;
                covered.fields.push_back({field.id, field.type, field.required, field.show.has_value() || page_hides,
                                          filled.contains(field.id)});
            };
            for (const auto& field : target->fields) add(field);
            for (const auto& field : target->annotation) add(field);
        }
        for (auto& value : values_of(event.kind)) {
            if (!taken.contains(value)) covered.lost.push_back(std::move(value));
        }
        out.push_back(std::move(covered));
    }
    return out;
}

}  // namespace ocm::opencrvs
