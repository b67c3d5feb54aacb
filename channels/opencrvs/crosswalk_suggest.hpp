// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/opencrvs/crosswalk.hpp"
#include "channels/opencrvs/crosswalk_csv.hpp"

#include <cstddef>
#include <string>
#include <vector>

/// Which locations of the target the places of another system may be: by code and by likeness of names. Codes of two
/// generations of OpenCRVS can be alike and mean different places (opencrvs.md 8.6 point 12), so a code alone makes
/// nothing sure.
namespace ocm::opencrvs {

/// One location that a place may be.
struct Candidate {
    std::string location, name;  // id and name in the target
    double score = 0;            // 0 to 1
    std::string matched_by;      // "code and name", "code", "name and area", "name"
    bool sure = false;           // no other fits as well, and nothing speaks against it
};

struct Suggestion {
    ForeignPlace place;
    std::vector<Candidate> candidates;  // best first; empty where nothing is like it
};

struct SuggestOptions {
    double min_score = 0.5;
    std::size_t per_place = 3;
};

struct Suggestions {
    std::vector<Suggestion> open;  // places that need an entry
    std::size_t known = 0;         // places that are found without a new one
};

Suggestions suggest(const std::vector<ForeignPlace>& wanted, const Known& known, const SuggestOptions& options = {});

/// Which of them a table is to hold.
enum class Which {
    all,
    sure,   // whose best candidate is sure
    unsure  // the others, for a person to decide
};

/// The table to review and import: the best candidate of each, an empty location where there is none.
std::string suggestions_csv(const Suggestions& suggestions, Which which);

}  // namespace ocm::opencrvs
