// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "app/access_tokens.hpp"
#include "app/admin.hpp"
#include "app/application.hpp"
#include "app/catch_up.hpp"
#include "app/clock.hpp"
#include "app/console.hpp"
#include "app/country_config.hpp"
#include "app/dispatcher.hpp"
#include "app/engine.hpp"
#include "app/hearing_operations.hpp"
#include "app/metrics.hpp"
#include "app/operations.hpp"
#include "app/options.hpp"
#include "channels/all.hpp"
#include "channels/opencrvs/auth_key.hpp"
#include "channels/opencrvs/target.hpp"
#include "channels/opencrvs/webhook_subscriptions.hpp"
#include "channels/webhook/gap.hpp"
#include "core/io_pool.hpp"
#include "core/published.hpp"
#include "http/server.hpp"
#include "registration/registrar.hpp"
#include "store/store.hpp"
#include "upstream/curl_upstream.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

/// What a running mediator is made of; for the files of Application alone.
namespace ocm::app {

struct Application::Impl {
    Impl(config::LoadInput load_input, std::shared_ptr<const config::Config> configuration)
        : input(std::move(load_input)), config(std::move(configuration)), pool(io_threads(*config)) {}

    // In the order they are built; they go in the reverse.
    config::LoadInput input;
    std::shared_ptr<const config::Config> config;  // as loaded at start; what the console changes is in `settings`
    SystemClock clock;
    SystemIds ids;
    Metrics metrics;
    IoPool pool;
    boost::asio::thread_pool background{1};  // parses large answers off the io threads
    std::unique_ptr<store::Store> store;
    std::unique_ptr<upstream::CurlUpstream> upstream;
    std::shared_ptr<const AccessTokens> tokens;
    std::unique_ptr<opencrvs::Target> target;
    std::unique_ptr<opencrvs::WebhookSubscriptions> hub;  // ours at a 1.x target; may be empty
    webhook::GapLog gaps;                                 // that `catch_up` fills
    std::unique_ptr<CatchUp> catch_up;                    // may be empty: nothing is looked up
    std::unique_ptr<HearingOperations> hearing;
    Published<webhook::SubscriptionDirectory> subscriptions{std::make_shared<const webhook::SubscriptionDirectory>()};
    webhook::Publish publish;  // how subscribers hear of what happened
    RuntimeSettings runtime;
    std::unique_ptr<Engine> engine;
    std::unique_ptr<Dispatcher> dispatcher;
    std::unique_ptr<opencrvs::AuthKey> auth_key;  // of triggers; empty where we do not stand in front
    std::unique_ptr<CountryConfigFront> front;    // of the country configuration; may be empty
    std::unique_ptr<http::Server> front_server;
    std::unique_ptr<Operations> operations;
    std::unique_ptr<Admin> admin;
    std::unique_ptr<http::Server> server;
    std::unique_ptr<http::Server> admin_server;
    std::unique_ptr<ConsoleSettings> console;
    std::unique_ptr<registration::Registrar> registrar;
    std::mutex target_mutex;
    std::optional<opencrvs::RefreshReport> target_report;
    std::optional<std::string> hub_trouble;  // empty: subscribed; absent: not looked yet
    std::atomic<bool> stopping{false};
    std::string admin_file;

    Ports ports() { return {*upstream, *store, clock, ids}; }

    Result<void> build();
    Result<void> open_store();
    Result<void> build_target();
    Result<void> build_channels();
    void build_catch_up();
    std::shared_ptr<const webhook::Detour> build_detour();
    Result<notification::Granted> grant(const std::string& client_id, const std::string& key);
    void configure_dispatcher();
    Result<void> listen();
    Result<void> listen_in_front();
    void build_registrar();
    Result<void> listen_admin();

    void clients_changed();
    Result<void> read_clients();
    Result<void> read_subscriptions();
    void subscriptions_changed();
    void settings_changed(const std::shared_ptr<const config::Config>& now);
    void target_refreshed(const opencrvs::RefreshReport& report);
    void hub_synced(const Result<opencrvs::SyncReport>& done);
    Readiness readiness();
    void refresh_metrics();

    Task<void> tick_forever();
    Task<void> release_forever();
    Task<void> erase_forever();
    Task<int> wait_for_end();
    void stop_everything();

    template <class T>
    T block_on(Task<T> task) {
        return boost::asio::co_spawn(pool.context(0), std::move(task), boost::asio::use_future).get();
    }
};

}  // namespace ocm::app
