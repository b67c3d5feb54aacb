// SPDX-License-Identifier: MPL-2.0
#include "support/fake_openhim/fake_openhim.hpp"

#include <algorithm>
#include <set>

namespace ocm::test {
namespace {

HttpResponse json(int status, const Json& value) {
    return json_response(status, dump_json(value));
}

std::string duplicate_name(const std::string& name) {
    return "MongoServerError: E11000 duplicate key error collection: openhim.channels index: name_1 dup key: { name: "
           "\"" +
           name + "\" }";
}

/// The API's own rules; the installation by a mediator skips them.
std::optional<std::string> check_channel(const Json& channel) {
    if (const auto* priority = member(channel, "priority");
        priority != nullptr && priority->is_number() && *priority < 1) {
        return "Channel priority cannot be below 1 (= Highest priority)";
    }
    if (const auto* list = member(channel, "methods"); list != nullptr) {
        std::set<std::string> once;
        for (const auto& method : *list) {
            if (!once.insert(method.get<std::string>()).second) {
                return "Channel methods can't be repeated. Repeated methods are " + method.get<std::string>();
            }
        }
    }
    int primaries = 0;
    for (const auto& route : channel.value("routes", Json::array())) {
        if (route.contains("path") && route.contains("pathTransform")) {
            return "Channel cannot have both path and pathTransform. pathTransform must be of the form s/from/to[/g]";
        }
        primaries += route.value("primary", false) ? 1 : 0;
    }
    if (primaries == 0) return "Channel must have a primary route";
    if (primaries > 1) return "Channel cannot have a multiple primary routes";
    return std::nullopt;
}

}  // namespace

/// What the schema makes of a channel: defaults are filled in, and every subdocument gets an id.
Json FakeOpenHim::stored_channel(Json channel, const std::string& user) {
    Json out{{"type", "http"},
             {"authType", "private"},
             {"status", "enabled"},
             {"methods", Json::array()},
             {"allow", Json::array()},
             {"whitelist", Json::array()},
             {"matchContentTypes", Json::array()},
             {"properties", Json::array()},
             {"txViewAcl", Json::array()},
             {"txViewFullAcl", Json::array()},
             {"txRerunAcl", Json::array()},
             {"alerts", Json::array()},
             {"isAsynchronousProcess", false},
             {"rewriteUrls", false},
             {"addAutoRewriteRules", true},
             {"rewriteUrlsConfig", Json::array()},
             {"autoRetryEnabled", false},
             {"autoRetryPeriodMinutes", 60}};
    out.update(channel);
    for (auto& route : out["routes"]) {
        Json full{
            {"type", "http"}, {"status", "enabled"}, {"forwardAuthHeader", false}, {"waitPrimaryResponse", false}};
        full.update(route);
        full["_id"] = object_id();
        route = std::move(full);
    }
    out["updatedBy"] = {{"id", object_id()}, {"name", user}};
    if (!out.contains("_id")) out["_id"] = object_id();
    out["__v"] = 0;
    return out;
}

Json* FakeOpenHim::find_channel(const std::string& key, const std::string& value) {
    for (auto& channel : channels_) {
        if (text_member(channel, key) == value) return &channel;
    }
    return nullptr;
}

HttpResponse FakeOpenHim::install_channels(const Call& call, const std::string& urn) {
    if (auto no = denied(call, "loadDefaultChannels", {"mediator-manage-all", "mediator-manage-specified"})) return *no;
    const auto found = mediators_.find(urn);
    if (found == mediators_.end()) return plain(404, "No mediator found for this urn.");
    const Json defaults = found->second.value("defaultChannelConfig", Json::array());
    const auto wanted = [&call](std::string_view name) {
        return call.body.empty() ||
               std::any_of(call.body.begin(), call.body.end(), [name](const Json& n) { return text(n) == name; });
    };
    // An object in place of an array has no length: nothing is installed and nothing is said.
    if (!call.body.is_array()) return plain(201, call.basic ? "User Authenticated Successfully" : "Created");
    std::vector<Json> chosen;
    for (const auto& channel : defaults) {
        if (wanted(text_member(channel, "name"))) chosen.push_back(channel);
    }
    if (chosen.size() < call.body.size()) {
        return plain(
            400,
            "Could not load mediator default channel config, one or more channels in the request body not found "
            "in the mediator config (urn: " +
                urn + ")");
    }
    std::string duplicate;
    for (const auto& channel : chosen) {
        const std::string name(text_member(channel, "name"));
        if (find_channel("name", name) != nullptr) {
            duplicate = name;  // the others of the call are saved all the same
        } else {
            channels_.push_back(stored_channel(channel, call.email));
        }
    }
    if (!duplicate.empty()) {
        return plain(500,
                     "Could not load mediator default channel config (urn: " + urn + "): " + duplicate_name(duplicate));
    }
    return plain(201, call.basic ? "User Authenticated Successfully" : "Created");
}

HttpResponse FakeOpenHim::update_channel(const Call& call, Json* channel) {
    if (channel == nullptr) return plain(500, "Could not update channel: TypeError: Cannot read properties of null");
    Json next = *channel;
    for (const auto& [key, value] : call.body.items()) {
        if (value.is_null()) {
            next.erase(key);
        } else {
            next[key] = value;
        }
    }
    if (call.body.contains("routes")) {
        if (auto wrong = check_channel(next)) return plain(400, *wrong);
    }
    *channel = std::move(next);
    return plain(200, "The channel was successfully updated");
}

HttpResponse FakeOpenHim::channels_api(const Call& call, const std::vector<std::string>& parts) {
    const bool reads = call.method == "GET";
    std::set<std::string> needed{"channel-manage-all"};
    if (reads) needed.insert({"channel-view-all", "channel-view-specified"});
    if (options_.role_permissions || !reads) {
        if (auto no = denied(call, reads ? "getChannels" : "changeChannel", needed)) return *no;
    }
    if (parts.size() == 1 && reads) return json(200, channels_);
    if (parts.size() == 1 && call.method == "POST") {
        if (auto wrong = check_channel(call.body)) return plain(400, *wrong);
        const std::string name(text_member(call.body, "name"));
        if (find_channel("name", name) != nullptr) {
            return plain(400, "Could not add channel via the API: " + duplicate_name(name));
        }
        channels_.push_back(stored_channel(call.body, call.email));
        return plain(201, "Channel successfully created");
    }
    if (parts.size() == 2) {
        auto* channel = find_channel("_id", parts[1]);
        if (call.method == "PUT") return update_channel(call, channel);
        if (reads && channel != nullptr) return json(200, *channel);
        if (call.method == "DELETE" && channel != nullptr) {
            (*channel)["status"] = "deleted";  // the name stays taken
            return plain(200, "The channel was successfully deleted");
        }
    }
    return plain(404, call.basic ? "User Authenticated Successfully" : "Not Found");
}

}  // namespace ocm::test
