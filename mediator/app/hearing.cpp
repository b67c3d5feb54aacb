// SPDX-License-Identifier: MPL-2.0
#include "app/hearing.hpp"

#include "app/options.hpp"
#include "channels/opencrvs/versions.hpp"
#include "config/notation.hpp"

#include <algorithm>

namespace ocm::app {
namespace {

bool hears(const config::Config& config) {
    return config.flag("channels.webhook-inbound.enabled");
}

bool has_webhooks(const config::Target& target) {
    const auto* version = opencrvs::find_version(target.version);
    return version != nullptr && version->has_webhooks && !target.webhooks_url.empty() && target.webhook;
}

/// The two that OpenCRVS 1.x dispatches; the other four it only lets one subscribe to (opencrvs.md 4.4).
std::vector<std::string> dispatched_topics() {
    return {"BIRTH_REGISTERED", "DEATH_REGISTERED"};
}

opencrvs::TokenOptions token_options(const config::Target& target, const char* kind,
                                     const config::ClientCredentials& client) {
    const auto* version = opencrvs::find_version(target.version);
    return {target.name,
            kind,
            target.auth_url,
            client.client_id,
            client.client_secret,
            target.timeout,
            version != nullptr && version->token_in_query};
}

std::function<bool(const std::string&)> among(const std::vector<std::string>& texts) {
    std::vector<config::Network> networks;
    for (const auto& text : texts) {
        if (auto network = config::Network::parse(text)) networks.push_back(std::move(*network));
    }
    return [networks = std::move(networks)](const std::string& address) {
        return std::any_of(networks.begin(), networks.end(),
                           [&address](const config::Network& network) { return network.contains(address); });
    };
}

webhook::Finality finality(const config::Config& config) {
    return config.text("channels.webhook.finality") == "optimistic" ? webhook::Finality::optimistic
                                                                    : webhook::Finality::confirmed;
}

std::string public_url(const config::Config& config, std::uint16_t port) {
    if (config.has("channels.webhook-inbound.public_url")) return config.text("channels.webhook-inbound.public_url");
    auto host = config.text("server.public_host");
    if (host.find(':') != std::string::npos) host = "[" + host + "]";
    const bool tls = !config.text("server.tls.certificate_file").empty();
    return (tls ? "https://" : "http://") + host + ":" + std::to_string(port);
}

}  // namespace

std::optional<webhook::InboundDeps> inbound_deps(const config::Config& config) {
    if (!hears(config)) return std::nullopt;
    const auto target = config.target(config.active_target());
    webhook::InboundDeps out;
    out.target = target.name;
    out.sha_secret = target.webhook_sha_secret;
    if (has_webhooks(target)) out.topics = dispatched_topics();
    out.forwarded_secret = config.secret("channels.webhook.forwarded_secret");
    out.forwarded_peer = among(config.list("channels.webhook.forwarded_peers"));
    out.finality = finality(config);
    return out;
}

std::optional<opencrvs::AskOptions> ask_options(const config::Config& config) {
    if (!hears(config)) return std::nullopt;
    const auto target = config.target(config.active_target());
    const auto* version = opencrvs::find_version(target.version);
    if (version == nullptr || version->generation != opencrvs::Generation::events) return std::nullopt;
    const auto& client = target.search ? target.search : target.webhook;
    if (!client) return std::nullopt;
    return opencrvs::AskOptions{target.name, target.version, target.gateway_url,
                                token_options(target, target.search ? "search" : "webhook", *client), target.timeout};
}

std::optional<CatchUpOptions> catch_up_options(const config::Config& config) {
    if (!hears(config) || !config.flag("channels.webhook.catch_up.enabled")) return std::nullopt;
    const auto target = config.target(config.active_target());
    const auto* version = opencrvs::find_version(target.version);
    if (version == nullptr) return std::nullopt;
    // Of 1.x no other client may search; of 1.9 and 2.0 it is the one that asks back.
    const bool legacy = version->generation == opencrvs::Generation::legacy;
    const auto& client = target.search || legacy ? target.search : target.webhook;
    if (!client) return std::nullopt;
    CatchUpOptions out;
    out.target = target.name;
    out.search = {target.name, target.version, target.gateway_url,
                  token_options(target, target.search ? "search" : "webhook", *client), target.timeout};
    out.reads = !version->read_path.empty();
    out.every = config.duration("channels.webhook.catch_up.every");
    out.overlap = config.duration("channels.webhook.catch_up.overlap");
    out.daily_searches = static_cast<std::size_t>(config.integer("channels.webhook.catch_up.daily_searches"));
    return out;
}

std::optional<opencrvs::WebhookSubscriptionOptions> subscription_options(const config::Config& config,
                                                                         std::uint16_t port) {
    if (!hears(config)) return std::nullopt;
    const auto target = config.target(config.active_target());
    if (!has_webhooks(target)) return std::nullopt;
    opencrvs::WebhookSubscriptionOptions out;
    out.target = target.name;
    out.webhooks_url = target.webhooks_url;
    out.callback = public_url(config, port) + std::string(opencrvs::callback_path);
    out.sha_secret = target.webhook_sha_secret;
    out.topics = dispatched_topics();
    out.token = token_options(target, "webhook", *target.webhook);
    out.timeout = target.timeout;
    return out;
}

std::optional<CountryConfigOptions> country_config_options(const config::Config& config) {
    if (!hears(config) || !config.flag("channels.webhook.country_config.enabled")) return std::nullopt;
    const auto target = config.target(config.active_target());
    CountryConfigOptions out;
    out.url = config.text("channels.webhook.country_config.url");
    while (out.url.ends_with('/')) out.url.pop_back();
    out.target = target.name;
    out.timeout = config.duration("channels.webhook.country_config.timeout");
    out.max_body = config.size("channels.webhook.country_config.max_body");
    out.finality = finality(config);
    const auto& peers = config.list("channels.webhook.country_config.peers");
    if (!peers.empty()) out.peer = among(peers);
    out.auth_url = target.auth_url;
    return out;
}

http::ServerOptions country_config_server(const config::Config& config) {
    const std::string here = "channels.webhook.country_config.";
    auto out = server_options(config);
    out.name = "country-config";
    out.host = config.text(here + "host");
    out.port = static_cast<std::uint16_t>(config.integer(here + "port"));
    out.tls.reset();
    if (!config.text(here + "tls.certificate_file").empty()) {
        http::TlsOptions tls;
        tls.certificate_file = config.text(here + "tls.certificate_file");
        tls.key_file = config.text(here + "tls.key_file");
        out.tls = std::move(tls);
    }
    out.limits.max_body = config.size(here + "max_body");
    out.limits.max_bytes_in_flight = std::max(out.limits.max_bytes_in_flight, 2 * out.limits.max_body);
    out.reads_every_body = true;
    return out;
}

}  // namespace ocm::app
