// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/json.hpp"

#include <nlohmann/json.hpp>

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace ocm::sandbox {

/// The event configurations a target serves at `GET /events/config`, in OpenCRVS's own shape, and what its NOTIFY
/// checks with them (contracts: declaration validated field by field, shape only, options never).
class Forms {
  public:
    /// Fails on a document that is no list of event configurations.
    static Result<Forms> read(std::string json);

    /// The document as it is served.
    const std::string& served() const { return served_; }
    bool knows(std::string_view event) const;
    /// Errors of a partial declaration and its annotation: `[{"message","id","value"}]`, empty where it is taken.
    Json notify_errors(std::string_view event, const Json& declaration, const Json& annotation,
                       std::string_view today) const;
    bool is_field(std::string_view field) const { return fields_.contains(field); }
    /// The declaration without the fields that search results leave out.
    Json without_secured(std::string_view event, const Json& declaration) const;
    /// Value of the field that holds the date (or the place) of the event; null where there is none.
    Json event_value(std::string_view event, std::string_view which, const Json& declaration) const;

  private:
    struct Field {
        Json config;
        std::vector<Json> shown_when;  // all must hold
    };
    struct Event {
        Json config;
        std::multimap<std::string, Field, std::less<>> fields;  // one id may stand twice, under opposite conditions
        std::multimap<std::string, Field, std::less<>> review;
    };

    static bool visible(const Field& field, const Json& context);
    static Json errors_of(const std::multimap<std::string, Field, std::less<>>& fields, const Json& values,
                          const Json& context);

    std::string served_;
    std::map<std::string, Event, std::less<>> events_;
    std::set<std::string, std::less<>> fields_;
};

}  // namespace ocm::sandbox
