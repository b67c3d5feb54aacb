// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "app/engine.hpp"
#include "app/metrics.hpp"
#include "channels/opencrvs/auth_key.hpp"
#include "channels/webhook/gap.hpp"
#include "channels/webhook/inbound.hpp"
#include "http/server.hpp"

#include <functional>
#include <memory>
#include <string>

namespace ocm::app {

struct CountryConfigOptions {
    std::string url;     // base of the country configuration, without a '/' at the end
    std::string target;  // the OpenCRVS whose country configuration it is
    Milliseconds timeout{300'000};
    std::size_t max_body = 50u << 20;
    webhook::Finality finality = webhook::Finality::confirmed;
    std::function<bool(const std::string& address)> peer{};  // empty: whoever reaches it, as without us
    Milliseconds patience{250};                              // all the time a trigger may wait for the store
    std::string auth_url;                                    // shows the key that signs triggers
};

/// Stands in front of the country configuration of OpenCRVS 1.9 or 2.0 (opencrvs.md 7.10). Every path is passed on and
/// answered as it is; of a trigger that is verified, forwarded and taken, a copy is heard like a forwarded action.
///
/// A trigger never waits for our store longer than `patience`: then it goes on unrecorded, a gap is marked, and the
/// record follows when it can (ADR 15).
class CountryConfigFront {
  public:
    struct Deps {
        Ports ports;
        Metrics& metrics;
        Engine& engine;  // repeats what could not be recorded
        opencrvs::AuthKey& key;
        webhook::GapLog& gaps;
        std::function<void()> queued;  // told after a copy was committed
    };
    CountryConfigFront(CountryConfigOptions options, Deps deps);

    /// Answers one request. Outlives it, and what of it is still to be recorded.
    Task<HttpResponse> handle(HttpRequest request);
    /// Answers what the server refused before there was a whole request.
    Task<HttpResponse> refuse(http::Refusal refusal);
    /// Reads the key until it is known; else the first trigger would wait for it.
    Task<void> learn_key();

  private:
    struct Taking;
    using TakingPtr = std::shared_ptr<Taking>;

    bool knows(const HttpRequest& request) const;
    UpstreamCall call_for(const HttpRequest& request) const;
    Task<HttpResponse> pass_by(HttpRequest request);
    Task<HttpResponse> take(HttpRequest request);
    Task<HttpResponse> forward(TakingPtr taking);
    Task<HttpResponse> refuse_trigger(TakingPtr taking, Error error);
    void keep_copy(Taking& taking, const UpstreamReply& reply);

    Task<void> record_received(TakingPtr taking);
    Task<void> record_answered(TakingPtr taking);
    Task<void> finish_record(TakingPtr taking);
    Task<void> wait(TakingPtr taking);
    void recorded(const TakingPtr& taking);

    CountryConfigOptions options_;
    Deps deps_;
};

}  // namespace ocm::app
