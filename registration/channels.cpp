// SPDX-License-Identifier: MPL-2.0
#include "registration/channels.hpp"

#include "registration/describe.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <regex>
#include <set>

namespace ocm::registration {
namespace {

/// Fields that we leave unset and that would narrow a channel or change what it forwards.
constexpr std::array<std::string_view, 7> unset_fields{
    "matchContentTypes", "matchContentRegex",     "matchContentXpath", "matchContentJson",
    "rewriteUrls",       "isAsynchronousProcess", "pollingSchedule"};
constexpr std::array<std::string_view, 2> unset_route_fields{"path", "pathTransform"};

/// Fields that mean yes where they are absent (openhim.md 4.1).
constexpr std::array<std::string_view, 2> kept_unless_false{"requestBody", "responseBody"};

bool is_blank(const Json* value) {
    return value == nullptr || value->is_null() ||
           (value->is_string() && value->get_ref<const std::string&>().empty()) ||
           (value->is_structured() && value->empty()) || (value->is_boolean() && !value->get<bool>());
}

std::string shown(const Json* value) {
    return value == nullptr ? std::string() : dump_json(*value);
}

bool same_members(const Json& a, const Json& b) {
    const auto strings = [](const Json& list) {
        return std::all_of(list.begin(), list.end(), [](const Json& item) { return item.is_string(); });
    };
    if (!a.is_array() || !b.is_array() || !strings(a) || !strings(b)) return a == b;
    return a.get<std::set<std::string>>() == b.get<std::set<std::string>>();
}

struct Comparison {
    const std::string& channel;
    std::vector<Drift>& out;

    void drift(std::string field, const Json* installed, const Json* wanted) {
        out.push_back(Drift{channel, std::move(field), shown(installed), shown(wanted)});
    }

    void fields(const std::string& prefix, const Json& installed, const Json& wanted) {
        for (const auto& [key, value] : wanted.items()) {
            const auto* have = member(installed, key);
            if (key == "routes" || (have != nullptr && same_members(*have, value))) continue;
            const bool absent = have == nullptr || have->is_null();
            const bool absent_is_yes = std::ranges::find(kept_unless_false, key) != kept_unless_false.end();
            if (absent_is_yes ? absent && value == Json(true) : is_blank(have) && is_blank(&value)) continue;
            drift(prefix + key, have, &value);
        }
    }

    void unset(const std::string& prefix, const Json& installed, const auto& names) {
        for (const auto key : names) {
            const auto* have = member(installed, key);
            if (!is_blank(have)) drift(prefix + std::string(key), have, nullptr);
        }
    }

    void routes(const Json& installed, const Json& wanted) {
        const auto* list = member(installed, "routes");
        const std::size_t have = list != nullptr && list->is_array() ? list->size() : 0;
        for (std::size_t i = 0; i < wanted.size(); ++i) {
            const auto prefix = "routes." + std::to_string(i);
            if (i >= have) {
                drift(prefix, nullptr, &wanted[i]);
                continue;
            }
            fields(prefix + ".", (*list)[i], wanted[i]);
            unset(prefix + ".", (*list)[i], unset_route_fields);
        }
        for (std::size_t i = wanted.size(); i < have; ++i) {
            drift("routes." + std::to_string(i), &(*list)[i], nullptr);
        }
    }
};

std::vector<Drift> drifts_of(const Json& installed, const Json& wanted) {
    std::vector<Drift> out;
    const std::string title(text_member(wanted, "name"));
    Comparison compare{title, out};
    compare.fields("", installed, wanted);
    compare.unset("", installed, unset_fields);
    compare.routes(installed, *member(wanted, "routes"));
    return out;
}

const Json* find_channel(const Json& installed, std::string_view title) {
    for (const auto& channel : installed) {
        if (text_member(channel, "name") == title) return &channel;
    }
    return nullptr;
}

/// 1 is first; a channel without a priority comes after all that have one (openhim.md 4.1).
double rank(const Json& channel) {
    const auto* priority = member(channel, "priority");
    return priority != nullptr && priority->is_number() ? priority->get<double>()
                                                        : std::numeric_limits<double>::infinity();
}

bool takes_method(const Json& channel, const std::string& method) {
    const auto* list = member(channel, "methods");
    if (list == nullptr || !list->is_array()) return false;
    return std::find(list->begin(), list->end(), Json(method)) != list->end();
}

enum class Match { no, yes, unknown };

/// What JavaScript's RegExp would say; patterns that this library cannot read, or that are so long that matching
/// could take for ever, are unknown.
Match matches(std::string_view pattern, const std::string& path) {
    if (pattern.size() > 512) return Match::unknown;
    try {
        const std::regex expression(pattern.begin(), pattern.end(), std::regex::ECMAScript);
        return std::regex_search(path, expression) ? Match::yes : Match::no;
    } catch (const std::regex_error&) {
        return Match::unknown;
    }
}

/// A path that the pattern of a route matches.
std::string sample_path(std::string_view prefix, std::string_view pattern) {
    std::string out(prefix);
    while (!pattern.empty()) {
        const auto open = pattern.find('{');
        out += pattern.substr(0, open);
        if (open == std::string_view::npos) break;
        out += "0";
        const auto close = pattern.find('}', open);
        pattern = close == std::string_view::npos ? std::string_view{} : pattern.substr(close + 1);
    }
    return out;
}

std::vector<Overlap> overlaps_of(const Json& installed, const std::vector<ChannelDefinition>& wanted,
                                 const ChannelDefinition& ours, std::string_view prefix) {
    const auto* own = find_channel(installed, ours.title);
    const double own_rank = own == nullptr ? std::numeric_limits<double>::infinity() : rank(*own);
    std::vector<Overlap> out;
    for (const auto& other : installed) {
        const auto title = text_member(other, "name");
        const auto status = text_member(other, "status");
        const auto type = text_member(other, "type");
        const bool another_of_ours =
            std::any_of(wanted.begin(), wanted.end(), [title](const auto& c) { return c.title == title; });
        const bool live = (status.empty() || status == "enabled") && (type.empty() || type == "http");
        if (another_of_ours || !live || rank(other) > own_rank) continue;
        for (const auto& route : ours.routes) {
            if (!takes_method(other, route.method)) continue;
            const auto path = sample_path(prefix, route.pattern);
            const auto match = matches(text_member(other, "urlPattern"), path);
            if (match == Match::no) continue;
            auto kind = rank(other) < own_rank ? Overlap::Kind::before : Overlap::Kind::unclear;
            if (match == Match::unknown) kind = Overlap::Kind::unknown;
            out.push_back(Overlap{kind, ours.title, route.method, path, std::string(title)});
            break;  // one example per pair of channels says enough
        }
    }
    return out;
}

/// Whether the core would install this channel from the registration it holds. It keeps the first one of a version
/// (openhim.md 2.5): a channel that was switched on since is not in it, and after a move its routes lead to the old
/// place. Where the registration could not be read it is tried.
bool would_install(const Json& registration, const Json& wanted) {
    const auto* held = member(registration, "defaultChannelConfig");
    if (held == nullptr || !held->is_array()) return !registration.is_object();
    const auto* channel = find_channel(*held, text_member(wanted, "name"));
    if (channel == nullptr) return false;
    // Older cores drop fields that they do not know: what counts is which paths it takes, and where to.
    const auto drifts = drifts_of(*channel, wanted);
    return std::ranges::none_of(
        drifts, [](const Drift& drift) { return drift.field == "urlPattern" || drift.field.starts_with("routes"); });
}

Task<ChannelChange> install_one(CoreApi& api, Json channel, bool as_registered, SteadyTime deadline) {
    using Kind = ChannelChange::Kind;
    ChannelChange change{std::string(text_member(channel, "name")), Kind::installed, std::nullopt};
    if (as_registered) {
        auto outcome = co_await api.install_channel(change.channel, deadline);
        if (!outcome) {
            change.error = outcome.error();
        } else if (*outcome == InstallOutcome::already_there) {
            change.kind = Kind::already_there;
        }
    } else {
        auto added = co_await api.add_channel(std::move(channel), deadline);
        if (!added) change.error = added.error();
    }
    if (change.error) change.kind = Kind::failed;
    co_return change;
}

}  // namespace

ChannelReport compare_channels(const Json& installed, const std::vector<ChannelDefinition>& wanted,
                               const OpenHimOptions& options) {
    ChannelReport report;
    if (!installed.is_array()) return report;
    for (const auto& channel : wanted) {
        const auto* have = find_channel(installed, channel.title);
        if (have == nullptr) {
            report.missing.push_back(channel.title);
        } else {
            auto drifts = drifts_of(*have, channel_config(channel, options));
            std::move(drifts.begin(), drifts.end(), std::back_inserter(report.drifts));
        }
        auto overlaps = overlaps_of(installed, wanted, channel, options.path_prefix);
        std::move(overlaps.begin(), overlaps.end(), std::back_inserter(report.overlaps));
    }
    return report;
}

Json channel_update(const Json& installed, const ChannelDefinition& wanted, const OpenHimOptions& options) {
    const auto target = channel_config(wanted, options);
    Json update = Json::object();
    for (const auto& drift : drifts_of(installed, target)) {
        const auto field = drift.field.substr(0, drift.field.find('.'));
        const auto* value = member(target, field);
        update[field] = value == nullptr ? Json() : *value;
    }
    if (!update.contains("routes")) return update;
    const auto* list = member(installed, "routes");
    const auto* first = list == nullptr ? nullptr : element(*list, 0);
    if (first != nullptr && first->is_object()) {
        Json route = *first;
        route.update(target["routes"][0]);
        for (const auto key : unset_route_fields) route.erase(std::string(key));
        update["routes"][0] = std::move(route);
    }
    return update;
}

Task<Result<std::vector<ChannelChange>>> install_missing(CoreApi& api, Json wanted, SteadyTime deadline) {
    auto installed = co_await api.channels(deadline);
    if (!installed) co_return fail(installed.error());
    std::optional<Json> registration;  // asked for once, where something is missing
    std::vector<ChannelChange> changes;
    for (const auto& channel : wanted) {
        std::string title(text_member(channel, "name"));
        if (find_channel(*installed, title) != nullptr) {
            changes.push_back(ChannelChange{std::move(title), ChannelChange::Kind::already_there, std::nullopt});
            continue;
        }
        if (!registration) {
            auto held = co_await api.mediator(deadline);
            registration = held ? std::move(*held) : Json();
        }
        const bool as_registered = would_install(*registration, channel);
        auto change = co_await install_one(api, channel, as_registered, deadline);
        changes.push_back(std::move(change));
    }
    co_return changes;
}

Task<Result<std::vector<ChannelChange>>> install_and_update(CoreApi& api, const std::vector<ChannelDefinition>& wanted,
                                                            SteadyTime deadline) {
    using Kind = ChannelChange::Kind;
    Json configs = Json::array();
    for (const auto& channel : wanted) configs.push_back(channel_config(channel, api.options()));
    auto changes = co_await install_missing(api, std::move(configs), deadline);
    if (!changes) co_return fail(changes.error());
    auto installed = co_await api.channels(deadline);
    if (!installed) co_return fail(installed.error());
    for (const auto& channel : wanted) {
        const auto* have = find_channel(*installed, channel.title);
        if (have == nullptr) continue;
        auto update = channel_update(*have, channel, api.options());
        if (update.empty()) continue;
        const auto place = std::find_if(changes->begin(), changes->end(),
                                        [&channel](const ChannelChange& c) { return c.channel == channel.title; });
        auto updated = co_await api.update_channel(std::string(text_member(*have, "_id")), std::move(update), deadline);
        if (updated) {
            place->kind = Kind::updated;
        } else {
            place->kind = Kind::failed;
            place->error = updated.error();
        }
    }
    co_return changes;
}

Task<Result<ChannelReport>> diff_channels(CoreApi& api, const std::vector<ChannelDefinition>& wanted,
                                          SteadyTime deadline) {
    auto installed = co_await api.channels(deadline);
    if (!installed) co_return fail(installed.error());
    co_return compare_channels(*installed, wanted, api.options());
}

}  // namespace ocm::registration
