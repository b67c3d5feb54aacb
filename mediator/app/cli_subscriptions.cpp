// SPDX-License-Identifier: MPL-2.0
#include "app/cli_commands.hpp"
#include "app/invoke.hpp"

namespace ocm::app {

int subscriptions_list(const CommonOptions& common, const SubscriptionOptions& options) {
    Json args = Json::object();
    if (!options.client.empty()) args["client"] = options.client;
    return invoke(common, "subscriptions.list", args, [](const Json& result) {
        say(table_of(result["subscriptions"], {{"CREATED", "created"},
                                               {"SUBSCRIPTION", "id"},
                                               {"CLIENT", "client"},
                                               {"CONTRACT", "contract"},
                                               {"TOPICS", "topics"},
                                               {"CALLBACK", "callback"},
                                               {"STATE", "state"},
                                               {"QUEUED", "queued"},
                                               {"WHY", "why"}}));
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
