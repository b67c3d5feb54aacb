// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "app/access_tokens.hpp"
#include "app/callers.hpp"
#include "app/metrics.hpp"
#include "core/envelope.hpp"
#include "core/ports.hpp"
#include "core/published.hpp"
#include "core/route.hpp"

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace ocm::app {

/// What may change while running; replaced whole (design section 11).
struct EngineSettings {
    std::string mediator_urn;
    std::string path_prefix;  // stripped from paths that carry it
    PeerPolicy peers;
    EnvelopeOptions envelope;
    Milliseconds request_timeout{45'000};
    std::map<std::string, Milliseconds, std::less<>> channel_timeouts;
    std::set<std::string, std::less<>> enabled_channels;
};

/// What is recorded with an answer: what was not recorded before, each attempt, the answer, and `more`.
store_ops::Unit unit_of(const Exchange& exchange, const Answer& answer, WallTime at, const store_ops::Unit& more);

/// Something that was done and could not be recorded.
struct Unrecorded {
    store_ops::Unit unit;
    std::function<void()> recorded{};  // told once it is; may be empty
};

/// Runs channels: finds the route, verifies the caller, opens an exchange, runs the flow, records the answer before it
/// leaves, and wraps it for OpenHIM where OpenHIM asked. Thread-safe; each request stays on its io thread.
class Engine {
  public:
    Engine(std::vector<ChannelDefinition> channels, Ports ports, Metrics& metrics);

    void apply(std::shared_ptr<const EngineSettings> settings) { settings_.store(std::move(settings)); }
    void set_clients(std::shared_ptr<const ClientDirectory> clients) { clients_.store(std::move(clients)); }
    std::shared_ptr<const ClientDirectory> clients() const { return clients_.load(); }
    /// Clients may call with tokens of ours. Before the first request.
    void accept_tokens(std::shared_ptr<const AccessTokens> tokens) { tokens_ = std::move(tokens); }
    std::shared_ptr<const EngineSettings> settings() const { return settings_.load(); }
    const std::vector<ChannelDefinition>& channels() const { return channels_; }

    /// Answers one request. Never throws.
    Task<HttpResponse> handle(HttpRequest request);

    /// Answers and records what the server refused before there was a whole request.
    Task<HttpResponse> refuse(HttpRequest request, int status, std::string reason);

    /// Told after something was queued with an answer. Before the first request.
    void on_queued(std::function<void()> told) { queued_ = std::move(told); }

    /// Answers whose record is still to be committed (the store failed after the work was done).
    std::size_t unrecorded() const;
    /// Keeps one more of them; nothing happens where there are far too many.
    void record_later(Unrecorded unrecorded);
    /// Tries to commit them once more; run periodically.
    Task<void> record_pending();

  private:
    Task<HttpResponse> run(HttpRequest request, const Route& route, std::string channel, Caller caller,
                           std::map<std::string, std::string> path_values);
    Task<HttpResponse> reject(HttpRequest request, std::string channel, std::string route, Error error,
                              std::string reason, ErrorRenderer render);
    Task<HttpResponse> run_part(Exchange& whole, HttpRequest part);
    Task<Answer> answer_of(Exchange& exchange, const Route& route);
    Task<HttpResponse> finish(Exchange& exchange, Answer answer);
    /// Commits the answer; what it holds afterwards may leave.
    Task<Answer> record(Exchange& exchange, Answer answer);

    Task<void> end_replaced(std::string replaced, WallTime at, store_ops::Unit& unit);

    std::vector<ChannelDefinition> channels_;
    std::function<void()> queued_;
    std::shared_ptr<const AccessTokens> tokens_;  // nullptr: none are accepted
    Ports ports_;
    Metrics& metrics_;
    Published<EngineSettings> settings_;
    Published<ClientDirectory> clients_;
    mutable std::mutex pending_mutex_;
    std::deque<Unrecorded> pending_;  // bounded by max_pending
};

/// The format of callers that no route was found for.
HttpResponse plain_error(const Error& error);

}  // namespace ocm::app
