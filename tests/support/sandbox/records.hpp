// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/json.hpp"
#include "core/time.hpp"

#include <nlohmann/json.hpp>

#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ocm::sandbox {

/// Who does something to a record.
struct Actor {
    std::string id;
    std::string type = "system";  // system | user
    std::string role;
};

/// The event documents, in the order they were made. With a state file every change is appended to it as the whole
/// document on one line; the last line of an id is what counts at the next start.
class Records {
  public:
    /// Throws std::runtime_error where the state file holds what is no record, or cannot be written.
    explicit Records(const std::string& state_file);

    Json* find(std::string_view id);
    Json* find_created(std::string_view type, std::string_view transaction);
    Json& create(std::string_view type, std::string_view transaction, std::string_view location, const Actor& actor,
                 WallTime now);
    /// Appends an action of `type` and `status`, made of `extra` and what every action has; returns its id.
    std::string act(Json& event, std::string_view type, std::string_view status, const Actor& actor, WallTime now,
                    const Json& extra);
    const std::vector<std::unique_ptr<Json>>& all() const { return events_; }

  private:
    Json& keep(Json event);
    void save(const Json& event);

    std::vector<std::unique_ptr<Json>> events_;
    std::map<std::string, Json*, std::less<>> by_id_;
    std::ofstream state_;
};

/// CREATED, NOTIFIED, DECLARED, REGISTERED or ARCHIVED.
std::string status_of(const Json& event);
/// Current values, folded from the accepted actions (contracts section 7.8).
Json declaration_of(const Json& event);
/// The user it is assigned to, empty where it is not.
std::string assigned_to(const Json& event);
std::string registration_number(const Json& event);
bool has_action(const Json& event, std::string_view type, std::string_view transaction);

}  // namespace ocm::sandbox
