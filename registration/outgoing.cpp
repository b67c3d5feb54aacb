// SPDX-License-Identifier: MPL-2.0
#include "registration/outgoing.hpp"

#include "core/hash.hpp"
#include "registration/explain.hpp"

#include <nlohmann/json.hpp>

namespace ocm::registration {
namespace {

/// The core looks at its channels once a second (openhim.md 4.4).
constexpr Milliseconds until_known{1'200};
constexpr Milliseconds turn{50};

std::string name_of(const UrlParts& place) {
    return place.scheme + "://" + place.host + ":" + place.port;
}

std::string title_of(const UrlParts& place) {
    return "OpenCRVS webhook to " + name_of(place);
}

/// As text of a regular expression; the slashes as the core's pathTransform wants them.
std::string literal(std::string_view path, bool of_transform) {
    std::string out;
    for (const char c : path) {
        if (c == '.' || (c == '/' && of_transform)) out += '\\';
        out += c;
    }
    return out;
}

UrlParts lower(UrlParts place) {
    place.host = to_lower(place.host);
    return place;
}

}  // namespace

std::string outgoing_path(const UrlParts& place, std::string_view path_prefix) {
    return std::string(path_prefix) + "/out/" + place.scheme + "/" + place.host + "/" + place.port;
}

Json outgoing_channel(const UrlParts& place, const OpenHimOptions& options) {
    const auto path = outgoing_path(place, options.path_prefix);
    const Json route{{"name", title_of(place)},
                     {"type", "http"},
                     {"status", "enabled"},
                     {"secured", place.scheme == "https"},
                     {"host", place.host},
                     {"port", std::stoi(place.port)},
                     {"pathTransform", "s/^" + literal(path, true) + "//"},
                     {"primary", true}};
    return {{"name", title_of(place)},
            {"description", "Passes on what subscribers there are told."},
            {"type", "http"},
            {"status", "enabled"},
            {"urlPattern", "^" + literal(path, false) + "(?:/.*)?$"},
            {"methods", Json::array({"POST"})},
            {"authType", "private"},
            {"allow", Json::array({outgoing_role})},
            {"requestBody", false},
            {"responseBody", false},
            {"timeout", options.call_timeout.count()},
            {"autoRetryEnabled", false},
            {"routes", Json::array({route})}};
}

Outgoing::Outgoing(Upstream& upstream, Clock& clock, Ids& ids, OpenHimOptions api, OutgoingOptions options)
    : clock_(clock),
      api_options_(std::move(api)),
      options_(std::move(options)),
      api_(upstream, clock, ids, api_options_) {
    while (options_.router_url.ends_with('/')) options_.router_url.pop_back();
}

Task<Result<UpstreamCall>> Outgoing::through(UpstreamCall call, SteadyTime deadline) {
    const auto parts = split_url(call.url);
    if (!parts) co_return fail(ErrorCode::bad_request, "the callback is no URL");
    const auto place = lower(*parts);
    if (place.host.find(':') != std::string::npos)
        co_return fail(ErrorCode::bad_request, "OpenHIM cannot pass on what is for an IPv6 address");
    if (call.headers.find("authorization") != nullptr)
        co_return fail(ErrorCode::bad_request,
                       "OpenHIM cannot pass on the Authorization header that the subscription gives: it takes it for "
                       "our own");
    while (asking_) {
        if (clock_.steady() >= deadline) co_return fail(ErrorCode::unavailable, "OpenHIM is slow to answer");
        co_await clock_.sleep(turn);
    }
    if (!places_.contains(name_of(place))) {
        asking_ = true;
        auto made = co_await make_channel(place, deadline);
        asking_ = false;
        if (!made) co_return fail(std::move(made.error()));
        places_.insert(name_of(place));
    }
    call.url =
        options_.router_url + outgoing_path(place, api_options_.path_prefix) + (place.path.empty() ? "/" : place.path);
    if (!place.query.empty()) call.url += "?" + place.query;
    call.headers.set("Authorization", "Basic " + base64(options_.client_id + ":" + options_.password));
    call.public_only = false;  // OpenHIM is ours
    call.credentials = true;
    co_return call;
}

Task<Result<void>> Outgoing::make_channel(UrlParts place, SteadyTime deadline) {
    auto channels = co_await api_.channels(deadline);
    if (!channels) co_return fail(std::move(channels.error()));
    for (const auto& channel : *channels) {
        if (text_member(channel, "name") == title_of(place)) co_return Result<void>{};
    }
    if (!api_options_.install_channels)
        co_return fail(ErrorCode::forbidden, "OpenHIM has no channel \"" + title_of(place) +
                                                 "\", and openhim.install_channels does not let it be made");
    auto added = co_await api_.add_channel(outgoing_channel(place, api_options_), deadline);
    if (!added) co_return fail(std::move(added.error()));
    co_await clock_.sleep(until_known);
    co_return Result<void>{};
}

Result<void> Outgoing::passed(const std::string& url, const UpstreamReply& reply) {
    // What OpenHIM passes on is a transaction, also where nobody answered it.
    const bool is_transaction = !reply.headers.get("x-openhim-transactionid").empty();
    if (is_transaction) return {};
    if (const auto parts = split_url(url)) places_.erase(name_of(lower(*parts)));
    const auto status = std::to_string(reply.status);
    if (reply.status == 401 || reply.status == 403 || reply.status == 404) {
        return fail(ErrorCode::unavailable, "OpenHIM did not pass it on (" + status +
                                                "): openhim.client_id has to be a client of OpenHIM with that password "
                                                "and the role " +
                                                std::string(outgoing_role));
    }
    return fail(ErrorCode::unavailable, "OpenHIM did not pass it on (" + status + ")");
}

}  // namespace ocm::registration
