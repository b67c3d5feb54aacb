// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/http_message.hpp"
#include "core/json.hpp"
#include "core/time.hpp"
#include "support/sandbox/token.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace ocm::sandbox {

/// A delivery of the webhooks service, tried three times at once; how it is answered is not looked at.
struct HubDelivery {
    std::string url;
    std::string body;
    std::string signature;  // X-Hub-Signature
};

/// A subscription whose callback has to prove itself: GET `url` has to be answered `{"challenge"}`.
struct HubVerification {
    std::string url;
    std::string challenge;
    std::string callback;
    std::string topic;
    std::string client;
};

/// The webhooks service of 1.3 to 1.9 (contracts section 4), without its sockets. Its own implementation of everything
/// on the wire: what it shared with the mediator could not show where the mediator is wrong.
class Webhooks {
  public:
    explicit Webhooks(std::string version) : version_(std::move(version)) {}

    /// `caller` is absent where no system has the token's id; `demo`: the token has the scope that switches
    /// verification off.
    std::variant<HttpResponse, HubVerification> subscribe(const HttpRequest& request, const SystemClient* caller,
                                                          bool demo, WallTime now);
    /// `answer` is the callback's body, absent where there was none.
    HttpResponse verified(const HubVerification& verification, const std::optional<std::string>& answer, WallTime now);
    HttpResponse list(const SystemClient* caller) const;
    HttpResponse remove(std::string_view id);

    /// What goes out once a record is registered: `record` as `registered_record` makes it.
    std::vector<HubDelivery> dispatch(const Json& record, std::string_view kind,
                                      const std::vector<SystemClient>& clients, WallTime now) const;

  private:
    struct Subscription {
        std::string id, callback, topic, client;
        WallTime created;
    };
    void add(const std::string& callback, const std::string& topic, const std::string& client, WallTime now);
    Json resources_of(const Json& record, const SystemClient& client, std::string_view kind) const;

    std::string version_;
    std::vector<Subscription> subscriptions_;
};

/// "webhook", "nationalId" or "health": what a client's scopes make it.
std::string hub_client_type(const SystemClient& client);
/// JavaScript's encodeURIComponent: leaves A-Z a-z 0-9 - _ . ! ~ * ' ( ) as they are.
std::string encode_uri_component(std::string_view text);
/// `sha256=<hex>` over the body, as 1.x signs.
std::string hub_signature_of(std::string_view secret, std::string_view body);
/// Node's `url.resolve(callback, "?...")`: its query and fragment are thrown away.
std::string verification_url(std::string_view callback, std::string_view query);
/// `toISOString()` of the milliseconds times 1000, as the list has it.
std::string wrong_created_at(WallTime created);

/// The saved record of a registration: a notification's bundle with ids for its references, the number on the Task and
/// on the subject, and the status.
Json registered_record(Json bundle, std::string_view kind, std::string_view number, WallTime now);
/// First references of a section of the record's Composition.
std::vector<std::string> section_references(const Json& record, std::string_view section);

}  // namespace ocm::sandbox
