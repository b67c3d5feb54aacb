// SPDX-License-Identifier: MPL-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

/// The bodies of the commands: each prints and returns the exit code.
namespace ocm::app {

std::string_view version();

struct CommonOptions {
    std::string config_file;
    bool json = false;
};

int serve(const CommonOptions& common);

struct CheckOptions {
    bool online = false;
};
int check_configuration(const CommonOptions& common, const CheckOptions& options);
int config_docs(const CommonOptions& common);

int register_once(const CommonOptions& common);
int channels_diff(const CommonOptions& common);
struct ChannelsOptions {
    bool update = false;
};
int channels_install(const CommonOptions& common, const ChannelsOptions& options);

struct TransformOptions {
    std::string from, to, file;
    std::string map_file, forms_file, locations_file, areas_file, store_file;
    bool from_target = false;
};
int transform_file(const CommonOptions& common, const TransformOptions& options);

struct CountryOptions {
    std::string forms_file, map_file, out_file;
    std::string country, dial, trunk = "0";
    bool from_target = false, force = false;
};
int country_init(const CommonOptions& common, const CountryOptions& options);
int country_check(const CommonOptions& common, const CountryOptions& options);

struct ListOptions {
    std::string from, to, channel, client, status, tracking_id, openhim, reason;
    bool reveal = false;
    int limit = 50;
};
int transactions_list(const CommonOptions& common, const ListOptions& options);
int transactions_export(const CommonOptions& common, const ListOptions& options);
struct ShowOptions {
    std::string id, reason;
    bool reveal = false;
};
int transactions_show(const CommonOptions& common, const ShowOptions& options);

struct ClientOptions {
    std::string name, kind, openhim_client, overlap = "24h", on_outage = "queue", contract_version = "1.8", only;
    bool finish = false, none = false;
    std::vector<std::string> fields;
};
int clients_add(const CommonOptions& common, const ClientOptions& options);
int clients_list(const CommonOptions& common);
int clients_change(const CommonOptions& common, const std::string& action, const ClientOptions& options);

struct DeliveryOptions {
    std::string id, state, kind, destination, client, subscription, error, since, until, reason, tracking_id;
    bool reveal = false;
    bool dead = false;
    bool dry_run = false, yes = false;
    int limit = 50;
};
int deliveries_list(const CommonOptions& common, const DeliveryOptions& options);
int deliveries_show(const CommonOptions& common, const DeliveryOptions& options);
/// Retries or discards one delivery, or all that the filter finds.
int deliveries_step(const CommonOptions& common, const std::string& action, const DeliveryOptions& options);
int deliveries_change(const CommonOptions& common, const std::string& action, const DeliveryOptions& options);
struct SubscriptionOptions {
    std::string id, client, reason, contract, callback, replay_from;
    std::vector<std::string> topics, fields, areas, offices;
};
int subscriptions_add(const CommonOptions& common, const SubscriptionOptions& options);
int subscriptions_list(const CommonOptions& common, const SubscriptionOptions& options);
int subscriptions_change(const CommonOptions& common, const std::string& action, const SubscriptionOptions& options);
int notifications_conflicts(const CommonOptions& common, const ListOptions& options);

int store_check(const CommonOptions& common);

struct HealthOptions {
    std::string url;  // empty: as configured
};
int ask_health(const CommonOptions& common, const HealthOptions& options);

}  // namespace ocm::app
