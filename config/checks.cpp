// SPDX-License-Identifier: MPL-2.0
#include "config/checks.hpp"

#include "config/notation.hpp"
#include "core/http_message.hpp"

#include <algorithm>
#include <cctype>

namespace ocm::config {
namespace {

class Checker {
  public:
    Checker(const Config& config, const std::set<std::string>& doubtful, LoadOutcome& outcome)
        : config_(config), doubtful_(doubtful), outcome_(outcome) {}

    void run() {
        openhim();
        through_openhim();
        server();
        admin();
        targets();
        channels();
        hearing();
        country_config();
        store();
    }

  private:
    void error(std::string path, std::string message, std::string allowed) {
        outcome_.errors.push_back({std::move(path), std::move(message), std::move(allowed)});
    }
    void warning(std::string path, std::string message, std::string advice) {
        outcome_.warnings.push_back({std::move(path), std::move(message), std::move(advice)});
    }

    bool given(const std::string& key) const { return config_.has(key) || doubtful_.contains(key); }
    bool set_by_someone(const std::string& key) const {
        return doubtful_.contains(key) || (config_.has(key) && config_.origin(key) != Origin::fallback);
    }

    void require(const std::string& key, const std::string& why) {
        if (!given(key)) error(key, "is missing: " + why, allowed(*find_setting(key)));
    }

    bool secret_given(const std::string& file_key) const {
        const auto key = secret_key(file_key);
        return given(file_key) || doubtful_.contains(key) || !config_.secret(key).empty();
    }
    void require_secret(const std::string& file_key, const std::string& why) {
        if (secret_given(file_key)) return;
        error(file_key, "is missing: " + why,
              allowed(*find_setting(file_key)) + ", or the secret itself in the environment variable " +
                  environment_name(secret_key(file_key)));
    }

    /// Credentials and personal data over plain HTTP to another machine.
    void warn_plain(const std::string& key) {
        const auto parts = split_url(config_.text(key));
        if (!parts || parts->scheme != "http" || is_loopback(parts->host)) return;
        warning(key, "is plain HTTP to another machine: credentials and personal data can be read on the way",
                "an https:// URL");
    }

    void through_openhim() {
        const std::string here = "channels.webhook.via_openhim";
        if (!config_.flag(here)) return;
        if (!config_.has("openhim.api_url")) {
            error(here, "is true, but there is no OpenHIM", "an `openhim` section");
            return;
        }
        require("openhim.router_url", "deliveries go through it (" + here + ")");
        require("openhim.client_id", "the router asks for a client of OpenHIM (" + here + ")");
        require_secret("openhim.client_password_file", "that client needs a password (" + here + ")");
    }

    void openhim() {
        const bool any = std::any_of(settings().begin(), settings().end(), [&](const Setting& setting) {
            return setting.key.starts_with("openhim.") && set_by_someone(std::string(setting.key));
        });
        if (!any && config_.secret("openhim.password").empty()) return;
        require("openhim.api_url", "the `openhim` section needs the address of the API");
        require("openhim.username", "the mediator registers as an OpenHIM user");
        require_secret("openhim.password_file", "that user needs a password");
        require("server.public_host", "OpenHIM is told under which host it reaches the mediator");
        warn_plain("openhim.api_url");
        if (config_.has("openhim.router_url")) warn_plain("openhim.router_url");

        const bool api_is_local = is_loopback(split_url(config_.text("openhim.api_url")).value_or(UrlParts{}).host);
        if (is_loopback(config_.text("server.public_host")) && !api_is_local && config_.has("openhim.api_url")) {
            warning("server.public_host", "is this machine's own loopback, and OpenHIM runs on another machine",
                    "the host name or address under which the OpenHIM core reaches this server");
        }
        if (config_.flag("openhim.trust_self_signed")) {
            if (given("openhim.ca_file") || given("openhim.pinned_sha256")) {
                error("openhim.trust_self_signed", "makes openhim.ca_file and openhim.pinned_sha256 useless",
                      "leave it out where one of them is set");
            } else {
                warning("openhim.trust_self_signed",
                        "ANY CERTIFICATE IS BELIEVED: whoever stands between reads the OpenHIM password",
                        "set openhim.pinned_sha256 or openhim.ca_file instead");
            }
        }
        const auto& prefix = config_.text("openhim.path_prefix");
        if (!is_path_prefix(prefix)) {
            error("openhim.path_prefix", "is not a path prefix",
                  "empty, or \"/\" and segments of letters, digits, \"-\" and \"_\", without a \"/\" at the end");
        }
        const auto& urn = config_.text("openhim.urn");
        if (!urn.starts_with("urn:") || urn.find_first_of(" /?#%") != urn.npos) {
            error("openhim.urn", "is not a URN", "\"urn:\" and text without blanks, \"/\", \"?\", \"#\" and \"%\"");
        }
        if (config_.list("openhim.peers").empty() && config_.list("openhim.peer_certificates").empty() &&
            !doubtful_.contains("openhim.peers") && !doubtful_.contains("openhim.peer_certificates")) {
            warning("openhim.peers",
                    "is empty: nobody is believed to be OpenHIM, so calls routed by it are answered 401",
                    "the addresses the OpenHIM core calls from");
        }
        for (const auto& peer : config_.list("openhim.peers")) {
            if (Network::parse(peer)->everything()) {
                error("openhim.peers", "holds a network of all addresses: anyone could claim to be any client",
                      "the addresses the OpenHIM core calls from");
            }
        }
        if (!config_.list("openhim.peer_certificates").empty() &&
            config_.text("server.tls.client_certificate") == "none") {
            error("openhim.peer_certificates", "has no effect where callers are not asked for a certificate",
                  "set server.tls.client_certificate to \"optional\" or \"required\"");
        }
    }

    static bool is_path_prefix(const std::string& prefix) {
        if (prefix.empty()) return true;
        if (prefix.front() != '/' || prefix.back() == '/' || prefix.find("//") != prefix.npos) return false;
        return std::all_of(prefix.begin(), prefix.end(),
                           [](unsigned char c) { return std::isalnum(c) != 0 || c == '/' || c == '-' || c == '_'; });
    }

    void server() {
        const bool certificate = given("server.tls.certificate_file"), key = given("server.tls.key_file");
        if (certificate && !key) require("server.tls.key_file", "the certificate needs its key");
        if (key && !certificate) require("server.tls.certificate_file", "the key needs its certificate");
        const bool tls = certificate || key;
        const bool asks = config_.text("server.tls.client_certificate") != "none";
        if (asks && !tls) {
            error("server.tls.client_certificate", "needs a server certificate",
                  "set server.tls.certificate_file and server.tls.key_file");
        }
        if (asks) require("server.tls.client_ca_file", "client certificates are verified against it");
        if (!asks && config_.has("server.tls.client_ca_file")) {
            warning("server.tls.client_ca_file", "has no effect: callers are not asked for a certificate",
                    "set server.tls.client_certificate to \"optional\" or \"required\"");
        }
        if (!tls && !is_loopback(config_.text("server.host")) && !doubtful_.contains("server.host")) {
            if (!config_.flag("server.allow_plaintext")) {
                error("server.host", "is reachable from other machines, and there is no TLS",
                      "set server.tls.certificate_file and server.tls.key_file, or listen on 127.0.0.1, or, inside a "
                      "protected network, set server.allow_plaintext to true");
            } else {
                warning("server.allow_plaintext", "citizens' data is taken over plain HTTP from other machines",
                        "set server.tls.certificate_file and server.tls.key_file");
            }
        }
        if (config_.size("server.max_bytes_in_flight") < config_.size("server.max_body")) {
            error("server.max_bytes_in_flight",
                  "is smaller than server.max_body: the largest body would never be taken", "at least server.max_body");
        }
    }

    void admin() {
        if (!is_loopback(config_.text("admin.host")) && !doubtful_.contains("admin.host")) {
            warning("admin.host", "is reachable from other machines, and the operators' port has no TLS",
                    "127.0.0.1, or a network only operators reach");
        }
        apart("admin.port", "admin.host", "server.port", "server.host");
    }

    void targets() {
        const auto names = config_.target_names();
        if (names.empty()) {
            error("targets", "is missing: there is no OpenCRVS to send notifications to",
                  "a section with a name of your choice that has version, gateway_url and clients.notification");
        }
        for (std::size_t i = 1; i < names.size(); ++i) {
            if (environment_name(names[i - 1]) != environment_name(names[i])) continue;
            error("targets." + names[i], "differs from targets." + names[i - 1] + " only in \"-\" and \"_\"",
                  "names that environment variables can tell apart");
        }
        for (const auto& name : names) {
            const auto prefix = "targets." + name + ".";
            require(prefix + "version", "each version of OpenCRVS has its own interface");
            require(prefix + "gateway_url", "it is where OpenCRVS answers");
            warn_plain(prefix + "gateway_url");
            if (config_.has(prefix + "auth_url"))
                warn_plain(prefix + "auth_url");
            else if (config_.has(prefix + "version") && config_.text(prefix + "version") < "1.7") {
                error(prefix + "auth_url", "is missing: the gateway of this version passes no tokens on",
                      "the base URL of the auth service, for example https://auth.crvs.example.org");
            }
            const auto client = prefix + "clients.notification.";
            require(client + "client_id", "OpenCRVS takes notifications only from a client it knows");
            require_secret(client + "client_secret_file", "that client needs its secret");
            if (config_.duration(prefix + "timeout") > config_.duration("channels.notification.timeout")) {
                warning(prefix + "timeout", "is longer than channels.notification.timeout, which ends it",
                        "less than channels.notification.timeout");
            }
        }
        if (config_.has("active_target")) {
            const auto& active = config_.active_target();
            if (!names.empty() && std::find(names.begin(), names.end(), active) == names.end()) {
                error("active_target", "names no target", "one of: " + joined(names));
            }
        } else if (names.size() > 1 && !doubtful_.contains("active_target")) {
            error("active_target", "is missing: there is more than one target", "one of: " + joined(names));
        }
        if (!names.empty()) {
            require("country.map_file", "OpenCRVS 2.0 forms differ per country");
        }
    }

    static std::string joined(const std::vector<std::string>& names) {
        std::string out;
        for (const auto& name : names) out += (out.empty() ? "\"" : ", \"") + name + "\"";
        return out;
    }

    void channels() {
        if (config_.duration("channels.notification.timeout") > config_.duration("server.request_timeout")) {
            error("channels.notification.timeout", "is longer than server.request_timeout, which ends it",
                  "at most server.request_timeout");
        }
        if (config_.duration("channels.notification.retry.first_wait") >
            config_.duration("channels.notification.retry.max_wait")) {
            error("channels.notification.retry.first_wait", "is longer than channels.notification.retry.max_wait",
                  "at most channels.notification.retry.max_wait");
        }
    }

    /// What OpenCRVS is to tell us: only of the active target.
    void hearing() {
        if (config_.duration("channels.webhook-inbound.timeout") > config_.duration("server.request_timeout")) {
            error("channels.webhook-inbound.timeout", "is longer than server.request_timeout, which ends it",
                  "at most server.request_timeout");
        }
        const std::string forwarded = "channels.webhook.forwarded_secret_file";
        if (const auto& secret = config_.secret(secret_key(forwarded)); !secret.empty() && !is_path_secret(secret)) {
            error(forwarded, "holds no secret that can stand in a path and not be guessed",
                  "16 or more letters, digits, '-' and '_'");
        }
        if (!config_.flag("channels.webhook-inbound.enabled") || !config_.has("active_target")) return;
        const auto names = config_.target_names();
        const auto& active = config_.active_target();
        if (std::find(names.begin(), names.end(), active) == names.end()) return;
        const auto prefix = "targets." + active + ".";
        const auto client = prefix + "clients.webhook.";
        if (given(prefix + "webhooks_url")) {
            require(client + "client_id", "OpenCRVS lets only a client that it knows subscribe");
            require_secret(client + "client_secret_file", "that client needs its secret");
            require_secret(client + "sha_secret_file", "OpenCRVS signs what it delivers with it");
            warn_plain(prefix + "webhooks_url");
            if (!given("channels.webhook-inbound.public_url") && !given("server.public_host")) {
                error("channels.webhook-inbound.public_url", "is missing: OpenCRVS has to be told where to deliver",
                      "the base URL of this mediator as OpenCRVS reaches it");
            }
        }
        const bool in_front = config_.flag("channels.webhook.country_config.enabled");
        if (!secret_given(client + "sha_secret_file") && !secret_given(forwarded) && !in_front) {
            error("channels.webhook-inbound.enabled", "is true, but nobody is let in",
                  client + "sha_secret_file for webhooks of 1.3 to 1.9, or " + forwarded + " for forwarded actions");
        }
        if (!secret_given(forwarded) && !in_front) return;
        if (secret_given(forwarded) && config_.list("channels.webhook.forwarded_peers").empty() &&
            !doubtful_.contains("channels.webhook.forwarded_peers")) {
            warning("channels.webhook.forwarded_peers", "is empty: no forwarded action will be taken",
                    "the addresses that the country configuration calls from");
        }
        if (config_.text("channels.webhook.finality") == "confirmed" && !given(client + "client_id") &&
            !given(prefix + "clients.search.client_id")) {
            error(client + "client_id",
                  "is missing: OpenCRVS is asked back before a forwarded action or a trigger is believed",
                  "a client that may read records, or channels.webhook.finality \"optimistic\"");
        }
        for (const auto* kind : {"webhook.", "search."}) {
            const auto key = prefix + "clients." + kind;
            if (given(key + "client_id")) require_secret(key + "client_secret_file", "that client needs its secret");
        }
    }

    /// Standing in front of the country configuration of the active target.
    void country_config() {
        const std::string here = "channels.webhook.country_config.";
        if (!config_.flag(here + "enabled")) return;
        if (!config_.flag("channels.webhook-inbound.enabled")) {
            error(here + "enabled", "is true, and nothing is heard from OpenCRVS",
                  "set channels.webhook-inbound.enabled to true");
        }
        require(here + "url", "it is where requests are passed on to");
        if (config_.has(here + "url")) warn_plain(here + "url");
        const bool certificate = given(here + "tls.certificate_file"), key = given(here + "tls.key_file");
        if (certificate && !key) require(here + "tls.key_file", "the certificate needs its key");
        if (key && !certificate) require(here + "tls.certificate_file", "the key needs its certificate");
        const auto& host = config_.text(here + "host");
        if (!certificate && !key && !is_loopback(host) && !doubtful_.contains(here + "host") &&
            !config_.flag("server.allow_plaintext")) {
            error(here + "host", "is reachable from other machines, and there is no TLS",
                  "set " + here +
                      "tls.certificate_file and key_file, or listen on 127.0.0.1, or, inside a protected "
                      "network, set server.allow_plaintext to true");
        }
        apart(here + "port", here + "host", "server.port", "server.host");
        apart(here + "port", here + "host", "admin.port", "admin.host");
        const auto url = split_url(config_.text(here + "url"));
        if (url && url->port == std::to_string(config_.integer(here + "port")) &&
            (url->host == host || (is_loopback(url->host) && (is_loopback(host) || is_everywhere(host))))) {
            error(here + "url", "is this mediator's own place in front of it: requests would go round for ever",
                  "the address of the country configuration itself");
        }
        if (!config_.has("active_target")) return;
        const auto prefix = "targets." + config_.active_target() + ".";
        const auto names = config_.target_names();
        if (std::find(names.begin(), names.end(), config_.active_target()) == names.end()) return;
        if (config_.has(prefix + "version") && config_.text(prefix + "version") < "1.9") {
            error(here + "enabled", "is true, and this version of OpenCRVS has no triggers",
                  "false, or a target of version 1.9 or 2.0");
        }
        require(prefix + "auth_url", "the key that signs triggers is at its /.well-known, which the gateway hides");
    }

    static bool is_everywhere(const std::string& host) { return host == "0.0.0.0" || host == "::"; }

    /// Two ports of ours that would be one.
    void apart(const std::string& key, const std::string& host_key, const std::string& other,
               const std::string& other_host_key) {
        const auto port = config_.integer(key);
        if (port == 0 || port != config_.integer(other)) return;
        const auto &mine = config_.text(host_key), &theirs = config_.text(other_host_key);
        if (mine == theirs || (is_loopback(mine) && is_loopback(theirs)) || is_everywhere(mine) ||
            is_everywhere(theirs)) {
            error(key, "is the same as " + other, "another port");
        }
    }

    static bool is_path_secret(std::string_view secret) {
        const auto fits = [](unsigned char c) { return std::isalnum(c) != 0 || c == '-' || c == '_'; };
        return secret.size() >= 16 && std::all_of(secret.begin(), secret.end(), fits);
    }

    void store() {
        if (config_.size("store.warn_free") < config_.size("store.min_free")) {
            error("store.warn_free", "is less than store.min_free: there would be no warning",
                  "at least store.min_free");
        }
    }

    const Config& config_;
    const std::set<std::string>& doubtful_;
    LoadOutcome& outcome_;
};

}  // namespace

void check_together(const Config& config, const std::set<std::string>& doubtful, LoadOutcome& outcome) {
    Checker(config, doubtful, outcome).run();
}

}  // namespace ocm::config
