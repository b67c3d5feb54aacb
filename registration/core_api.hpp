// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/json.hpp"
#include "core/ports.hpp"
#include "core/task.hpp"
#include "registration/explain.hpp"
#include "registration/options.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <string>

namespace ocm::registration {

/// What a heartbeat brought back.
struct BeatReply {
    enum class Config {
        none,        // the configuration did not come: not asked for and unchanged, or OpenHIM holds none
        given,       // `config` is the whole configuration
        unreadable,  // it was announced as JSON and is not an object
    };
    Config kind = Config::none;
    Json config;
};

enum class InstallOutcome { installed, already_there };

/// A thin client of the OpenHIM API (openhim.md 1 to 4). Every call is one try; errors are in an administrator's words
/// (explain.hpp). Belongs to one coroutine at a time; the options and ports outlive it.
///
/// Credentials: Basic, or the token scheme with the server's own time, so that a clock that is off does no harm. With
/// Auth::automatic a 401 to Basic is followed by one try of the token scheme; what worked is remembered.
class CoreApi {
  public:
    CoreApi(Upstream& upstream, Clock& clock, Ids& ids, const OpenHimOptions& options);

    /// POST /mediators. OpenHIM also says 201 where it ignored a version that is not newer: verify with `mediator`.
    Task<Result<void>> register_mediator(Json description, SteadyTime deadline);
    /// GET /mediators/:urn; `not_found` where OpenHIM does not know us. Top-level passwords come masked.
    Task<Result<Json>> mediator(SteadyTime deadline);
    /// POST heartbeat; `not_found` where OpenHIM has forgotten us.
    Task<Result<BeatReply>> heartbeat(std::chrono::duration<double> uptime, bool want_config, SteadyTime deadline);
    /// GET /channels: an array.
    Task<Result<Json>> channels(SteadyTime deadline);
    /// Installs one channel of our default configuration, by its name in OpenHIM.
    Task<Result<InstallOutcome>> install_channel(std::string name, SteadyTime deadline);
    /// POST /channels; a name that is taken is success, for somebody was faster.
    Task<Result<void>> add_channel(Json channel, SteadyTime deadline);
    /// PUT /channels/:id; fields that are not given stay.
    Task<Result<void>> update_channel(std::string id, Json fields, SteadyTime deadline);

    /// GET /transactions/:id; absent where OpenHIM does not have it (any more).
    Task<Result<std::optional<Json>>> transaction(std::string id, SteadyTime deadline);
    /// PUT /transactions/:id with a Mongo update (openhim.md 7.2).
    Task<Result<void>> update_transaction(std::string id, Json update, SteadyTime deadline);
    /// POST /transactions (openhim.md 7.4).
    Task<Result<void>> add_transaction(Json transaction, SteadyTime deadline);
    /// GET /transactions: whether there is one with that value of a property.
    Task<Result<bool>> has_transaction(std::string property, std::string value, SteadyTime deadline);

    const OpenHimOptions& options() const { return options_; }
    /// How far OpenHIM's clock is ahead of ours, from the answers' Date header (good to about a second).
    std::optional<Milliseconds> clock_skew() const { return skew_; }
    /// True where the token scheme is in use.
    bool uses_token() const { return use_token_; }

  private:
    struct Request {
        Ask ask;
        std::string name;
        std::string method;
        std::string path;
        std::string body;
    };
    struct Challenge {
        Refusal::Challenge outcome = Refusal::Challenge::failed;
        HttpHeaders headers;           // of the authenticated request, where given
        std::optional<Error> failure;  // why the challenge could not be had, where it failed
    };
    Task<Result<UpstreamReply>> ask(Request request, SteadyTime deadline);
    Task<Result<UpstreamReply>> send(Request request, HttpHeaders credentials, SteadyTime deadline);
    Task<Challenge> challenge(SteadyTime deadline);
    HttpHeaders basic_credentials() const;
    std::string mediator_path(std::string_view below) const;

    Upstream& upstream_;
    Clock& clock_;
    Ids& ids_;
    const OpenHimOptions& options_;
    std::string base_;  // api_url without a last slash
    bool use_token_;
    std::optional<Milliseconds> skew_;
};

}  // namespace ocm::registration
