// SPDX-License-Identifier: MPL-2.0
#include "app/options.hpp"

#include "app/cli_commands.hpp"
#include "app/late_update.hpp"
#include "channels/opencrvs/webhook_subscriptions.hpp"
#include "channels/webhook/inbound.hpp"
#include "channels/webhook/publish.hpp"
#include "registration/delivery_report.hpp"

#include <algorithm>
#include <thread>

namespace ocm::app {
namespace {

std::uint16_t port(const config::Config& config, std::string_view key) {
    return static_cast<std::uint16_t>(config.integer(key));
}

http::TlsOptions::ClientCertificate client_certificate(const std::string& text) {
    using Kind = http::TlsOptions::ClientCertificate;
    return text == "required" ? Kind::required : text == "optional" ? Kind::optional : Kind::none;
}

OrchestrationBodies bodies(const std::string& text) {
    return text == "full"   ? OrchestrationBodies::full
           : text == "none" ? OrchestrationBodies::none
                            : OrchestrationBodies::hash;
}

registration::Auth auth(const std::string& text) {
    return text == "basic"   ? registration::Auth::basic
           : text == "token" ? registration::Auth::token
                             : registration::Auth::automatic;
}

/// Fingerprints are compared as bare lower-case hex.
std::vector<std::string> bare_hex(const std::vector<std::string>& fingerprints) {
    std::vector<std::string> out;
    for (const auto& fingerprint : fingerprints) {
        auto bare = to_lower(fingerprint);
        std::erase(bare, ':');
        out.push_back(std::move(bare));
    }
    return out;
}

}  // namespace

std::size_t io_threads(const config::Config& config) {
    const auto configured = config.has("server.threads") ? config.integer("server.threads") : 0;
    if (configured > 0) return static_cast<std::size_t>(configured);
    return std::max(1u, std::thread::hardware_concurrency());
}

http::ServerOptions server_options(const config::Config& config) {
    http::ServerOptions out;
    out.name = "server";
    out.host = config.text("server.host");
    out.port = port(config, "server.port");
    if (!config.text("server.tls.certificate_file").empty()) {
        http::TlsOptions tls;
        tls.certificate_file = config.text("server.tls.certificate_file");
        tls.key_file = config.text("server.tls.key_file");
        tls.client_ca_file = config.text("server.tls.client_ca_file");
        tls.client_certificate = client_certificate(config.text("server.tls.client_certificate"));
        out.tls = std::move(tls);
    }
    out.limits.max_body = config.size("server.max_body");
    out.limits.max_header = config.size("server.max_header");
    out.limits.header_timeout = config.duration("server.header_timeout");
    out.limits.body_timeout = config.duration("server.body_timeout");
    out.limits.idle_timeout = config.duration("server.idle_timeout");
    out.limits.max_connections = static_cast<std::size_t>(config.integer("server.max_connections"));
    out.limits.max_bytes_in_flight = config.size("server.max_bytes_in_flight");
    // OpenCRVS 1.x takes any answer for "delivered" and tells again only where there is none (opencrvs.md 4.7).
    out.resets_when_busy = [](const HttpRequest& request) { return request.path == opencrvs::callback_path; };
    return out;
}

http::ServerOptions admin_options(const config::Config& config) {
    http::ServerOptions out;
    out.name = "admin";
    out.host = config.text("admin.host");
    out.port = port(config, "admin.port");
    out.limits.max_body = 16u << 20;  // a country's crosswalk is imported in one command
    out.limits.max_connections = 64;
    return out;
}

store::StoreOptions store_options(const config::Config& config) {
    store::StoreOptions out;
    out.path = config.text("store.path");
    out.min_free_bytes = config.size("store.min_free");
    out.warn_free_bytes = config.size("store.warn_free");
    return out;
}

upstream::UpstreamOptions upstream_options(const config::Config& config) {
    upstream::UpstreamOptions out;
    if (!config.stand_alone()) {
        upstream::Trust trust;
        trust.url_prefix = config.text("openhim.api_url");
        trust.ca_file = config.text("openhim.ca_file");
        trust.pinned_sha256 = config.text("openhim.pinned_sha256");
        trust.trust_any = config.flag("openhim.trust_self_signed");
        if (config.has("openhim.router_url")) {
            auto router = trust;
            router.url_prefix = config.text("openhim.router_url");
            out.trust.push_back(std::move(router));
        }
        out.trust.push_back(std::move(trust));
    }
    if (config.has("channels.webhook.country_config.url")) {
        upstream::Trust trust;
        trust.url_prefix = config.text("channels.webhook.country_config.url");
        trust.ca_file = config.text("channels.webhook.country_config.ca_file");
        out.trust.push_back(std::move(trust));
    }
    for (const auto& name : config.target_names()) {
        const auto target = config.target(name);
        for (const auto& url : {target.gateway_url, target.auth_url, target.webhooks_url}) {
            if (url.empty()) continue;
            upstream::Trust trust;
            trust.url_prefix = url;
            trust.ca_file = target.ca_file;
            trust.pinned_sha256 = target.pinned_sha256;
            out.trust.push_back(std::move(trust));
        }
    }
    return out;
}

registration::OpenHimOptions openhim_options(const config::Config& config) {
    registration::OpenHimOptions out;
    out.api_url = config.text("openhim.api_url");
    out.username = config.text("openhim.username");
    out.password = config.secret("openhim.password");
    out.auth = auth(config.text("openhim.auth"));
    out.path_prefix = config.text("openhim.path_prefix");
    out.install_channels = config.flag("openhim.install_channels");
    out.urn = config.text("openhim.urn");
    out.version = version();
    out.name = mediator_name;
    out.description =
        "Connects external systems to OpenCRVS: event notifications, recorded and delivered exactly once.";
    out.public_host = config.text("server.public_host");
    out.public_port = port(config, "server.port");
    out.public_tls = !config.text("server.tls.certificate_file").empty();
    // OpenHIM gives up after this; our own limit is shorter, so that it hears our answer rather than none.
    out.route_timeout = config.duration("server.request_timeout") + Milliseconds(10'000);
    out.heartbeat_interval = config.duration("openhim.heartbeat_interval");
    return out;
}

std::optional<registration::OutgoingOptions> outgoing_options(const config::Config& config) {
    if (config.stand_alone() || !config.flag("channels.webhook.via_openhim")) return std::nullopt;
    registration::OutgoingOptions out;
    out.router_url = config.text("openhim.router_url");
    out.client_id = config.text("openhim.client_id");
    out.password = config.secret("openhim.client_password");
    return out;
}

EnvelopeOptions envelope_options(const config::Config& config) {
    EnvelopeOptions out;
    out.bodies = bodies(config.text("openhim.orchestration_bodies"));
    return out;
}

EngineSettings engine_settings(const config::Config& config, const std::vector<ChannelDefinition>& channels) {
    EngineSettings out;
    out.mediator_urn = config.text("openhim.urn");
    out.path_prefix = config.text("openhim.path_prefix");
    out.peers.addresses = config.list("openhim.peers");
    out.peers.certificates = bare_hex(config.list("openhim.peer_certificates"));
    out.envelope = envelope_options(config);
    out.request_timeout = config.duration("server.request_timeout");
    for (const auto& channel : channels) {
        const auto key = "channels." + channel.name;
        if (config.flag(key + ".enabled")) out.enabled_channels.insert(channel.name);
        out.channel_timeouts[channel.name] =
            std::min(config.duration(key + ".timeout"), config.duration("server.request_timeout"));
    }
    return out;
}

std::map<std::string, dispatch::Policy> delivery_policies(const config::Config& config) {
    const std::string queue = "channels.notification.queue.";
    dispatch::Policy notification;
    notification.rate = static_cast<double>(config.integer(queue + "drain_rate"));
    notification.concurrency = static_cast<unsigned>(config.integer(queue + "concurrency"));
    notification.backoff.first = config.duration(queue + "first_wait");
    notification.backoff.cap = config.duration(queue + "max_wait");
    notification.max_age = config.duration(queue + "max_age");
    // What is left alone for longer than it would wait anyway is found late when it is back.
    notification.breaker.open_for = std::clamp(notification.backoff.first, Milliseconds{100}, Milliseconds{10'000});
    notification.hold = config.flag("channels.notification.hold") || !config.flag("channels.notification.enabled");

    const std::string subscribers = "channels.webhook.queue.";
    dispatch::Policy webhook;
    webhook.rate = static_cast<double>(config.integer(subscribers + "rate"));
    webhook.concurrency = static_cast<unsigned>(config.integer(subscribers + "concurrency"));
    webhook.backoff.first = config.duration(subscribers + "first_wait");
    webhook.backoff.cap = config.duration(subscribers + "max_wait");
    webhook.max_age = config.duration(subscribers + "max_age");
    webhook.breaker.open_for = std::clamp(webhook.backoff.first, Milliseconds{100}, Milliseconds{10'000});
    webhook.hold = config.flag("channels.webhook.hold") || !config.flag("channels.webhook.enabled");

    dispatch::Policy openhim;  // its API is one coroutine's at a time
    openhim.concurrency = 1;
    openhim.rate = 50;
    openhim.backoff = {.first = Milliseconds{2'000}, .cap = Milliseconds{300'000}};

    dispatch::Policy heard;  // mostly work of our own; what asks OpenCRVS back has a destination of its own
    heard.concurrency = 8;
    heard.rate = 500;
    heard.backoff = {.first = Milliseconds{2'000}, .cap = Milliseconds{600'000}};
    return {{"notification", notification},
            {std::string(webhook::delivery_kind_name), webhook},
            {std::string(openhim_kind), openhim},
            {std::string(registration::delivery_report_kind), openhim},
            {std::string(webhook::heard_kind), heard}};
}

webhook::CallbackPolicy callback_policy(const config::Config& config) {
    webhook::CallbackPolicy out;
    out.allowed_hosts = config.list("channels.webhook.callbacks.allowed_hosts");
    out.allow_private = config.flag("channels.webhook.callbacks.allow_private");
    out.allow_plaintext = config.flag("channels.webhook.callbacks.allow_plaintext");
    return out;
}

std::string fhir_base(const config::Config& config) {
    if (!config.has("channels.webhook.fhir_url")) return {};
    auto out = config.text("channels.webhook.fhir_url");
    while (out.ends_with('/')) out.pop_back();
    return out;
}

webhook::ProofOptions proof_options(const config::Config& config) {
    webhook::ProofOptions out;
    out.fhir_base = fhir_base(config);
    out.policy = callback_policy(config);
    // What subscribers know us by: where our FHIR interface is, else this host.
    out.origin = mediator_host;
    if (config.has("server.public_host")) out.origin = config.text("server.public_host");
    if (const auto known_as = split_url(out.fhir_base)) out.origin = known_as->host;
    return out;
}

}  // namespace ocm::app
