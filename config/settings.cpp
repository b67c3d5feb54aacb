// SPDX-License-Identifier: MPL-2.0
#include "config/settings.hpp"

#include "config/notation.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <limits>

namespace ocm::config {
namespace {

using namespace std::literals;

constexpr std::int64_t ms = 1, second = 1000 * ms, minute = 60 * second, hour = 60 * minute, day = 24 * hour;
constexpr std::int64_t kib = 1024, mib = 1024 * kib, gib = 1024 * mib;

constexpr std::array auth_schemes{"auto"sv, "basic"sv, "token"sv};
constexpr std::array body_choices{"none"sv, "hash"sv, "full"sv};
constexpr std::array client_certificates{"none"sv, "optional"sv, "required"sv};
constexpr std::array versions{"1.3"sv, "1.4"sv, "1.5"sv, "1.6"sv, "1.7"sv, "1.8"sv, "1.9"sv, "2.0"sv};
constexpr std::array unclear_choices{"ask"sv, "resend"sv};
constexpr std::array facility_choices{"refuse"sv, "park"sv};
constexpr std::array record_choices{"all"sv, "failures"sv, "off"sv};
constexpr std::array stillbirth_choices{"refuse"sv, "as-death"sv};
constexpr std::array finality_choices{"confirmed"sv, "optimistic"sv};
constexpr std::array log_levels{"trace"sv, "debug"sv, "info"sv, "warn"sv, "error"sv};
constexpr std::array log_formats{"text"sv, "json"sv};

// Order of members: key, type, default, min, max, choices, doc, console display name.
// clang-format off
const Setting table[] = {
    // openhim
    {"openhim.api_url", Type::url, nullptr, 0, 0, {},
     "Base URL of the OpenHIM core API; without an `openhim` section the mediator runs stand-alone.", {}},
    {"openhim.username", Type::text, nullptr, 1, 256, {},
     "OpenHIM user the mediator registers with; up to OpenHIM 8.5 it must be in the `admin` group.", {}},
    {"openhim.password_file", Type::secret_file, nullptr, 0, 0, {},
     "File that holds that user's password.", {}},
    {"openhim.auth", Type::choice, "auto", 0, 0, auth_schemes,
     "How to authenticate to the API: `basic`, the `token` scheme of old cores, or `auto`, which tries basic "
     "first.", {}},
    {"openhim.ca_file", Type::path, nullptr, 0, 0, {},
     "PEM certificates to trust for the API instead of the system's.", {}},
    {"openhim.pinned_sha256", Type::fingerprint, nullptr, 0, 0, {},
     "The API's certificate must be exactly this one; also works for a self-signed certificate.", {}},
    {"openhim.trust_self_signed", Type::boolean, "false", 0, 0, {},
     "Trust any certificate the API shows: anyone in between can then read the password. For trials only.", {}},
    {"openhim.urn", Type::text, "urn:mediator:opencrvs-mediator", 1, 200, {},
     "Identity of this mediator in OpenHIM; give each mediator of one OpenHIM its own.", {}},
    {"openhim.path_prefix", Type::text, "/crvs", 0, 64, {},
     "Prefix of every path behind OpenHIM, so that a national OpenHIM's own paths are not touched.", {}},
    {"openhim.install_channels", Type::boolean, "false", 0, 0, {},
     "Install the channels that are missing in OpenHIM at start; existing ones are never changed.", {}},
    {"openhim.router_url", Type::url, nullptr, 0, 0, {},
     "Address of OpenHIM's router, where clients of OpenHIM send to; needed by `channels.webhook.via_openhim`.", {}},
    {"openhim.client_id", Type::text, nullptr, 1, 256, {},
     "Id of the client that the mediator is in OpenHIM, with the role `opencrvs-webhook-out`.", {}},
    {"openhim.client_password_file", Type::secret_file, nullptr, 0, 0, {},
     "File that holds that client's Basic password.", {}},
    {"openhim.heartbeat_interval", Type::duration, "10s", second, 30 * second, {},
     "Time between heartbeats; OpenHIM shows a mediator as offline after 30 s of silence.", {}},
    {"openhim.peers", Type::networks, "", 0, 64, {},
     "Addresses the OpenHIM core calls from; only their `X-OpenHIM-ClientID` header is believed.", {}},
    {"openhim.peer_certificates", Type::fingerprints, "", 0, 16, {},
     "SHA-256 of client certificates that identify the OpenHIM core, instead of its address.", {}},
    {"openhim.orchestration_bodies", Type::choice, "hash", 0, 0, body_choices,
     "What OpenHIM keeps of the bodies exchanged with OpenCRVS: nothing, their SHA-256, or all of it.", {}},
    // server
    {"server.host", Type::host, "127.0.0.1", 0, 0, {},
     "Address to listen on.", {}},
    {"server.port", Type::integer, "8480", 0, 65535, {},
     "Port to listen on; 0 takes any free one.", {}},
    {"server.public_host", Type::host, nullptr, 0, 0, {},
     "Host name or address under which the OpenHIM core reaches this server.", {}},
    {"server.allow_plaintext", Type::boolean, "false", 0, 0, {},
     "Listen beyond this machine without TLS; only inside a protected network.", {}},
    {"server.tls.certificate_file", Type::path, nullptr, 0, 0, {},
     "PEM certificate chain of the server.", {}},
    {"server.tls.key_file", Type::path, nullptr, 0, 0, {},
     "PEM private key of that certificate.", {}},
    {"server.tls.client_ca_file", Type::path, nullptr, 0, 0, {},
     "PEM certificates that sign client certificates.", {}},
    {"server.tls.client_certificate", Type::choice, "none", 0, 0, client_certificates,
     "Whether callers show a certificate of their own (mutual TLS).", {}},
    {"server.max_body", Type::size, "10MiB", 64 * kib, gib, {},
     "Largest request body; a larger one is answered 413.", {}},
    {"server.max_header", Type::size, "16KiB", 4 * kib, mib, {},
     "Largest request line and headers; larger ones are answered 431.", {}},
    {"server.header_timeout", Type::duration, "10s", 100 * ms, 10 * minute, {},
     "Time a caller has to send its headers.", {}},
    {"server.body_timeout", Type::duration, "30s", 100 * ms, hour, {},
     "Time a caller has to send its body.", {}},
    {"server.idle_timeout", Type::duration, "15s", 100 * ms, hour, {},
     "Time an idle connection is kept open.", {}},
    {"server.request_timeout", Type::duration, "50s", 100 * ms, hour, {},
     "Longest time any request may take; stay below the 60 s after which OpenHIM gives up.", {}},
    {"server.max_connections", Type::integer, "1024", 1, 100'000, {},
     "Most connections at a time; further ones are answered 503.", {}},
    {"server.max_bytes_in_flight", Type::size, "256MiB", mib, 64 * gib, {},
     "Most bytes of bodies held at a time; beyond it requests are answered 503.", {}},
    {"server.shutdown_grace", Type::duration, "20s", 0, 10 * minute, {},
     "Time requests in progress have to end when the mediator stops.", {}},
    {"server.threads", Type::integer, "0", 0, 64, {},
     "Threads for requests; 0: one for each processor.", {}},
    {"server.token_key_file", Type::path, nullptr, 0, 0, {},
     "RSA private key in PEM, of 2048 bits or more, that signs the access tokens of `POST /token`; left out, one is made "
     "at the first start and kept beside the store (`STORE.token-key.pem`).", {}},
    // admin
    {"admin.host", Type::host, "127.0.0.1", 0, 0, {},
     "Address of the operators' port (health, metrics); keep it on loopback.", {}},
    {"admin.port", Type::integer, "8481", 0, 65535, {},
     "Operators' port; 0 takes any free one.", {}},
    // targets
    {"active_target", Type::text, nullptr, 1, 32, {},
     "Name of the target that notifications go to; may be left out where there is only one.", {}},
    {"targets.*.version", Type::choice, nullptr, 0, 0, versions,
     "OpenCRVS version of this target.", {}},
    {"targets.*.gateway_url", Type::url, nullptr, 0, 0, {},
     "Base URL of the OpenCRVS gateway, for example `https://gateway.crvs.example.org`.", {}},
    {"targets.*.auth_url", Type::url, nullptr, 0, 0, {},
     "Base URL of the OpenCRVS auth service; left out, tokens are asked for at `{gateway_url}/auth`, which 1.3 to 1.6 do not have.", {}},
    {"targets.*.ca_file", Type::path, nullptr, 0, 0, {},
     "PEM certificates to trust for this target instead of the system's.", {}},
    {"targets.*.pinned_sha256", Type::fingerprint, nullptr, 0, 0, {},
     "The target's certificate must be exactly this one.", {}},
    {"targets.*.timeout", Type::duration, "10s", 100 * ms, 10 * minute, {},
     "Time one call to this target may take.", {}},
    {"targets.*.after_unclear", Type::choice, "ask", 0, 0, unclear_choices,
     "When it is unclear whether OpenCRVS 1.3 to 1.8 has taken a notification: `ask` parks it until someone has looked, `resend` sends it again and may double it.", {}},
    {"targets.*.refresh_interval", Type::duration, "15m", 10 * second, 7 * day, {},
     "How often the target's form configuration and locations are read again.", {}},
    {"targets.*.clients.notification.client_id", Type::text, nullptr, 1, 256, {},
     "Id of the OpenCRVS integration client that creates and notifies events.", {}},
    {"targets.*.clients.notification.client_secret_file", Type::secret_file, nullptr, 0, 0, {},
     "File that holds that client's secret.", {}},
    {"targets.*.webhooks_url", Type::url, nullptr, 0, 0, {},
     "Base URL of the webhooks service of OpenCRVS 1.3 to 1.9; where it is given, births and deaths registered there are subscribed to.", {}},
    {"targets.*.clients.webhook.client_id", Type::text, nullptr, 1, 256, {},
     "Id of the OpenCRVS client of kind webhook (1.3 to 1.9), or of one with the scope record.read (2.0), that hears of registrations; give each mediator its own.", {}},
    {"targets.*.clients.webhook.client_secret_file", Type::secret_file, nullptr, 0, 0, {},
     "File that holds that client's secret.", {}},
    {"targets.*.clients.webhook.sha_secret_file", Type::secret_file, nullptr, 0, 0, {},
     "File that holds that client's SHA secret, with which OpenCRVS 1.3 to 1.9 signs what it delivers.", {}},
    {"targets.*.clients.search.client_id", Type::text, nullptr, 1, 256, {},
     "Id of the OpenCRVS client that looks records up: of the kind record search (1.3 to 1.9), or with the scopes record.search and record.read (2.0); left out, on 1.9 and 2.0 the webhook client does.", {}},
    {"targets.*.clients.search.client_secret_file", Type::secret_file, nullptr, 0, 0, {},
     "File that holds that client's secret.", {}},
    // country
    {"country.map_file", Type::path, nullptr, 0, 0, {},
     "The country map: which form field and option code each value of a vital event goes to.", {}},
    {"country.form_file", Type::path, nullptr, 0, 0, {},
     "Form configuration that `transform` uses instead of the target's own.", {}},
    // channels
    {"channels.notification.enabled", Type::boolean, "true", 0, 0, {},
     "Take birth and death notifications.", "Notification: enabled"},
    {"channels.notification.hold", Type::boolean, "false", 0, 0, {},
     "Pause: notifications are queued (202; 503 for clients that refuse) and nothing is sent to OpenCRVS.", "Notification: hold"},
    {"channels.notification.timeout", Type::duration, "30s", second, 10 * minute, {},
     "Time a notification has in all, retries included.", {}},
    {"channels.notification.retry.attempts", Type::integer, "3", 1, 10, {},
     "How often a call to OpenCRVS is tried in all while the sender waits.", "Notification: attempts"},
    {"channels.notification.retry.first_wait", Type::duration, "100ms", ms, minute, {},
     "Wait before the second try; it doubles with each further one and is jittered.", "Notification: first wait"},
    {"channels.notification.retry.max_wait", Type::duration, "2s", ms, 10 * minute, {},
     "Longest wait between tries.", "Notification: longest wait"},
    {"channels.notification.unknown_facility", Type::choice, "park", 0, 0, facility_choices,
     "What becomes of a notification from a facility that is not known: parked (202) until the crosswalk or OpenCRVS "
     "knows it, or refused.",
     "Notification: unknown facility"},
    {"channels.notification.stillbirths", Type::choice, "refuse", 0, 0, stillbirth_choices,
     "What becomes of a stillbirth where the country map has no event for it: refused, or sent as a death.",
     "Notification: stillbirths"},
    {"channels.notification.dhis2_map_file", Type::path, nullptr, 0, 0, {},
     "What the attributes and data elements of your own DHIS2 programs mean, beside those of the Vital Events package.", {}},
    {"channels.notification.queue.drain_rate", Type::integer, "20", 1, 1000, {},
     "Most queued notifications sent to OpenCRVS in a second.", "Notification queue: rate per second"},
    {"channels.notification.queue.concurrency", Type::integer, "4", 1, 64, {},
     "Most queued notifications sent at a time; requests of waiting callers go first.", "Notification queue: at a time"},
    {"channels.notification.queue.first_wait", Type::duration, "5s", 100 * ms, hour, {},
     "Wait after the first failure of a queued notification; it doubles with each further one and is jittered.",
     "Notification queue: first wait"},
    {"channels.notification.queue.max_wait", Type::duration, "10m", 100 * ms, day, {},
     "Longest wait between tries of a queued notification.", "Notification queue: longest wait"},
    {"channels.notification.queue.max_age", Type::duration, "7d", second, 3650 * day, {},
     "Older than this, a queued notification that fails once more becomes a dead letter.",
     "Notification queue: longest age"},
    {"channels.webhook-inbound.enabled", Type::boolean, "false", 0, 0, {},
     "Hear from OpenCRVS what it registers: its webhooks (1.3 to 1.9) and forwarded actions (1.9, 2.0).", {}},
    {"channels.webhook-inbound.timeout", Type::duration, "10s", 100 * ms, minute, {},
     "Time OpenCRVS has to wait at most until what it delivers is taken.", {}},
    {"channels.webhook-inbound.public_url", Type::url, nullptr, 0, 0, {},
     "Base URL under which OpenCRVS reaches this mediator directly; left out, it is made of `server.public_host` and `server.port`.", {}},
    {"channels.webhook.forwarded_secret_file", Type::secret_file, nullptr, 0, 0, {},
     "File that holds the last segment of the path in FORWARD_ACTIONS_TO of the country configuration, 16 or more letters, digits, '-' and '_'; without it no forwarded action is taken.", {}},
    {"channels.webhook.forwarded_peers", Type::networks, "", 0, 64, {},
     "Addresses that the country configuration forwards actions from.", {}},
    {"channels.webhook.finality", Type::choice, "confirmed", 0, 0, finality_choices,
     "Whether OpenCRVS is asked back before a forwarded action is taken for true: country configurations also forward what is refused later.", {}},
    {"channels.webhook.country_config.enabled", Type::boolean, "false", 0, 0, {},
     "Stand in front of the country configuration of OpenCRVS 1.9 or 2.0: pass every request on, and take a copy of each trigger.", {}},
    {"channels.webhook.country_config.host", Type::host, "127.0.0.1", 0, 0, {},
     "Address to listen on in its place.", {}},
    {"channels.webhook.country_config.port", Type::integer, "8482", 0, 65535, {},
     "Port to listen on in its place; 0 takes any free one.", {}},
    {"channels.webhook.country_config.tls.certificate_file", Type::path, nullptr, 0, 0, {},
     "PEM certificate chain to show in its place; without it that port speaks plain HTTP, as country configurations do.", {}},
    {"channels.webhook.country_config.tls.key_file", Type::path, nullptr, 0, 0, {},
     "PEM private key of that certificate.", {}},
    {"channels.webhook.country_config.url", Type::url, nullptr, 0, 0, {},
     "Base URL of the country configuration itself, for example `http://countryconfig:3040`.", {}},
    {"channels.webhook.country_config.ca_file", Type::path, nullptr, 0, 0, {},
     "PEM certificates to trust for it instead of the system's.", {}},
    {"channels.webhook.country_config.peers", Type::networks, "", 0, 64, {},
     "Addresses that may call it through this mediator; empty: any that reaches it.", {}},
    {"channels.webhook.country_config.timeout", Type::duration, "5m", second, hour, {},
     "Time the country configuration may take to answer; OpenCRVS itself sets none.", {}},
    {"channels.webhook.country_config.max_body", Type::size, "50MiB", mib, gib, {},
     "Largest body passed on, of a request or an answer.", {}},
    {"channels.webhook.catch_up.enabled", Type::boolean, "true", 0, 0, {},
     "Look up, where a client may search records, what OpenCRVS registered and was not heard of.", {}},
    {"channels.webhook.catch_up.every", Type::duration, "5m", 10 * second, day, {},
     "Wait between two rounds; longer where a day of them would need more than `daily_searches`.", {}},
    {"channels.webhook.catch_up.overlap", Type::duration, "10m", 0, 7 * day, {},
     "How far each round looks back behind the one before, for what OpenCRVS finds late.", {}},
    {"channels.webhook.catch_up.daily_searches", Type::integer, "1000", 1, 1'000'000, {},
     "Most searches with a hit in a day (UTC) at OpenCRVS 1.3 to 1.8, which lets a client make 2000 as shipped.", {}},
    {"channels.webhook.enabled", Type::boolean, "false", 0, 0, {},
     "Take subscriptions to what OpenCRVS registers, and tell subscribers.", "Webhook: enabled"},
    {"channels.webhook.hold", Type::boolean, "false", 0, 0, {},
     "Pause: what subscribers are to be told is queued and nothing is sent to them.", "Webhook: hold"},
    {"channels.webhook.timeout", Type::duration, "20s", second, 10 * minute, {},
     "Time a subscription has in all, the question to its callback included.", {}},
    {"channels.webhook.queue.rate", Type::integer, "1000", 1, 100'000, {},
     "Most deliveries sent to one subscriber in a second.", "Webhook queue: rate per second"},
    {"channels.webhook.queue.concurrency", Type::integer, "16", 1, 256, {},
     "Most deliveries sent to one subscriber at a time.", "Webhook queue: at a time"},
    {"channels.webhook.queue.first_wait", Type::duration, "1s", 100 * ms, hour, {},
     "Wait after the first failure of a delivery; it doubles with each further one and is jittered.",
     "Webhook queue: first wait"},
    {"channels.webhook.queue.max_wait", Type::duration, "1h", 100 * ms, day, {},
     "Longest wait between tries of a delivery.", "Webhook queue: longest wait"},
    {"channels.webhook.queue.max_age", Type::duration, "7d", second, 3650 * day, {},
     "Older than this, a delivery that fails once more becomes a dead letter.", "Webhook queue: longest age"},
    {"channels.webhook.fhir_url", Type::url, nullptr, 0, 0, {},
     "Address of the FHIR interface of this mediator as subscribers know it, mostly that of OpenHIM with `openhim.path_prefix` and `/fhir`; FHIR subscriptions and topics are named by it, and without it there are none.", {}},
    {"channels.webhook.via_openhim", Type::boolean, "false", 0, 0, {},
     "Send deliveries to subscribers through OpenHIM's router, by a channel for each place they go to.", {}},
    {"channels.webhook.openhim_record", Type::choice, "all", 0, 0, record_choices,
     "Which deliveries to subscribers OpenHIM is shown once they are over, each as a transaction of the webhook channel: `all`, those that failed (`failures`) or none (`off`). OpenHIM takes about 50 a second; the rest waits.", {}},
    {"channels.webhook.callbacks.allowed_hosts", Type::hosts, "", 0, 256, {},
     "Hosts that callbacks of subscribers may be at; as shipped there are none.", {}},
    {"channels.webhook.callbacks.allow_private", Type::boolean, "false", 0, 0, {},
     "Call subscribers at private, loopback and link-local addresses too.", {}},
    {"channels.webhook.callbacks.allow_plaintext", Type::boolean, "false", 0, 0, {},
     "Call subscribers over plain http too: whoever is in between then reads what they are told.", {}},
    // store
    {"store.path", Type::output_path, "/var/lib/opencrvs-mediator/mediator.db", 0, 0, {},
     "The database file; its folder is created readable by the mediator alone.", {}},
    {"store.retention", Type::duration, "90d", hour, 36'500 * day, {},
     "How long message bodies and other personal parts are kept; the proof that they existed stays.", {}},
    {"store.min_free", Type::size, "256MiB", mib, 1024 * gib, {},
     "Free disk space below which requests are answered 503.", {}},
    {"store.warn_free", Type::size, "1GiB", mib, 1024 * gib, {},
     "Free disk space below which a warning is given.", {}},
    // log
    {"log.level", Type::choice, "info", 0, 0, log_levels,
     "Least severe message that is written.", "Log: level"},
    {"log.format", Type::choice, "text", 0, 0, log_formats,
     "Form of log lines.", "Log: format"},
};
// clang-format on

bool matches(std::string_view pattern, std::string_view key) {
    for (;;) {
        const auto p = pattern.substr(0, pattern.find('.'));
        const auto k = key.substr(0, key.find('.'));
        if (p != k && (p != "*" || k.empty())) return false;
        const bool p_last = p.size() == pattern.size(), k_last = k.size() == key.size();
        if (p_last || k_last) return p_last && k_last;
        pattern.remove_prefix(p.size() + 1);
        key.remove_prefix(k.size() + 1);
    }
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t above = row[j];
            row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
            diagonal = above;
        }
    }
    return row[b.size()];
}

std::string_view last_segment(std::string_view key) {
    const auto dot = key.rfind('.');
    return dot == key.npos ? key : key.substr(dot + 1);
}

/// The pattern with the administrator's own names of `like` in place of `*`.
std::string concrete(std::string_view pattern, std::string_view like) {
    const auto names = split_key(like);
    const auto segments = split_key(pattern);
    std::string out;
    for (std::size_t i = 0; i < segments.size(); ++i) {
        if (i != 0) out += '.';
        if (segments[i] == "*") {
            out += i < names.size() && is_chosen_name(names[i]) ? names[i] : "NAME";
        } else {
            out += segments[i];
        }
    }
    return out;
}

/// Every key and every section on the way to one, made concrete.
std::vector<std::string> candidates(std::string_view like) {
    std::vector<std::string> out;
    for (const auto& setting : table) {
        auto key = concrete(setting.key, like);
        for (auto dot = key.find('.'); dot != key.npos; dot = key.find('.', dot + 1)) {
            auto section = key.substr(0, dot);
            const auto depth = split_key(section).size();
            if (split_key(setting.key)[depth - 1] != "*") out.push_back(std::move(section));
        }
        out.push_back(std::move(key));
    }
    std::sort(out.begin(), out.end());
    out.erase(std::unique(out.begin(), out.end()), out.end());
    return out;
}

}  // namespace

std::span<const Setting> settings() {
    return table;
}

const Setting* find_setting(std::string_view key) {
    const auto* found = std::find_if(std::begin(table), std::end(table),
                                     [&](const Setting& setting) { return matches(setting.key, key); });
    return found == std::end(table) ? nullptr : found;
}

bool is_section(std::string_view key) {
    const auto depth = split_key(key).size();
    return std::any_of(std::begin(table), std::end(table), [&](const Setting& setting) {
        std::string_view prefix = setting.key;
        std::size_t end = 0;
        for (std::size_t i = 0; i < depth; ++i) {
            end = prefix.find('.', end);
            if (end == prefix.npos) return false;
            ++end;
        }
        return matches(prefix.substr(0, end - 1), key);
    });
}

std::string allowed(const Setting& setting) {
    switch (setting.type) {
        case Type::text:
            return "text of " + std::to_string(setting.min) + " to " + std::to_string(setting.max) + " characters";
        case Type::integer:
            return "a whole number from " + std::to_string(setting.min) + " to " + std::to_string(setting.max);
        case Type::boolean:
            return "true or false";
        case Type::duration:
            return "a duration from " + format_duration(Milliseconds(setting.min)) + " to " +
                   format_duration(Milliseconds(setting.max)) + " with its unit (ms, s, m, h, d), such as \"30s\"";
        case Type::size:
            return "a size from " + format_size(setting.min) + " to " + format_size(setting.max) +
                   " with its unit (B, KiB, MiB, GiB), such as \"10MiB\"";
        case Type::choice: {
            std::string out = setting.choices.size() == 1 ? "only " : "one of ";
            for (std::size_t i = 0; i < setting.choices.size(); ++i) {
                if (i != 0) out += ", ";
                out += '"';
                out += setting.choices[i];
                out += '"';
            }
            return out;
        }
        case Type::url:
            return "an http:// or https:// URL without user, query or fragment";
        case Type::path:
            return "the path of a readable file";
        case Type::output_path:
            return "the path of a file";
        case Type::secret_file:
            return "the path of a readable file that holds the secret and nothing else";
        case Type::host:
            return "an IP address or a host name";
        case Type::fingerprint:
            return "the SHA-256 of a certificate: 64 hexadecimal digits";
        case Type::networks:
            return "a list of at most " + std::to_string(setting.max) +
                   " IP addresses or networks, such as \"10.1.2.3\" or \"10.1.0.0/16\"";
        case Type::fingerprints:
            return "a list of at most " + std::to_string(setting.max) +
                   " certificate SHA-256s, each 64 hexadecimal digits";
        case Type::hosts:
            return "a list of at most " + std::to_string(setting.max) +
                   " host names or IP addresses, such as \"hooks.example.org\", \"*.example.org\" for all below a "
                   "name, or \"*\" for any";
    }
    return {};
}

std::string suggestion(std::string_view unknown) {
    constexpr std::size_t longest = 128;
    if (unknown.empty() || unknown.size() > longest) return {};
    const auto all = candidates(unknown);
    const auto only = [&](const auto& fits) {
        std::string found;
        for (const auto& candidate : all) {
            if (!fits(std::string_view(candidate))) continue;
            if (!found.empty()) return std::string();
            found = candidate;
        }
        return found;
    };
    const auto last = last_segment(unknown);
    const auto section = unknown.substr(0, unknown.size() - last.size());

    // A part of the name: "openhim.url".
    auto best = only([&](std::string_view candidate) {
        if (!candidate.starts_with(section) || last.empty()) return false;
        const auto rest = candidate.substr(section.size());
        return rest.ends_with("_" + std::string(last)) || rest.starts_with(std::string(last) + "_");
    });
    if (!best.empty()) return best;

    // A misspelt segment: near in the whole key.
    std::size_t best_distance = std::numeric_limits<std::size_t>::max();
    for (const auto& candidate : all) {
        const auto distance = edit_distance(unknown, candidate);
        if (distance >= best_distance) continue;
        best_distance = distance;
        best = candidate;
    }
    if (best_distance <= std::max<std::size_t>(2, last.size() / 3)) return best;

    // The right name in the wrong section.
    return only([&](std::string_view candidate) { return edit_distance(last_segment(candidate), last) <= 1; });
}

std::string environment_name(std::string_view key) {
    std::string out = "MEDIATOR_";
    for (const char c : key) {
        if (c == '.') {
            out += "__";
        } else if (c == '-') {
            out += '_';
        } else {
            out += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
        }
    }
    return out;
}

std::string console_param(std::string_view key) {
    std::string out;
    for (const char c : key) {
        if (c == '.') {
            out += "__";
        } else {
            out += c;
        }
    }
    return out;
}

std::string secret_key(std::string_view file_key) {
    return std::string(file_key.substr(0, file_key.size() - "_file"sv.size()));
}

const Setting* secret_setting(std::string_view key) {
    const auto* setting = find_setting(std::string(key) + "_file");
    return setting != nullptr && setting->type == Type::secret_file ? setting : nullptr;
}

bool is_chosen_name(std::string_view name) {
    // "__" stands for the dot in environment variables.
    if (name.empty() || name.size() > 32 || name.find("__") != name.npos) return false;
    return std::all_of(name.begin(), name.end(),
                       [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_'; });
}

std::vector<std::string_view> split_key(std::string_view key) {
    std::vector<std::string_view> out;
    for (;;) {
        const auto dot = key.find('.');
        out.push_back(key.substr(0, dot));
        if (dot == key.npos) return out;
        key.remove_prefix(dot + 1);
    }
}

}  // namespace ocm::config
