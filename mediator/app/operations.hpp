// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "app/crosswalk_operations.hpp"
#include "app/delivery_report.hpp"
#include "app/hearing_operations.hpp"
#include "channels/webhook/inbound.hpp"
#include "channels/webhook/proof.hpp"
#include "core/delivery.hpp"
#include "core/envelope.hpp"
#include "core/json.hpp"
#include "core/ports.hpp"
#include "core/result.hpp"
#include "core/store_port.hpp"
#include "core/subscription.hpp"
#include "core/task.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace ocm::store {
class Store;
}

namespace ocm::app {

/// A client as operators see it: without its key and its secret.
Json client_json(const store_ops::Client& client);
/// A subscription as operators see it: without its secret and its headers, with the fields that it tells now.
Json subscription_json(const Subscription& one, const std::vector<store_ops::Client>& clients);

/// What operators ask for, each once: the command line and the admin API both come here. Arguments and results are
/// JSON; errors name the argument.
class Operations {
  public:
    struct Deps {
        store::Store& store;
        Clock& clock;
        Ids& ids;
        std::function<void()> clients_changed;          // may be empty
        std::function<void()> outbox_changed{};         // may be empty
        EnvelopeOptions envelope{};                     // how much OpenHIM is shown
        opencrvs::Target* target = nullptr;             // what the crosswalk leads to; none: no crosswalk commands
        std::function<void()> subscriptions_changed{};  // may be empty
        Upstream* upstream = nullptr;                   // asks callbacks; none: they are not asked
        webhook::ProofOptions callbacks{};              // where subscribers may be called, and how they are asked
        HearingOperations* hearing = nullptr;           // asks OpenCRVS; none: it is not asked
        std::string version{};                          // of OpenCRVS; what it never tells is not subscribed to
        webhook::Publish publish{};                     // tells subscribers; none: nobody is told
        /// Shows OpenHIM how a delivery ended; none: it is shown nothing.
        std::function<std::optional<store_ops::Enqueue>(const Ended&)> show{};
    };
    explicit Operations(Deps deps)
        : deps_(std::move(deps)), crosswalk_({deps_.store, deps_.clock, deps_.target, deps_.outbox_changed}) {}

    /// Commands: clients.add, clients.list, clients.enable, clients.disable, clients.rotate, clients.remove,
    /// transactions.list, transactions.show, notifications.conflicts, deliveries.list, deliveries.show,
    /// deliveries.retry, deliveries.discard, deliveries.release, deliveries.resolve, subscriptions.add,
    /// subscriptions.list, subscriptions.pause, subscriptions.resume, subscriptions.remove, subscriptions.test,
    /// store.check, and those of CrosswalkOperations and HearingOperations.
    Task<Result<Json>> run(std::string command, Json args, std::string actor);

    static const std::vector<std::string>& commands();

    CrosswalkOperations& crosswalk() { return crosswalk_; }

  private:
    Task<Result<Json>> add_client(Json args, std::string actor);
    Task<Result<Json>> change_client(std::string command, Json args, std::string actor);
    Task<Result<Json>> rotate_client(Json args, std::string actor);
    Task<Result<Json>> list_clients();
    Task<Result<Json>> add_subscription(Json args, std::string actor);
    /// Asks whether it wants the subscription, in the terms of its contract: {"verified"}, and why not.
    Task<Result<Json>> ask_callback(Subscription subscription);
    Task<Result<Json>> list_subscriptions(Json args);
    Task<Result<Json>> change_subscription(std::string command, Json args, std::string actor);
    Task<Result<Json>> list_transactions(Json args, std::string actor);
    Task<Result<Json>> show_transaction(Json args, std::string actor);
    Task<Result<Json>> list_deliveries(Json args);
    Task<Result<Json>> show_delivery(Json args, std::string actor);
    Task<Result<Json>> step_delivery(std::string command, Json args, std::string actor);
    Task<Result<Json>> step_deliveries(DeliveryStep step, Json args, std::string actor);
    /// What is committed when an administrator takes a step with a delivery.
    store_ops::Unit unit_for(const Delivery& delivery, DeliveryStep step, const std::string& actor,
                             const std::string& reason) const;
    /// What is committed when a notification is over by hand: how it ended, here and in OpenHIM.
    void end_notification(store_ops::Unit& unit, const Delivery& delivery, Completed completed) const;
    Task<Result<Json>> release_deliveries(Json args, std::string actor);
    Task<Result<Json>> resolve_delivery(Json args, std::string actor);
    Task<Result<store_ops::Unit>> heard_before(Delivery delivery, std::string tracking_id);
    Task<Result<Json>> check_store();

    Deps deps_;
    CrosswalkOperations crosswalk_;
};

}  // namespace ocm::app
