// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/exchange.hpp"
#include "core/result.hpp"
#include "core/task.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ocm {

/// How a channel's callers read an error: the status comes from the error, the body is in their own format.
using ErrorRenderer = std::function<HttpResponse(const Error&)>;
using Handler = std::function<Task<Answer>(Exchange&)>;

/// One thing a channel offers.
struct Route {
    std::string method;   // upper case
    std::string pattern;  // "/notification", "/notifications/{id}"; a `{name}` matches one non-empty segment
    std::string summary;  // a sentence for the documentation
    std::vector<store_ops::ClientKind> allowed;  // kinds of client that may call it; empty: public, the route verifies
    Handler handler;
    ErrorRenderer render_error;
    /// Whether the bodies of request and answer are kept with the transaction. Not where they carry credentials, nor
    /// where they are the same public text for everybody.
    bool keeps_bodies = true;
};

/// A channel as OpenHIM knows it: a name, a role, and the routes behind it (design section 9).
struct ChannelDefinition {
    std::string name;   // "notification": also the setting channels.NAME.enabled and the OpenHIM channel's suffix
    std::string title;  // "OpenCRVS notification": the OpenHIM channel's name
    std::string description;
    std::string role;  // the OpenHIM role that may use it; empty: public and whitelisted
    std::vector<Route> routes;
};

struct RouteMatch {
    const ChannelDefinition* channel = nullptr;
    const Route* route = nullptr;
    std::map<std::string, std::string> values;
};

/// Finds the route of a path, with or without the OpenHIM path prefix, and after it with or without `/v1`, which
/// OpenCRVS's gateway strips from any path (opencrvs.md 0.2); a route that begins with `/v1` itself goes first.
/// `not_found`, or `method_not_allowed` with the
/// allowed methods in the message.
Result<RouteMatch> match_route(const std::vector<ChannelDefinition>& channels, std::string_view path_prefix,
                               std::string_view method, std::string_view path);

/// The methods taken at this path, separated by commas: the `Allow` header of a 405 (RFC 9110 section 15.5.6).
std::string methods_at(const std::vector<ChannelDefinition>& channels, std::string_view path_prefix,
                       std::string_view path);

/// Anchored regular expression (JavaScript and ECMAScript syntax) that matches exactly the channel's paths under the
/// prefix; what OpenHIM gets as `urlPattern`.
std::string url_pattern(const ChannelDefinition& channel, std::string_view path_prefix);

/// Methods of the channel's routes, sorted, each once.
std::vector<std::string> methods(const ChannelDefinition& channel);

}  // namespace ocm
