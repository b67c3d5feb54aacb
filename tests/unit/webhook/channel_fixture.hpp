// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/webhook/channel.hpp"
#include "core/ids.hpp"
#include "core/json.hpp"
#include "unit/webhook/fixture.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace ocm::test {

inline store_ops::Client client(store_ops::ClientKind kind = store_ops::ClientKind::webhook,
                                std::string id = ministry) {
    store_ops::Client out;
    out.id = std::move(id);
    out.name = "Ministry";
    out.kind = kind;
    out.signing_secret = "planted-secret";
    out.fields = {"child-details"};
    return out;
}

/// The channel, with a store that its subscriptions are read back from.
class WebhookChannelTest : public testing::Test {
  protected:
    WebhookChannelTest() {
        policy.allowed_hosts = {"*.example.org"};
        open();
    }
    /// With the OpenCRVS behind, and where our FHIR interface is.
    void open(std::string version = {}, std::string fhir_base = "https://mediator.example.org/fhir") {
        webhook::WebhookDeps deps;
        deps.version = std::move(version);
        deps.fhir_base = std::move(fhir_base);
        deps.origin = "mediator.example.org";
        deps.subscriptions = [this] { return directory; };
        deps.callbacks = [this] { return policy; };
        deps.changed = [this] { reload(); };
        deps.replay = [this](const std::string& id, WallTime since) { replays.emplace_back(id, since); };
        deps.place = [this](const PlaceCode& code, WallTime) -> Result<std::string> {
            const auto found = places.find(code.system + "|" + code.code);
            if (found == places.end()) return fail(ErrorCode::bad_request, "names a place that is not known");
            return found->second;
        };
        channel = webhook::make_webhook_channel(std::move(deps));
    }

    /// As the store would have them.
    void reload() {
        ++changes;
        std::map<std::string, Subscription> all;
        for (const auto& op : store.ops) {
            if (const auto* put = std::get_if<store_ops::PutSubscription>(&op))
                all[put->subscription.id] = put->subscription;
            if (const auto* gone = std::get_if<store_ops::RemoveSubscription>(&op)) all.erase(gone->id);
        }
        std::vector<Subscription> list;
        for (auto& [id, one] : all) list.push_back(one);
        directory = std::make_shared<const webhook::SubscriptionDirectory>(std::move(list));
    }
    /// As an administrator, or a delivery, leaves it.
    void put(Subscription one) {
        store.ops.emplace_back(store_ops::PutSubscription{std::move(one), {}});
        reload();
    }

    /// `target` with its query.
    Answer call(const std::string& method, const std::string& target, std::string body = {},
                const store_ops::Client& by = client(), HttpHeaders headers = {}) {
        HttpRequest request;
        request.method = method;
        request.target = target;
        request.path = target.substr(0, target.find('?'));
        if (request.path.size() < target.size()) request.query = target.substr(request.path.size() + 1);
        request.headers = std::move(headers);
        request.body = std::move(body);
        const std::vector<ChannelDefinition> channels{channel};
        const auto match = match_route(channels, "/crvs", method, request.path);
        if (!match) throw std::runtime_error("no route");
        Exchange exchange(std::move(request), {Caller::Through::direct, std::make_shared<const store_ops::Client>(by)},
                          "webhook", match->route->pattern, clock.steady() + std::chrono::seconds(20),
                          {upstream, store, clock, ids});
        exchange.path_values = match->values;
        fakes::Runner runner;
        return runner.run(match->route->handler(exchange));
    }
    static Json json(const Answer& answer) { return parse_json(answer.response.body).value_or(Json()); }

    fakes::FakeClock clock;
    fakes::FakeIds ids;
    fakes::FakeUpstream upstream;
    fakes::FakeStore store{clock};
    webhook::CallbackPolicy policy;
    ChannelDefinition channel;
    std::shared_ptr<const webhook::SubscriptionDirectory> directory =
        std::make_shared<const webhook::SubscriptionDirectory>();
    std::map<std::string, std::string> places;  // "system|code"
    std::vector<std::pair<std::string, WallTime>> replays;
    int changes = 0;
};

}  // namespace ocm::test
