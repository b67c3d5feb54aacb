// SPDX-License-Identifier: MPL-2.0
#include "channels/opencrvs/crosswalk_suggest.hpp"

#include "channels/opencrvs/similarity.hpp"
#include "core/csv.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <optional>
#include <utility>

namespace ocm::opencrvs {
namespace {

constexpr double of_code = 0.5;     // what an equal code is worth where the names can be compared
constexpr double code_alone = 0.8;  // and where they cannot
constexpr double of_area = 0.2;     // what the name of the area is worth
constexpr std::size_t names_looked_at = 50;

/// The places of one kind in the target that are in use.
class Index {
  public:
    Index(PlaceKind kind, const Known& known) {
        const auto& places = known.places;
        const auto area_name = [&](const std::string& id) {
            const auto* area = places.area(id);
            return area == nullptr ? std::string() : area->name;
        };
        if (kind == PlaceKind::area) {
            for (const auto& area : places.areas())
                if (area.active(known.now)) add(area.id, area.name, area.external_id, area_name(area.parent));
        } else {
            for (const auto& place : places.locations())
                if (place.active(known.now) && (place.type == office_type) == (kind == PlaceKind::office))
                    add(place.id, place.name, place.external_id, area_name(place.administrative_area));
        }
        std::vector<std::string> names;
        names.reserve(places_.size());
        for (const auto& place : places_) names.push_back(place.name);
        names_.emplace(names);
    }

    std::vector<Candidate> find(const ForeignPlace& wanted, const SuggestOptions& options) const {
        std::map<std::size_t, Candidate> found;
        const auto consider = [&](std::size_t index, double alike, bool by_code) {
            auto candidate = weigh(wanted, places_[index], alike, by_code);
            if (candidate.score >= options.min_score) found.try_emplace(index, std::move(candidate));
        };
        for (const auto& code : {wanted.external_id, wanted.code.code}) {
            const auto range = by_code_.equal_range(normalised_code(code));
            for (auto it = range.first; it != range.second; ++it)
                consider(it->second, similarity(wanted.name, places_[it->second].name), true);
        }
        // What is added for the area may lift a name over the limit.
        const auto least = std::max(0.0, (options.min_score - of_area) / (1 - of_area));
        for (const auto& match : names_->find(wanted.name, least, names_looked_at))
            consider(match.index, match.score, false);

        std::vector<Candidate> out;
        out.reserve(found.size());
        for (auto& [index, candidate] : found) out.push_back(std::move(candidate));
        std::stable_sort(out.begin(), out.end(),
                         [](const Candidate& a, const Candidate& b) { return a.score > b.score; });
        // Two that fit equally well are a question, not an answer.
        if (out.size() > 1 && out[1].sure)
            for (auto& candidate : out) candidate.sure = false;
        if (out.size() > options.per_place) out.resize(options.per_place);
        return out;
    }

  private:
    struct Place {
        std::string id, name, area;
    };

    void add(const std::string& id, const std::string& name, const std::string& external_id, std::string area) {
        if (const auto code = normalised_code(external_id); !code.empty()) by_code_.emplace(code, places_.size());
        places_.push_back({id, name, std::move(area)});
    }

    static Candidate weigh(const ForeignPlace& wanted, const Place& place, double alike, bool by_code) {
        const bool same_name = !wanted.name.empty() && normalised_name(wanted.name) == normalised_name(place.name);
        const bool areas = !wanted.parent.empty() && !place.area.empty();
        const bool same_area = areas && normalised_name(wanted.parent) == normalised_name(place.area);
        Candidate out;
        out.location = place.id;
        out.name = place.name;
        out.score = alike;
        out.matched_by = "name";
        if (areas) {
            out.score = (1 - of_area) * alike + of_area * similarity(wanted.parent, place.area);
            if (same_area) out.matched_by = "name and area";
        }
        if (by_code) {
            out.score = wanted.name.empty() ? code_alone : of_code + (1 - of_code) * out.score;
            out.matched_by = same_name ? "code and name" : "code";
        }
        out.sure = same_name && (by_code || same_area);
        constexpr double hundred = 100;
        out.score = std::round(out.score * hundred) / hundred;
        return out;
    }

    std::vector<Place> places_;
    std::multimap<std::string, std::size_t> by_code_;
    std::optional<NameIndex> names_;
};

std::string two_digits(double score) {
    const auto hundredths = std::lround(score * 100);
    const auto rest = std::to_string(hundredths % 100);
    return std::to_string(hundredths / 100) + "." + (rest.size() == 1 ? "0" : "") + rest;
}

}  // namespace

Suggestions suggest(const std::vector<ForeignPlace>& wanted, const Known& known, const SuggestOptions& options) {
    std::map<PlaceKind, Index> indexes;
    Suggestions out;
    for (const auto& place : wanted) {
        const auto crossed = cross(place.code, known);
        if (crossed.by != Crossed::By::nothing) {
            ++out.known;
            continue;
        }
        const auto kind = place.code.kind;
        const auto index = indexes.try_emplace(kind, kind, known).first;
        out.open.push_back({place, index->second.find(place, options)});
    }
    return out;
}

std::string suggestions_csv(const Suggestions& suggestions, Which which) {
    auto out = csv_line({"kind", "system", "code", "location", "name", "note", "location_name", "score", "matched_by"});
    for (const auto& [place, candidates] : suggestions.open) {
        const bool sure = !candidates.empty() && candidates.front().sure;
        if (which != Which::all && sure != (which == Which::sure)) continue;
        std::vector<std::string> cells{std::string(name(place.code.kind)), place.code.system, place.code.code};
        if (candidates.empty()) {
            cells.insert(cells.end(), {"", place.name, "", "", "", ""});
        } else {
            const auto& best = candidates.front();
            cells.insert(cells.end(),
                         {best.location, place.name, "", best.name, two_digits(best.score), best.matched_by});
        }
        out += csv_line(cells);
    }
    return out;
}

}  // namespace ocm::opencrvs
