// SPDX-License-Identifier: MPL-2.0
#include "channels/opencrvs/crosswalk.hpp"

#include "channels/opencrvs/write_v2.hpp"

#include <algorithm>
#include <utility>

namespace ocm::opencrvs {
namespace {

bool fits(PlaceKind kind, const Location& location) {
    return (location.type == office_type) == (kind == PlaceKind::office);
}

const Location* location_named(PlaceKind kind, std::string_view name, const Places& places) {
    const auto* found = places.location(name);
    if (found == nullptr || found->id == name || fits(kind, *found)) return found;
    // Offices and facilities are numbered apart in many countries: the external id may be another place's too.
    const auto& all = places.locations();
    const auto other = std::find_if(all.begin(), all.end(), [&](const Location& location) {
        return location.external_id == name && fits(kind, location);
    });
    return other == all.end() ? found : &*other;
}

/// The id, whether the name is the id itself, and whether the place is in use.
struct Named {
    std::string id;
    bool is_id = false;
    bool active = false;
};

Named named(PlaceKind kind, std::string_view name, const Places& places, WallTime now) {
    if (kind == PlaceKind::area) {
        const auto* area = places.area(name);
        return area == nullptr ? Named{} : Named{area->id, area->id == name, area->active(now)};
    }
    const auto* location = location_named(kind, name, places);
    return location == nullptr ? Named{} : Named{location->id, location->id == name, location->active(now)};
}

std::string in_words(const PlaceCode& code) {
    const std::string what = code.kind == PlaceKind::office ? "registration office" : std::string(name(code.kind));
    return "the " + what + (code.system.empty() ? std::string() : " (a code of " + code.system + ")");
}

/// One event on its way from codes to ids.
class Resolver {
  public:
    Resolver(const VitalEvent& event, std::string_view country, const Known& known)
        : event_(event), country_(country), known_(known) {
        if (is_place_text(event.source.system)) system_ = event.source.system;
    }

    Resolved resolve() {
        const auto& place = event_.place;
        if (place && place->location) {
            required(PlaceKind::facility, *place->location, refusal::location,
                     [](VitalEvent& event) -> std::string& { return *event.place->location; });
        }
        if (event_.office) {
            required(PlaceKind::office, *event_.office, refusal::office,
                     [](VitalEvent& event) -> std::string& { return *event.office; });
        }
        if (place && place->address) {
            areas(*place->address, "place.address.areas",
                  [](VitalEvent& event) -> Address& { return *event.place->address; });
        }
        for (const auto& each : event_.persons) {
            const auto& addresses = each.second.addresses;
            for (std::size_t i = 0; i < addresses.size(); ++i) {
                areas(addresses[i], each.first + ".address.areas",
                      [&each, i](VitalEvent& event) -> Address& { return event.persons.at(each.first).addresses[i]; });
            }
        }
        return std::move(out_);
    }

  private:
    /// The event to write into: copied when the first of its codes changes, which with most senders none does.
    VitalEvent& changed() {
        if (!out_.changed) out_.changed = event_;
        return *out_.changed;
    }

    PlaceCode code_of(PlaceKind kind, const std::string& given) const {
        const auto bar = given.rfind('|');
        if (bar == std::string::npos || bar + 1 == given.size()) return {kind, system_, given};
        return {kind, given.substr(0, bar), given.substr(bar + 1)};
    }

    void recoded(std::string_view path, const Crossed& crossed) {
        if (crossed.by == Crossed::By::crosswalk)
            out_.account.recoded.push_back(
                {std::string(path), "by crosswalk, as a code of " + (crossed.entry->key.from.system == any_system
                                                                         ? std::string("any system")
                                                                         : crossed.entry->key.from.system)});
        if (crossed.by == Crossed::By::external_id)
            out_.account.recoded.push_back({std::string(path), "found by its code, sent as the location's id"});
    }

    template <class In>
    void required(PlaceKind kind, const std::string& given, std::string_view path, In in) {
        // What cannot be a code cannot become known either: the writer refuses it.
        if (!is_place_text(given)) return;
        auto code = code_of(kind, given);
        const auto crossed = cross(code, known_);
        if (crossed.by == Crossed::By::nothing) {
            out_.unknown.push_back({std::move(code), crossed.why});
            return;
        }
        recoded(path, crossed);
        if (crossed.id != given) in(changed()) = crossed.id;
    }

    template <class In>
    void areas(const Address& address, const std::string& path, In in) {
        if (address.country && !address.country->empty() && *address.country != country_) return;
        for (std::size_t i = 0; i < address.areas.size(); ++i) {
            const auto& given = address.areas[i];
            if (!is_place_text(given)) continue;
            const auto crossed = cross(code_of(PlaceKind::area, given), known_);
            if (crossed.by != Crossed::By::nothing) {
                recoded(path, crossed);
                if (crossed.id != given) in(changed()).areas[i] = crossed.id;
            } else if (crossed.entry != nullptr) {
                out_.account.warnings.push_back({path, crossed.why});
            }
        }
    }

    const VitalEvent& event_;
    std::string_view country_;
    const Known& known_;
    std::string system_;
    Resolved out_;
};

}  // namespace

Crossed cross(const PlaceCode& code, const Known& known) {
    const auto own = named(code.kind, code.code, known.places, known.now);
    if (own.is_id && own.active) return {Crossed::By::id, own.id, nullptr, {}};
    const auto found = known.crosswalk.find(known.target, code);
    if (found.ambiguous)
        return {Crossed::By::nothing,
                {},
                nullptr,
                "the crosswalk has the code for several systems with different places, and the message does not say "
                "whose code it is"};
    if (found.entry != nullptr) {
        auto trouble = trouble_with(code.kind, found.entry->location, known.places, known.now);
        if (trouble.empty()) return {Crossed::By::crosswalk, found.entry->location, found.entry, {}};
        return {Crossed::By::nothing, {}, found.entry, "its entry in the crosswalk points to " + trouble};
    }
    // A place that is no longer in use is known all the same: what becomes of it is the writer's to say.
    if (own.is_id) return {Crossed::By::id, own.id, nullptr, {}};
    if (!own.id.empty()) return {Crossed::By::external_id, own.id, nullptr, {}};
    return {Crossed::By::nothing, {}, nullptr, "neither OpenCRVS nor the crosswalk knows the code"};
}

Resolved resolve(const VitalEvent& event, std::string_view country, const Known& known) {
    return Resolver(event, country, known).resolve();
}

Error refuse_unknown(const UnknownPlace& place) {
    const auto path = place.code.kind == PlaceKind::office ? refusal::office : refusal::location;
    return {ErrorCode::bad_request, in_words(place.code) + " is not known: " + place.why, std::string(path), {}};
}

std::string trouble_with(PlaceKind kind, const std::string& location, const Places& places, WallTime now) {
    if (kind == PlaceKind::area) {
        const auto* area = places.area(location);
        if (area == nullptr || area->id != location) return "an administrative area that OpenCRVS does not have";
        return area->active(now) ? std::string() : "an administrative area that is no longer in use";
    }
    const auto* found = places.location(location);
    if (found == nullptr || found->id != location) return "a location that OpenCRVS does not have";
    if (!fits(kind, *found))
        return kind == PlaceKind::office ? "a location that is not a registration office" : "a registration office";
    return found->active(now) ? std::string() : "a location that is no longer in use";
}

std::string place_named(PlaceKind kind, const std::string& location, const Places& places) {
    return named(kind, location, places, {}).id;
}

std::string name_of_place(PlaceKind kind, const std::string& location, const Places& places) {
    if (kind == PlaceKind::area) {
        const auto* area = places.area(location);
        return area == nullptr ? std::string() : area->name;
    }
    const auto* found = location_named(kind, location, places);
    return found == nullptr ? std::string() : found->name;
}

}  // namespace ocm::opencrvs
