// SPDX-License-Identifier: MPL-2.0
#include "app/cli_commands.hpp"
#include "app/invoke.hpp"

namespace ocm::app {

namespace {

void say_subscriptions(const Json& result) {
    say(table_of(result["subscriptions"], {{"CREATED", "created"},
                                           {"SUBSCRIPTION", "id"},
                                           {"CLIENT", "client"},
                                           {"CONTRACT", "contract"},
                                           {"TOPICS", "topics"},
                                           {"CALLBACK", "callback"},
                                           {"STATE", "state"},
                                           {"QUEUED", "queued"},
                                           {"WHY", "why"}}));
}

}  // namespace

int subscriptions_add(const CommonOptions& common, const SubscriptionOptions& options) {
    Json args{{"client", options.client},  {"contract", options.contract}, {"callback", options.callback},
              {"topics", options.topics},  {"fields", options.fields},     {"areas", options.areas},
              {"offices", options.offices}};
    if (!options.replay_from.empty()) args["replay_from"] = options.replay_from;
    return invoke(common, "subscriptions.add", args, [](const Json& result) {
        say_subscriptions(result);
        int exit_code = 0;
        for (const auto& one : result["subscriptions"]) {
            if (one.contains("replay_job")) note("what was registered before is looked up and told now");
            if (const auto why = text_member(one, "replay"); !why.empty()) {
                exit_code = complain({ErrorCode::unavailable, "made, but its past is not told: " + std::string(why),
                                      std::string(text_member(one, "id")), std::nullopt});
            }
        }
        return exit_code;
    });
}

int subscriptions_list(const CommonOptions& common, const SubscriptionOptions& options) {
    Json args = Json::object();
    if (!options.client.empty()) args["client"] = options.client;
    return invoke(common, "subscriptions.list", args, [](const Json& result) {
        say_subscriptions(result);
        return 0;
    });
}

int subscriptions_change(const CommonOptions& common, const std::string& action, const SubscriptionOptions& options) {
    Json args{{"id", options.id}};
    if (!options.reason.empty()) args["reason"] = options.reason;
    return invoke(common, "subscriptions." + action, args, [](const Json& result) {
        say(fields_of(result));
        const auto* verified = member(result, "verified");
        if (verified == nullptr || *verified == true) return 0;
        note(std::string(text_member(result, "why")));
        return 1;
    });
}

}  // namespace ocm::app
