// SPDX-License-Identifier: MPL-2.0
#include "app/arguments.hpp"
#include "app/callers.hpp"
#include "app/operations.hpp"
#include "channels/webhook/subscribing.hpp"
#include "config/notation.hpp"
#include "store/store.hpp"

#include <nlohmann/json.hpp>

namespace ocm::app {
namespace {

using store_ops::Client;

constexpr std::chrono::hours longest_overlap{24 * 90};

struct Wanted {
    bool key = true, secret = true;  // what is rotated
    bool finish = false;             // nothing: the old ones cease to count
    Milliseconds overlap{0};
};

Result<Wanted> wanted_of(const Json& args, const Client& client) {
    Wanted out;
    out.finish = flag(args, "finish");
    if (out.finish) return out;
    const auto overlap = config::parse_duration(arg(args, "overlap"));
    if (!overlap || *overlap > longest_overlap) return wrong("overlap", "a duration such as 24h or 0s, up to 90d");
    out.overlap = *overlap;
    const auto only = arg(args, "only");
    if (!only.empty() && only != "key" && only != "signing-secret") return wrong("only", "key or signing-secret");
    out.key = only != "signing-secret";
    out.secret = only != "key" && !client.signing_secret.empty();
    if (only == "signing-secret" && !out.secret) return wrong("only", "the client has no signing secret");
    return out;
}

std::optional<WallTime> end_of(const Wanted& wanted, WallTime now) {
    return wanted.overlap.count() == 0 ? std::nullopt : std::optional(now + wanted.overlap);
}

void rotate_key(Client& client, const std::string& key, std::optional<WallTime> until) {
    client.old_key_sha256 = until ? client.key_sha256 : std::string();
    client.old_key_until = until;
    client.key_sha256 = hash_client_key(key);
}

void rotate_secret(Client& client, std::optional<WallTime> until) {
    client.old_signing_secret = until ? client.signing_secret : std::string();
    client.old_signing_until = until;
    client.signing_secret = make_signing_secret();
}

void forget_old(Client& client) {
    client.old_key_sha256.clear();
    client.old_key_until.reset();
    client.old_signing_secret.clear();
    client.old_signing_until.reset();
}

/// The client's subscriptions, each with the secrets that are the client's now.
std::vector<Subscription> with_secrets_of(const Client& client, const std::vector<Subscription>& all) {
    std::vector<Subscription> out;
    for (const auto& one : all) {
        if (one.client != client.id || one.state == SubscriptionState::ended) continue;
        auto& changed = out.emplace_back(one);
        changed.secret = client.signing_secret;
        changed.key_id = webhook::key_id_of(changed.secret);
        changed.old_secret = client.old_signing_secret;
        changed.old_key_id = webhook::key_id_of(changed.old_secret);
        changed.old_until = client.old_signing_until;
    }
    return out;
}

}  // namespace

Task<Result<Json>> Operations::rotate_client(Json args, std::string actor) {
    auto clients = co_await deps_.store.clients();
    if (!clients) co_return fail(clients.error());
    const auto* found = find_client(*clients, arg(args, "client"));
    if (found == nullptr) co_return fail(ErrorCode::not_found, "there is no such client", "client");
    auto client = *found;
    const auto wanted = wanted_of(args, client);
    if (!wanted) co_return fail(wanted.error());
    const auto now = deps_.clock.now();

    std::string key;
    if (wanted->finish) {
        forget_old(client);
    } else {
        const auto until = end_of(*wanted, now);
        if (wanted->key) key = make_client_key(client.id);
        if (wanted->key) rotate_key(client, key, until);
        if (wanted->secret) rotate_secret(client, until);
    }
    Json detail{{"client", client.id}, {"finish", wanted->finish}};
    const bool secrets = !client.signing_secret.empty() && (wanted->secret || wanted->finish);
    if (!wanted->finish) {
        detail["key"] = wanted->key;
        detail["signing_secret"] = wanted->secret;
        detail["overlap_ms"] = wanted->overlap.count();
    }
    if (secrets) detail["key_id"] = webhook::key_id_of(client.signing_secret);
    const store_ops::Administer record{now, std::move(actor), "client.rotate", canonical_json(detail)};
    store_ops::Unit unit;
    unit.emplace_back(store_ops::PutClient{client, record});
    std::size_t reached = 0;
    if (secrets) {
        auto all = co_await deps_.store.subscriptions();
        if (!all) co_return fail(all.error());
        for (auto& one : with_secrets_of(client, *all)) {
            store_ops::Administer of_one{now, record.actor, "subscription.rotate",
                                         canonical_json({{"subscription", one.id}, {"key_id", one.key_id}})};
            unit.emplace_back(store_ops::PutSubscription{std::move(one), std::move(of_one), true});
            ++reached;
        }
    }
    auto committed = co_await deps_.store.commit(std::move(unit));
    if (!committed) co_return fail(committed.error());
    if (deps_.clients_changed) deps_.clients_changed();
    if (reached != 0 && deps_.subscriptions_changed) deps_.subscriptions_changed();
    auto out = client_json(client);
    if (!key.empty()) out["key"] = key;
    if (wanted->secret && !wanted->finish) out["signing_secret"] = client.signing_secret;
    if (secrets) out["subscriptions"] = reached;
    co_return out;
}

}  // namespace ocm::app
