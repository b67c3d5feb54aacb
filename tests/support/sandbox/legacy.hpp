// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/http_message.hpp"
#include "core/json.hpp"
#include "core/time.hpp"

#include <nlohmann/json.hpp>

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace ocm::sandbox {

/// The first generation of OpenCRVS, 1.3 to 1.8 (and what 1.9 has kept of it): the event notification with its
/// structural and semantic checks in order, its success shapes, and the FHIR Location API with its traps (contracts
/// sections 2 and 6). Tokens are checked before it is asked.
class Legacy {
  public:
    /// `locations` and `areas` in the shape of 2.0's lists.
    Legacy(std::string version, const Json& locations, const Json& areas);

    HttpResponse notify(const HttpRequest& request, const std::vector<std::string>& scopes, WallTime now);
    /// `GET /location` and `/location/{id}`; `path` is what follows "/location".
    HttpResponse location(const HttpRequest& request, std::string_view path) const;

    /// Records in the order they were made: {id, type, status, trackingId, familyName, isPotentiallyDuplicate, bundle}.
    /// `familyName` is what the version's search service makes of the name's shape.
    const Json& records() const { return records_; }
    Json record(std::string_view id) const;
    /// By its id or tracking id; nullptr where there is none.
    const Json* find(std::string_view key) const;
    /// Registers the record with that id or tracking id: its status, its number, and what the bundle then is. nullptr
    /// where there is none. Doing it twice changes nothing.
    const Json* register_record(std::string_view key, WallTime now);

  private:
    Json search_page(std::string_view type, std::string_view identifier, bool all) const;
    std::string type_of(std::string_view reference) const;
    std::string parent_of(std::string_view reference) const;
    /// The gateway's refusal: status and message; 200 where there is none.
    std::pair<int, std::string> check(const Json& bundle) const;
    std::pair<int, std::string> check_task(const Json& bundle) const;
    std::pair<int, std::string> check_places(const Json& bundle) const;
    std::pair<int, std::string> check_address(const Json& address) const;
    HttpResponse save(const Json& bundle, WallTime now);
    bool before(std::string_view version) const { return version_ < version; }

    std::string version_;
    std::map<std::string, Json, std::less<>> locations_;  // FHIR Locations by id
    Json records_ = Json::array();
};

}  // namespace ocm::sandbox
