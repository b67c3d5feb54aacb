// SPDX-License-Identifier: MPL-2.0
#include "core/route.hpp"

#include <algorithm>
#include <set>

namespace ocm {
namespace {

std::vector<std::string_view> segments(std::string_view path) {
    std::vector<std::string_view> out;
    while (!path.empty()) {
        const auto slash = path.find('/');
        out.push_back(path.substr(0, slash));
        path = slash == std::string_view::npos ? std::string_view{} : path.substr(slash + 1);
        if (slash != std::string_view::npos && path.empty()) out.emplace_back();
    }
    return out;
}

bool is_variable(std::string_view segment) {
    return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

bool matches(std::string_view pattern, std::string_view path, std::map<std::string, std::string>& values) {
    const auto want = segments(pattern);
    const auto have = segments(path);
    if (want.size() != have.size()) return false;
    values.clear();
    for (std::size_t i = 0; i < want.size(); ++i) {
        if (is_variable(want[i])) {
            if (have[i].empty()) return false;
            values.emplace(std::string(want[i].substr(1, want[i].size() - 2)), std::string(have[i]));
        } else if (want[i] != have[i]) {
            return false;
        }
    }
    return true;
}

std::string escaped(std::string_view text) {
    constexpr std::string_view special = R"(\^$.|?*+()[]{})";
    std::string out;
    for (const char c : text) {
        if (special.find(c) != std::string_view::npos) out += '\\';
        out += c;
    }
    return out;
}

/// 1.6 and later strip it from any path, once (opencrvs.md 0.2).
constexpr std::string_view version_prefix = "/v1";

std::string as_regex(std::string_view pattern) {
    std::string out;
    while (!pattern.empty()) {
        const auto open = pattern.find('{');
        out += escaped(pattern.substr(0, open));
        if (open == std::string_view::npos) break;
        out += "[^/]+";
        const auto close = pattern.find('}', open);
        pattern = close == std::string_view::npos ? std::string_view{} : pattern.substr(close + 1);
    }
    return out;
}

/// Methods taken at this path, sorted and separated by commas; empty where nothing is offered.
std::string methods_as_it_is(const std::vector<ChannelDefinition>& channels, std::string_view path) {
    std::map<std::string, std::string> values;
    std::set<std::string> taken;
    for (const auto& channel : channels) {
        for (const auto& route : channel.routes) {
            if (matches(route.pattern, path, values)) taken.insert(route.method);
        }
    }
    std::string list;
    for (const auto& method : taken) list += (list.empty() ? "" : ", ") + method;
    return list;
}

Result<RouteMatch> match_as_it_is(const std::vector<ChannelDefinition>& channels, std::string_view method,
                                  std::string_view path) {
    RouteMatch found;
    for (const auto& channel : channels) {
        for (const auto& route : channel.routes) {
            if (route.method != method || !matches(route.pattern, path, found.values)) continue;
            found.channel = &channel;
            found.route = &route;
            return found;
        }
    }
    const auto taken = methods_as_it_is(channels, path);
    if (taken.empty()) return fail(ErrorCode::not_found, "nothing is offered at this path");
    return fail(ErrorCode::method_not_allowed, "this path takes " + taken);
}

std::string_view below(std::string_view path_prefix, std::string_view path) {
    if (!path_prefix.empty() && path.starts_with(path_prefix) &&
        (path.size() == path_prefix.size() || path[path_prefix.size()] == '/')) {
        path.remove_prefix(path_prefix.size());
    }
    return path;
}

bool has_version(std::string_view path) {
    return path.starts_with(version_prefix) && path.size() > version_prefix.size() &&
           path[version_prefix.size()] == '/';
}

}  // namespace

Result<RouteMatch> match_route(const std::vector<ChannelDefinition>& channels, std::string_view path_prefix,
                               std::string_view method, std::string_view path) {
    path = below(path_prefix, path);
    auto found = match_as_it_is(channels, method, path);
    // Where a path of our own begins with it, that one is meant.
    if (found || found.error().code != ErrorCode::not_found || !has_version(path)) return found;
    return match_as_it_is(channels, method, path.substr(version_prefix.size()));
}

std::string methods_at(const std::vector<ChannelDefinition>& channels, std::string_view path_prefix,
                       std::string_view path) {
    path = below(path_prefix, path);
    auto taken = methods_as_it_is(channels, path);
    if (taken.empty() && has_version(path)) taken = methods_as_it_is(channels, path.substr(version_prefix.size()));
    return taken;
}

std::string url_pattern(const ChannelDefinition& channel, std::string_view path_prefix) {
    std::set<std::string> patterns;
    for (const auto& route : channel.routes) patterns.insert(as_regex(route.pattern));
    std::string list;
    for (const auto& pattern : patterns) list += (list.empty() ? "" : "|") + pattern;
    return "^" + escaped(path_prefix) + "(?:" + escaped(version_prefix) + ")?(?:" + list + ")$";
}

std::vector<std::string> methods(const ChannelDefinition& channel) {
    std::set<std::string> out;
    for (const auto& route : channel.routes) out.insert(route.method);
    return {out.begin(), out.end()};
}

}  // namespace ocm
