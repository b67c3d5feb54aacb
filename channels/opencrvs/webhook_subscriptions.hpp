// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/opencrvs/token.hpp"
#include "core/ports.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

/// This mediator as a subscriber of OpenCRVS 1.x (opencrvs.md 4.1 to 4.4).
namespace ocm::opencrvs {

/// The path that OpenCRVS calls back. What ends in it was subscribed by a mediator.
inline constexpr std::string_view callback_path = "/public/webhooks/opencrvs";

struct HubSubscription {
    std::string id, callback, topic;
    friend bool operator==(const HubSubscription&, const HubSubscription&) = default;
};

/// The answer of `GET /webhooks`. Its `createdAt` is not read: it is a thousand times too far from 1970 (4.3). Entries
/// that name no id, callback or topic are left out.
Result<std::vector<HubSubscription>> read_subscriptions(const UpstreamReply& reply);

/// What brings the list of our client to what is wanted: each topic once, to our callback, and nothing else that a
/// mediator subscribed. OpenCRVS takes the same subscription twice and then delivers twice (4.1). Subscriptions to
/// other paths are somebody else's and stay.
struct Reconciliation {
    std::vector<std::string> subscribe;  // topics
    std::vector<std::string> remove;     // ids
    friend bool operator==(const Reconciliation&, const Reconciliation&) = default;
};
Reconciliation reconcile(const std::vector<HubSubscription>& there, const std::vector<std::string>& topics,
                         std::string_view callback);

/// Why OpenCRVS did not take a subscription, in an administrator's words; nothing on 202.
Result<void> read_subscribed(const UpstreamReply& reply, std::string_view topic);

struct WebhookSubscriptionOptions {
    std::string target;        // its name, for messages
    std::string webhooks_url;  // without a trailing '/'
    std::string callback;      // ends in `callback_path`, no query: OpenCRVS throws it away (4.2)
    std::string sha_secret;
    std::vector<std::string> topics;
    TokenOptions token;  // of the webhook client
    Milliseconds timeout{10'000};
    Milliseconds interval{300'000};  // between two looks
};

/// What one look came to.
struct SyncReport {
    std::vector<std::string> subscribed;  // topics
    std::size_t removed = 0;
    std::vector<Error> failed;  // one for each topic that was not taken
};

class WebhookSubscriptions {
  public:
    WebhookSubscriptions(WebhookSubscriptionOptions options, Ports ports);

    /// Lists, removes what is too much and subscribes what is missing. OpenCRVS calls the callback before it answers,
    /// so the server listens by then.
    Task<Result<SyncReport>> sync();

    /// Does so now and then again on the interval (sooner after a failure) until its coroutine is cancelled. A lost
    /// subscription comes back.
    Task<void> keep_current(std::function<void(const Result<SyncReport>&)> report);

    /// Where OpenCRVS calls us back.
    const std::string& callback() const { return options_.callback; }

    Task<Result<std::vector<HubSubscription>>> list();
    Task<Result<void>> remove(std::string id);

  private:
    Task<Result<UpstreamReply>> send(std::string name, std::string method, std::string path, std::string body);
    Task<Result<void>> subscribe(std::string topic);

    WebhookSubscriptionOptions options_;
    Ports ports_;
    TokenSource tokens_;
};

}  // namespace ocm::opencrvs
