// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "formats/opencrvs_v1/write.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

/// The parts of a document, for `write`.
namespace ocm::opencrvs_v1 {

/// Keeps the account while a document is written.
class Bookkeeper {
  public:
    explicit Bookkeeper(Account& account) : account_(account) {}
    void carried(std::string path) { account_.carried.push_back(std::move(path)); }
    void dropped(std::string path, std::string_view why) {
        account_.dropped.push_back({std::move(path), std::string(why)});
    }
    void recoded(std::string path, std::string_view why) {
        account_.recoded.push_back({std::move(path), std::string(why)});
    }

  private:
    Account& account_;
};

/// {"coding": [{"system": ..., "code": ...}]}
Json codeable(std::string_view system, std::string_view code);

/// A Patient for a role. `died` is the date of death of the deceased.
Json write_patient(const Person& person, const std::string& role, const std::optional<std::string>& died,
                   const Rules& rules, const Destination& destination, Bookkeeper& books);

/// The Observations of the event, without their context.
std::vector<Json> write_observations(const VitalEvent& event, Bookkeeper& books);

}  // namespace ocm::opencrvs_v1
