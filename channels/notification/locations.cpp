// SPDX-License-Identifier: MPL-2.0
#include "channels/notification/locations.hpp"

#include "core/ids.hpp"
#include "core/published.hpp"
#include "formats/opencrvs_v1/answer.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

namespace ocm::notification {
namespace {

using opencrvs_v1::Location;
using opencrvs_v1::LocationType;

constexpr std::chrono::seconds places_retry_after{30};
/// Locations open and close by the clock too, not to the second.
constexpr std::chrono::minutes listing_life{1};

/// The ids that 1.x had, for those that had another.
class OldIds {
  public:
    void add(const std::string& id, std::string old_id) {
        own_.insert(id);
        if (old_id.empty()) return;
        ++claims_[old_id];
        old_by_id_.emplace(id, std::move(old_id));
    }
    std::string operator()(const std::string& id) const {
        const auto found = old_by_id_.find(id);
        if (found == old_by_id_.end()) return id;
        const bool free = claims_.at(found->second) == 1 && (found->second == id || !own_.contains(found->second));
        return free ? found->second : id;
    }

  private:
    std::unordered_map<std::string, std::string> old_by_id_;
    std::unordered_map<std::string, int> claims_;
    std::unordered_set<std::string> own_;
};

std::string code_of(const OldNames& old, const std::string& external_id, const std::string& id) {
    if (!old.code.empty()) return old.code;
    if (!external_id.empty()) return external_id;
    auto code = id;
    std::erase(code, '-');
    return code;
}

/// Where the caller sees our paths: under the host it named. Through OpenHIM, which does not say under what address it
/// was called, and without a sound host links begin at the root.
std::string base_of(const Exchange& exchange) {
    const auto& request = exchange.request();
    auto prefix = request.path;
    const auto at = prefix.rfind("/location");
    prefix.resize(at == std::string::npos ? 0 : at);
    const auto host = request.headers.get("host");
    constexpr std::size_t longest_host = 261;
    const bool sound =
        !host.empty() && host.size() <= longest_host && std::all_of(host.begin(), host.end(), [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
                   c == ':' || c == '[' || c == ']';
        });
    if (!sound || exchange.caller().through == Caller::Through::openhim) return prefix;
    return (request.peer.tls ? "https://" : "http://") + std::string(host) + prefix;
}

Answer refused(const Error& error) {
    Answer answer;
    answer.response = opencrvs_v1::refusal(error);
    answer.error = error;
    return answer;
}

/// All of them, made once for many requests. Immutable.
struct Listing {
    LocationSource source;
    WallTime made{};
    std::vector<As1x> locations;
    std::unordered_map<std::string, std::size_t> by_id;  // of 1.x and their own, in lower case
};

std::shared_ptr<const Listing> make_listing(LocationSource source, WallTime now) {
    auto out = std::make_shared<Listing>();
    out->locations = as_1x(*source.places, source.old_names, now);
    out->source = std::move(source);
    out->made = now;
    for (std::size_t i = 0; i < out->locations.size(); ++i) {
        out->by_id.emplace(to_lower(out->locations[i].location.id), i);
    }
    for (std::size_t i = 0; i < out->locations.size(); ++i) {
        out->by_id.emplace(to_lower(out->locations[i].own_id), i);
    }
    return out;
}

/// Thread-safe.
class Listings {
  public:
    explicit Listings(LocationDeps deps) : deps_(std::move(deps)) {}

    Result<std::shared_ptr<const Listing>> current(WallTime now) const {
        auto source = deps_.source ? deps_.source() : LocationSource{};
        if (source.places == nullptr) {
            return fail(Error{ErrorCode::unavailable, "the locations of OpenCRVS are not known yet; ask again later",
                              "", places_retry_after});
        }
        auto known = current_.load();
        const bool good = known != nullptr && known->source.places == source.places &&
                          known->source.names_of == source.names_of && now >= known->made &&
                          now - known->made < listing_life;
        if (good) return known;
        auto made = make_listing(std::move(source), now);
        current_.store(made);
        return made;
    }

  private:
    LocationDeps deps_;
    mutable Published<Listing> current_;
};
using ListingsPtr = std::shared_ptr<const Listings>;

Task<Answer> list(Exchange& exchange, ListingsPtr listings) {
    const auto asked = opencrvs_v1::read_location_query(exchange.request().query);
    if (!asked) co_return refused(asked.error());
    const auto listing = listings->current(exchange.ports().clock.now());
    if (!listing) co_return refused(listing.error());
    std::vector<Location> found;
    for (const auto& each : (*listing)->locations) {
        if (matches(*asked, each.location)) found.push_back(each.location);
    }
    const auto bundle = opencrvs_v1::location_bundle(*asked, found, base_of(exchange), exchange.request().query);
    Answer answer;
    answer.response = json_response(200, dump_json(bundle));
    co_return answer;
}

Task<Answer> show(Exchange& exchange, ListingsPtr listings) {
    const auto id = to_lower(exchange.path_values["id"]);
    if (!is_uuid(id)) {
        const Error error{ErrorCode::bad_request, "\"locationId\" must be a valid GUID", "", std::nullopt};
        co_return refused(error);
    }
    const auto listing = listings->current(exchange.ports().clock.now());
    if (!listing) co_return refused(listing.error());
    const auto found = (*listing)->by_id.find(id);
    Answer answer;
    answer.response = found == (*listing)->by_id.end()
                          ? opencrvs_v1::no_such_location()
                          : json_response(200, dump_json(location_json((*listing)->locations[found->second].location)));
    co_return answer;
}

}  // namespace

OldNames old_names_in(const Crosswalk& crosswalk, std::string_view target, LocationType type, std::string_view id) {
    const auto kind = type == LocationType::admin_structure ? PlaceKind::area
                      : type == LocationType::crvs_office   ? PlaceKind::office
                                                            : PlaceKind::facility;
    OldNames own;
    OldNames any;
    for (const auto* entry : crosswalk.of_location(target, kind, id)) {
        const auto& from = entry->key.from;
        if (from.system != opencrvs_1_system && from.system != any_system) continue;
        auto& names = from.system == opencrvs_1_system ? own : any;
        if (is_uuid(from.code)) {
            if (names.id.empty()) names.id = from.code;
        } else if (from.system == opencrvs_1_system && names.code.empty()) {
            // It may stand there as 1.x's identifiers have it, with the type before it.
            const auto prefix = std::string(opencrvs_v1::name(type)) + "_";
            names.code = from.code.substr(from.code.starts_with(prefix) ? prefix.size() : 0);
        }
    }
    if (own.id.empty()) own.id = std::move(any.id);
    return own;
}

std::vector<As1x> as_1x(const opencrvs::Places& places, const OldNamesOf& old_names, WallTime now) {
    std::vector<As1x> out;
    OldIds old_ids;
    const auto add = [&](const auto& place, LocationType type, const std::string& part_of, std::size_t level) {
        auto old = old_names ? old_names(type, place.id) : OldNames{};
        const auto code = code_of(old, place.external_id, place.id);
        old_ids.add(place.id, std::move(old.id));
        out.push_back(
            {place.id, {type, {}, place.name, code, part_of, static_cast<unsigned>(level), place.active(now)}});
    };
    for (const auto& area : places.areas()) {
        add(area, LocationType::admin_structure, area.parent, places.ancestors(area.id).size());
    }
    for (const auto& location : places.locations()) {
        const auto type = opencrvs_v1::location_type(location.type);
        if (type && *type != LocationType::admin_structure) add(location, *type, location.administrative_area, 0);
    }
    for (auto& [own_id, location] : out) {
        location.id = old_ids(own_id);
        if (!location.part_of.empty()) location.part_of = old_ids(location.part_of);
    }
    return out;
}

std::vector<Route> location_routes(LocationDeps deps) {
    const auto shared = std::make_shared<const Listings>(std::move(deps));
    std::vector<Route> out;
    const auto add = [&](std::string pattern, std::string summary, Handler handler) {
        Route route;
        route.method = "GET";
        route.pattern = std::move(pattern);
        route.summary = std::move(summary);
        route.handler = std::move(handler);
        route.render_error = opencrvs_v1::refusal;
        route.keeps_bodies = false;
        out.push_back(std::move(route));
    };
    for (const std::string root : {"/location", "/locations"}) {
        add(root, "Offices, facilities and administrative areas as FHIR Locations of OpenCRVS 1.x.",
            [shared](Exchange& exchange) { return list(exchange, shared); });
        add(root + "/{id}", "One of them.", [shared](Exchange& exchange) { return show(exchange, shared); });
    }
    return out;
}

}  // namespace ocm::notification
