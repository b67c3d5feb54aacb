// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "app/catch_up.hpp"
#include "channels/opencrvs/webhook_subscriptions.hpp"
#include "core/json.hpp"
#include "core/ports.hpp"
#include "core/result.hpp"
#include "core/task.hpp"

#include <string>
#include <string_view>

namespace ocm::store {
class Store;
}

namespace ocm::app {

/// What operators ask of hearing from OpenCRVS: our own subscriptions there, and the past. Only of a running mediator.
class HearingOperations {
  public:
    HearingOperations(store::Store& store, Clock& clock) : store_(store), clock_(clock) {}

    /// Each may be nullptr: the target has none, or nothing of it is configured. Before the admin port is open.
    void attach(opencrvs::WebhookSubscriptions* hub, CatchUp* catch_up) {
        hub_ = hub;
        catch_up_ = catch_up;
    }

    /// Whether the past can be looked up.
    bool looks_up() const { return catch_up_ != nullptr; }

    /// Commands: opencrvs.list, opencrvs.sync, opencrvs.remove {id}, opencrvs.catchup {since}, opencrvs.progress {job},
    /// subscriptions.replay {id, since}.
    Task<Result<Json>> run(std::string command, Json args, std::string actor);
    static bool knows(std::string_view command);

  private:
    Task<Result<Json>> list();
    Task<Result<Json>> sync(std::string actor);
    Task<Result<Json>> remove(std::string id, std::string actor);
    Task<Result<Json>> look(Json args, std::string subscription, std::string actor);
    Task<Result<Json>> replay(Json args, std::string actor);
    Result<Json> progress(const Json& args) const;
    Task<Result<void>> record(std::string actor, std::string action, Json detail);

    store::Store& store_;
    Clock& clock_;
    opencrvs::WebhookSubscriptions* hub_ = nullptr;
    CatchUp* catch_up_ = nullptr;
};

}  // namespace ocm::app
