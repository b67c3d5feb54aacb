// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/ports.hpp"
#include "core/retry.hpp"
#include "core/transaction.hpp"

#include <nlohmann/json_fwd.hpp>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ocm {

/// What a channel gives back. The engine records it, wraps it for OpenHIM where OpenHIM asked, and sends it.
struct Answer {
    HttpResponse response;
    /// Set where the channel knows better than the HTTP status (openhim.md section 5).
    std::optional<TransactionStatus> status;
    /// Why it failed. OpenHIM's `error` member is made from it only where a rerun helps.
    std::optional<Error> error;
    store_ops::Subjects subjects;
    std::optional<ClaimState> claim;
    std::string replay_of;
    std::vector<store_ops::Op> also;                // committed with the answer: what it promises
    std::string replaces;                           // a queued transaction whose place this one took, empty otherwise
    std::string account;                            // JSON text: carried, dropped, recoded (design section 4)
    std::map<std::string, std::string> properties;  // shown in OpenHIM; never personal
    WallTime recorded_at{};                         // set by the engine once it is committed
    /// Where it cannot be recorded the connection is reset instead of answered 503: its caller repeats only what got no
    /// answer (opencrvs.md 4.7). Through OpenHIM it is answered all the same: OpenHIM repeats by itself.
    bool reset_unless_recorded = false;
};

/// Who calls, once verified.
struct Caller {
    enum class Through { openhim, direct, anonymous };
    Through through = Through::anonymous;
    std::shared_ptr<const store_ops::Client> client;  // as it was then; nullptr: nobody of ours
};

/// One transaction on its way through a channel. Lives on one io thread.
///
/// No effect without a record: `call` refuses until `receive` has committed.
class Exchange {
  public:
    Exchange(HttpRequest request, Caller caller, std::string channel, std::string route, SteadyTime deadline,
             Ports ports);
    /// Goes on with a transaction that was recorded and answered before: its queued work.
    Exchange(std::string transaction, std::string channel, SteadyTime deadline, Ports ports);

    const HttpRequest& request() const { return request_; }
    const Caller& caller() const { return caller_; }
    const std::string& id() const { return id_; }
    const std::string& channel() const { return channel_; }
    const std::string& route() const { return route_; }
    /// Values of the `{name}` segments of the route's pattern.
    std::map<std::string, std::string> path_values;
    /// As the route says (route.hpp).
    bool keeps_bodies = true;
    /// A public route found out who calls.
    void identified(std::shared_ptr<const store_ops::Client> client) { caller_.client = std::move(client); }
    std::string openhim_transaction() const;
    std::string openhim_parent() const;
    SteadyTime deadline() const { return deadline_; }
    WallTime received_at() const { return received_at_; }
    Ports& ports() { return ports_; }

    /// Commits *received*, with the claim decided in the same commit. Once per exchange.
    Task<Result<store_ops::UnitResult>> receive(std::optional<Claim> claim);
    bool received() const { return received_; }

    /// Calls upstream with retries where `call.repeatable`, inheriting the deadline; every attempt is an orchestration.
    /// The reply is whatever the other side answered; only transport failures are errors. 502/503/504 and 429 answers
    /// are repeated like transport failures.
    Task<Result<UpstreamReply>> call(SharedCall call, RetryPolicy policy);
    Task<Result<UpstreamReply>> call(UpstreamCall call, RetryPolicy policy) {
        return this->call(std::make_shared<const UpstreamCall>(std::move(call)), policy);
    }

    /// Passes the request on, once, whether or not it is recorded yet: for whoever stands between two systems that must
    /// not wait for our store (ADR 15). The step keeps no bodies. Outlives neither call nor exchange.
    Task<Result<UpstreamReply>> pass(UpstreamCall call);

    /// Runs a message that came inside this one, a request of its own path and body, as a transaction of its own for
    /// the same caller and within the same deadline. It is recorded like any other, named `Mediator-Part-Of` this one;
    /// OpenHIM is told of the whole only, so what becomes of a part later is asked for here, not there. Gives its
    /// answer, never wrapped for OpenHIM. The exchange outlives the call.
    Task<HttpResponse> run_part(HttpRequest part);
    /// How parts are run: set by whoever runs this exchange. Parts have none, for they hold no parts.
    std::function<Task<HttpResponse>(Exchange& whole, HttpRequest part)> part_runner;

    /// Commits what must be known before a call leaves that must not be repeated; run once, before the first such call.
    /// Where it fails nothing is sent. Empty: nothing needs to be known.
    std::function<Task<Result<void>>()> before_unrepeatable;

    /// Adds a local step worth showing.
    void note(Orchestration step) { steps_.push_back(std::move(step)); }
    const std::vector<Orchestration>& steps() const { return steps_; }
    /// All steps, its own and then its parts', once they are recorded: the exchange has none left.
    std::vector<Orchestration> take_steps();
    /// Steps of its parts: recorded with them, shown with the whole.
    void note_part(const std::vector<Orchestration>& steps);

    /// The *received* operation, for the engine to commit together with the answer where no channel did.
    store_ops::Receive receive_op(std::optional<Claim> claim) const;

  private:
    HttpRequest request_;
    Caller caller_;
    std::string channel_;
    std::string route_;
    SteadyTime deadline_;
    Ports ports_;
    std::string id_;
    WallTime received_at_;
    bool received_ = false;
    std::vector<Orchestration> steps_;
    std::vector<Orchestration> part_steps_;
};

}  // namespace ocm
