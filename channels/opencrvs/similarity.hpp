// SPDX-License-Identifier: MPL-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

/// How alike the names of places are. Two lists of one country's clinics spell them differently; a person decides, this
/// puts the likely ones on top.
namespace ocm::opencrvs {

/// Lower case, Latin letters without their marks, punctuation as spaces, common words written out ("hosp." is
/// "hospital"). Other scripts stay as they are.
std::string normalised_name(std::string_view name);

/// A code without case, punctuation and the type that 1.x writes before it ("HEALTH_FACILITY_HF-0107" is "hf0107").
std::string normalised_code(std::string_view code);

/// 0 (nothing in common) to 1 (the same once normalised): Dice's coefficient of the trigrams of their words.
double similarity(std::string_view a, std::string_view b);

/// Names to compare many others with.
class NameIndex {
  public:
    explicit NameIndex(const std::vector<std::string>& names);

    struct Match {
        std::size_t index = 0;  // of the name
        double score = 0;
    };
    /// Those at least that alike, best first, at most so many. Of equal ones the earlier goes first.
    std::vector<Match> find(std::string_view name, double min_score, std::size_t limit) const;

  private:
    std::vector<std::size_t> sizes_;  // trigrams of each name
    std::unordered_map<std::uint64_t, std::vector<std::uint32_t>> by_trigram_;
};

}  // namespace ocm::opencrvs
