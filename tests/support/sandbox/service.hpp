// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/http_message.hpp"
#include "support/sandbox/faults.hpp"
#include "support/sandbox/form.hpp"
#include "support/sandbox/http_answers.hpp"
#include "support/sandbox/legacy.hpp"
#include "support/sandbox/options.hpp"
#include "support/sandbox/records.hpp"
#include "support/sandbox/sandbox.hpp"
#include "support/sandbox/webhooks.hpp"

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace ocm::sandbox {

/// The answers of OpenCRVS, from a request and the time: no sockets, no clock, one caller at a time.
class Service {
  public:
    static Result<Service> make(SandboxOptions options);

    /// `country_config`: what the country configuration answers a NOTIFY trigger (contracts section 7.3).
    HttpResponse answer(const HttpRequest& request, WallTime now, int country_config);

    Json events() const;
    Json event(std::string_view id) const;
    bool assign(std::string_view id, WallTime now);
    /// The webhooks service of 1.3 to 1.9, by its own token check. What has to be verified is answered afterwards.
    std::variant<HttpResponse, HubVerification> webhooks(const HttpRequest& request, WallTime now);
    HttpResponse verified(const HubVerification& verification, const std::optional<std::string>& answer, WallTime now) {
        return webhooks_.verified(verification, answer, now);
    }

    /// A record of the first generation's store is registered: its tracking id and number, and what the webhooks
    /// service sends. Absent where there is no such record.
    struct Registered {
        Json answer;
        std::vector<HubDelivery> deliveries{};
    };
    std::optional<Registered> register_legacy(std::string_view key, WallTime now);
    /// An event is declared or registered in two steps, as in OpenCRVS: asked for, which the country configuration is
    /// told, then accepted. False where there is no such event, or it is past that.
    bool request_action(std::string_view key, std::string_view type, WallTime now);
    void accept_action(std::string_view key, std::string_view type, WallTime now);
    /// Tracking id and registration number; absent where there is no such event.
    std::optional<Json> number_of(std::string_view key) const;
    /// Copies that the country configuration now sends to FORWARD_ACTIONS_TO, oldest first (contracts section 7.11).
    std::vector<std::string> take_forwards() { return std::exchange(forwards_, {}); }
    /// As in Sandbox; in triggers.cpp.
    std::optional<ActionTrigger> ask_action(std::string_view id, std::string_view type, WallTime now);
    /// The same by id or tracking id; absent, too, where the record is registered already.
    std::optional<ActionTrigger> ask_action_of(std::string_view key, std::string_view type, WallTime now);
    bool end_action(const ActionTrigger& asked, int status, const Json& answer, WallTime now);
    const std::string& public_pem() const { return signer_->public_pem(); }
    void set_token_lifetime(std::chrono::seconds lifetime) { options_.token_lifetime = lifetime; }
    void set_client_active(std::string_view id, bool active);

  private:
    /// A request past the token check.
    struct Call {
        const HttpRequest& request;
        std::string_view path;  // below /events
        std::vector<Scope> scopes;
        Actor actor;
        WallTime now;
        int country_config;
    };
    struct NotifyInput {
        std::string transaction;
        std::string location;
        Json declaration;
        Json annotation;
    };

    Service(SandboxOptions options, Forms forms, Json locations, Json areas);

    bool first_generation() const { return options_.version < "1.9"; }
    HttpResponse notify_first_generation(const HttpRequest& request, WallTime now);
    HttpResponse search_first_generation(const HttpRequest& request, WallTime now) const;
    /// Claims of the request's token, or the gateway's refusal of it.
    tl::expected<Json, HttpResponse> claims_of(const HttpRequest& request, WallTime now) const;

    // Auth service.
    HttpResponse token(const HttpRequest& request, WallTime now) const;
    HttpResponse verify_token(const HttpRequest& request, WallTime now) const;

    // Events service.
    HttpResponse events_service(const HttpRequest& request, std::string_view path, WallTime now, int country_config);
    HttpResponse create(const Call& call);
    HttpResponse notify(const Call& call, std::string_view id);
    HttpResponse create_and_notify(const Call& call);
    HttpResponse read(const Call& call, std::string_view id);
    HttpResponse search_events(const Call& call) const;
    HttpResponse list_locations(const Call& call) const;
    HttpResponse add_integration(const Call& call);
    HttpResponse list_integrations(const Call& call) const;

    /// The refusal of a location that is not given or not known; nothing where it is fine.
    std::optional<HttpResponse> refuse_location(std::string_view location) const;
    std::optional<HttpResponse> refuse_office(std::string_view location) const;  // 1.9
    HttpResponse carry_out_notify(const Call& call, Json& event, const NotifyInput& input);
    /// The copy has its last action accepted before it is.
    void forward(const Json& event);
    Json* event_by(std::string_view key) const;
    const SystemClient* client_of(const Json& claims) const;

    SandboxOptions options_;
    Forms forms_;
    Json locations_, areas_;
    std::set<std::string, std::less<>> location_ids_;
    std::unique_ptr<Legacy> legacy_;
    Webhooks webhooks_;
    std::vector<std::string> forwards_;
    std::unique_ptr<Signer> signer_;
    std::unique_ptr<Records> records_;
};

}  // namespace ocm::sandbox
