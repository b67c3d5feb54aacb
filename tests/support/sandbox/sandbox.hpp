// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/json.hpp"
#include "support/sandbox/options.hpp"

#include <nlohmann/json.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace ocm::sandbox {

/// What the country configuration is asked before an action takes effect.
struct ActionTrigger {
    std::string record, type, action;  // ids of the record and of the action
    std::string path, token, body;
};

/// OpenCRVS as an integration sees it, in one of its versions (options), on one port: gateway (2.0: `/events/...`,
/// `/auth/token`; 1.9 also and 1.3 to 1.8 only `/notification`, `/location`), auth service (`/token`,
/// `/.well-known`, `/verifyToken`), and `/sandbox/...` to look inside and to make things go wrong. Refusals and quirks
/// are those of the contract: scope before body, shapes checked and options not, hidden fields skipped, 409 once a
/// record has moved on.
///
/// The webhooks service (`/webhooks`, 1.3 to 1.9) sends to its subscribers, and the country configuration (1.9, 2.0) to
/// `forward_actions_to`; else nothing is sent anywhere.
///
/// Has its own thread. Thread-safe.
class Sandbox {
  public:
    /// Starts serving. Throws std::runtime_error where a file cannot be used or the address is taken.
    explicit Sandbox(SandboxOptions options = {});
    ~Sandbox();
    Sandbox(const Sandbox&) = delete;
    Sandbox& operator=(const Sandbox&) = delete;

    std::uint16_t port() const;
    /// "http://127.0.0.1:PORT": base of the gateway and of the auth service.
    std::string url() const;

    /// Every record in the order they were made: `{id,type,status,trackingId,declaration,...}`.
    Json events() const;
    /// The event document with `status` and the folded `declaration` beside it; null where there is none.
    Json event(std::string_view id) const;
    /// The last requests: `{method,path,status}`, oldest first. Query strings are left out: they carry secrets.
    Json requests(std::size_t last = 1000) const;

    /// Rules as `POST /sandbox/faults` takes them. Throws std::runtime_error on a rule that is not understood.
    void add_faults(const Json& document);
    void clear_faults();
    void set_token_lifetime(std::chrono::seconds lifetime);
    /// Deactivates (or reactivates) a client: no more tokens for it.
    void set_client_active(std::string_view id, bool active);

    /// What people do in OpenCRVS. False where there is no such record.
    bool assign(std::string_view id);
    /// By its id or tracking id; what the country configuration forwards has been answered when it returns.
    bool register_event(std::string_view id);

    /// For triggers.hpp: an action is asked for, absent where there is no such record; and what became of it, false
    /// where that is a failure.
    std::optional<ActionTrigger> ask_action(std::string_view id, std::string_view type);
    bool end_action(const ActionTrigger& asked, int status, const Json& answer);
    /// What `GET /.well-known` answers.
    std::string public_pem() const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace ocm::sandbox
