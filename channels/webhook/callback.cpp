// SPDX-License-Identifier: MPL-2.0
#include "channels/webhook/callback.hpp"

#include "core/address.hpp"
#include "core/hash.hpp"
#include "core/json.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>

namespace ocm::webhook {
namespace {

constexpr std::size_t max_url = 2048;
constexpr std::size_t max_answer = 64u << 10;
constexpr Milliseconds verification_time{10'000};

bool is_allowed(std::string_view host, const std::vector<std::string>& allowed) {
    return std::any_of(allowed.begin(), allowed.end(), [host](const std::string& pattern) {
        if (pattern == "*" || iequals(pattern, host)) return true;
        if (!pattern.starts_with("*.") || host.size() < pattern.size()) return false;
        return iequals(host.substr(host.size() - (pattern.size() - 1)), std::string_view(pattern).substr(1));
    });
}

std::string_view bare(std::string_view host) {
    const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    return bracketed ? host.substr(1, host.size() - 2) : host;
}

/// What libcurl and we read alike: no escapes, no backslash, nothing that one of us takes for the end of the host.
bool is_plain_host(std::string_view host) {
    return std::all_of(host.begin(), host.end(), [](unsigned char c) {
        return std::isalnum(c) != 0 || c == '.' || c == '-' || c == '_' || c == ':';
    });
}

tl::unexpected<Error> refuse(std::string why) {
    return fail(ErrorCode::bad_request, std::move(why), "hub.callback");
}

}  // namespace

Result<void> check_callback(std::string_view url, const CallbackPolicy& policy) {
    const bool plain = std::all_of(url.begin(), url.end(), [](unsigned char c) { return c > 0x20 && c < 0x7F; });
    const auto parts = split_url(url);
    if (!parts || !plain || url.size() > max_url || !is_plain_host(bare(parts->host)))
        return refuse("the callback is not an absolute http or https URL without credentials");
    if (parts->scheme != "https" && !policy.allow_plaintext) return refuse("the callback has to begin with https://");
    const auto host = bare(parts->host);
    if (!is_allowed(host, policy.allowed_hosts))
        return refuse("the host of the callback is not one that this mediator may call; its administrator allows them");
    if (!policy.allow_private && is_address(host) && !is_public_address(host))
        return refuse("the callback is not at a public address");
    return {};
}

UpstreamCall verification_call(std::string_view callback, std::string_view topic, std::string_view challenge,
                               const CallbackPolicy& policy) {
    const auto base = callback.substr(0, callback.find_first_of("?#"));
    const bool no_path = base.find('/', base.find("://") + 3) == std::string_view::npos;
    UpstreamCall call;
    call.name = "Verify callback";
    call.method = "GET";
    call.url.append(base)
        .append(no_path ? "/" : "")
        .append("?mode=subscribe&challenge=")
        .append(encode_query_value(challenge))
        .append("&topic=")
        .append(encode_query_value(topic));
    call.headers.set("Content-Type", "application/json");
    call.timeout = verification_time;
    call.max_response = max_answer;
    call.repeatable = true;
    call.public_only = !policy.allow_private;
    return call;
}

bool is_verified(const UpstreamReply& reply, std::string_view challenge) {
    const auto answer = parse_json(reply.body);
    return answer && !challenge.empty() && constant_time_equal(text_member(*answer, "challenge"), challenge);
}

}  // namespace ocm::webhook
