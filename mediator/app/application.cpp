// SPDX-License-Identifier: MPL-2.0
#include "app/application_impl.hpp"
#include "app/catch_up_report.hpp"
#include "app/country.hpp"
#include "app/hearing.hpp"
#include "app/invoker.hpp"
#include "app/log.hpp"
#include "app/one_shot.hpp"
#include "config/report.hpp"
#include "core/hash.hpp"
#include "registration/delivery_report.hpp"
#include "registration/describe.hpp"
#include "registration/late_completion.hpp"
#include "registration/outgoing.hpp"

#include <boost/asio/detached.hpp>
#include <boost/asio/signal_set.hpp>
#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include <csignal>
#include <future>
#include <malloc.h>
#include <unistd.h>

namespace ocm::app {
namespace {

namespace asio = boost::asio;

constexpr Milliseconds tick{1'000};
constexpr std::chrono::hours retention_interval{1};
constexpr std::chrono::seconds release_interval{30};

Result<std::shared_ptr<const config::Config>> checked(const config::LoadOutcome& outcome) {
    for (const auto& warning : outcome.warnings) spdlog::warn("{}: {}", warning.path, warning.message);
    if (outcome.config) return outcome.config;
    return fail(ErrorCode::bad_request, "the configuration cannot be used; check-config says the same\n" +
                                            config::format_problems(outcome.errors));
}

}  // namespace

Result<std::unique_ptr<Application>> Application::start(config::LoadInput input) {
    auto config = checked(config::load(input));
    if (!config) return fail(config.error());
    configure_log((*config)->text("log.level"), (*config)->text("log.format") == "json");
    auto impl = std::make_unique<Impl>(std::move(input), *config);
    auto built = impl->build();
    if (!built) {
        impl->stop_everything();
        return fail(built.error());
    }
    return std::unique_ptr<Application>(new Application(std::move(impl)));
}

Application::Application(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Application::~Application() = default;

Result<void> Application::Impl::build() {
    // A write to a socket the other side has closed is an error of that write, not the end of the process.
    std::signal(SIGPIPE, SIG_IGN);
    if (auto opened = open_store(); !opened) return opened;
    pool.start();
    upstream = std::make_unique<upstream::CurlUpstream>(pool, upstream_options(*config));
    if (auto made = build_target(); !made) return made;
    auto key = load_signing_key(config->text("server.token_key_file"), config->text("store.path"));
    if (!key) return fail(std::move(key.error()));
    tokens = std::make_shared<const AccessTokens>(std::move(*key));

    if (auto built = build_channels(); !built) return built;
    // Before the outbox begins: to an empty directory every subscription would be one that was removed.
    if (auto known = read_subscriptions(); !known) return known;
    // And whose they are: to an empty one nobody's would be told.
    if (auto known = read_clients(); !known) return known;
    hearing = std::make_unique<HearingOperations>(*store, clock);
    operations = std::make_unique<Operations>(
        Operations::Deps{*store, clock, ids, [this] { clients_changed(); }, [this] { dispatcher->changed(); },
                         envelope_options(*config), target.get(), [this] { subscriptions_changed(); }, upstream.get(),
                         proof_options(*config), hearing.get(), config->target(config->active_target()).version,
                         publish, [this](const Ended& ended) { return dispatcher->report_of(ended); }});
    // And the codes of places: to an empty crosswalk every place of another system would be unknown.
    if (auto known = block_on(operations->crosswalk().publish()); !known) return known;
    console = std::make_unique<ConsoleSettings>(input, ports(), [this](const auto& now) { settings_changed(now); });
    block_on(console->load_last_good());
    settings_changed(console->current());
    if (auto listening = listen(); !listening) return listening;
    if (auto listening = listen_in_front(); !listening) return listening;
    if (auto options = subscription_options(*config, server->port())) {
        hub = std::make_unique<opencrvs::WebhookSubscriptions>(std::move(*options), ports());
    }
    hearing->attach(hub.get(), catch_up.get());
    build_registrar();
    // Last, for readiness looks at everything.
    if (auto listening = listen_admin(); !listening) return listening;
    // What the start needed once (the parsed form configuration above all) goes back to the system.
    ::malloc_trim(0);
    return {};
}

Result<void> Application::Impl::open_store() {
    auto opened = store::Store::open(store_options(*config));
    if (!opened) return fail(opened.error());
    store = std::move(*opened);
    return {};
}

Result<void> Application::Impl::build_target() {
    auto map = load_country_map(*config);
    if (!map) return fail(map.error());
    auto options = target_options(*config);
    options.background = background.get_executor();
    options.on_refresh = [this](const opencrvs::RefreshReport& report) { target_refreshed(report); };
    target = std::make_unique<opencrvs::Target>(std::move(options), std::move(*map), ports());
    block_on(target->start());
    asio::co_spawn(pool.context(0), target->keep_current(), asio::detached);
    return {};
}

Result<void> Application::Impl::build_channels() {
    auto mapping = load_dhis2_mapping(*config);
    if (!mapping) return fail(mapping.error());
    ChannelDeps deps{*target, runtime,
                     [this](const std::string& destination) { return dispatcher->is_down(destination); },
                     [this](const std::string& destination, int change) { dispatcher->live(destination, change); }};
    deps.dhis2 = std::make_shared<const dhis2::Mapping>(std::move(*mapping));
    deps.access.grant = [this](const std::string& id, const std::string& key) { return grant(id, key); };
    deps.webhook.subscriptions = [this] { return subscriptions.load(); };
    deps.webhook.client = [this](const std::string& id) { return engine->clients()->by_id(id); };
    deps.webhook.callbacks = [policy = callback_policy(*config)] { return policy; };
    deps.webhook.fhir_base = fhir_base(*config);
    deps.webhook.origin = proof_options(*config).origin;
    deps.webhook.detour = build_detour();
    deps.webhook.changed = [this] { subscriptions_changed(); };
    deps.webhook.version = config->target(config->active_target()).version;
    if (catch_up_options(*config)) {
        deps.webhook.replay = [this](const std::string& subscription, WallTime since) {
            if (catch_up) catch_up->replay(subscription, since);
        };
    }
    deps.access.public_key = [this] { return tokens->public_pem(); };
    deps.inbound = inbound_deps(*config);
    build_catch_up();
    if (auto ask = ask_options(*config)) deps.ask_back = std::make_shared<opencrvs::AskBack>(std::move(*ask), clock);
    publish = publisher(deps);
    engine = std::make_unique<Engine>(all_channels(deps), ports(), metrics);
    engine->accept_tokens(tokens);
    auto kinds = all_deliveries(deps);
    if (!config->stand_alone()) {
        kinds.push_back(registration::make_late_completion(*upstream, clock, ids, openhim_options(*config)));
        kinds.push_back(registration::make_delivery_report(*upstream, clock, ids, openhim_options(*config),
                                                           std::string(webhook::channel_title)));
    }
    dispatcher = std::make_unique<Dispatcher>(
        Dispatcher::Deps{
            *store, ports(), metrics, std::move(kinds), [this] { return engine->settings()->envelope; },
            [this] { subscriptions_changed(); },
            config->stand_alone() ? Reported::off : reported(config->text("channels.webhook.openhim_record"))},
        pool.context(0).get_executor());
    engine->on_queued([this] { dispatcher->changed(); });
    return {};
}

std::shared_ptr<const webhook::Detour> Application::Impl::build_detour() {
    auto options = outgoing_options(*config);
    if (!options) return nullptr;
    const auto outgoing =
        std::make_shared<registration::Outgoing>(*upstream, clock, ids, openhim_options(*config), std::move(*options));
    webhook::Detour out;
    out.through = [outgoing](UpstreamCall call, SteadyTime deadline) {
        return outgoing->through(std::move(call), deadline);
    };
    out.passed = [outgoing](const std::string& url, const UpstreamReply& reply) {
        return outgoing->passed(url, reply);
    };
    return std::make_shared<const webhook::Detour>(std::move(out));
}

void Application::Impl::build_catch_up() {
    auto options = catch_up_options(*config);
    if (!options) return;
    CatchUp::Deps deps{*store, ports(), {}};
    deps.kind_of = [this, version = options->search.version](std::string_view type) {
        return looked_up_kind(type, version, *target);
    };
    deps.offices = [this] { return offices_of(*target); };
    deps.queued = [this] { dispatcher->changed(); };
    deps.gaps = &gaps;
    catch_up = std::make_unique<CatchUp>(std::move(*options), std::move(deps));
}

Result<notification::Granted> Application::Impl::grant(const std::string& client_id, const std::string& key) {
    const auto clients = engine->clients();
    auto shown = authenticate(*clients, client_id, key, clock.now());
    if (!shown) return fail(std::move(shown.error()));
    return notification::Granted{tokens->issue(*shown, clock.now()), std::move(shown->client)};
}

/// Begins the outbox's work the first time, when settings and clients are known.
void Application::Impl::configure_dispatcher() {
    std::set<std::string> held;
    const auto clients = engine->clients();
    for (const auto& client : clients->all()) {
        if (!client->enabled) held.insert(client->id);
    }
    dispatcher->configure(delivery_policies(*console->current()), std::move(held));
}

Result<void> Application::Impl::listen() {
    server = std::make_unique<http::Server>(
        pool, server_options(*config), [this](HttpRequest request) { return engine->handle(std::move(request)); },
        [this](http::Refusal refusal) {
            return engine->refuse(std::move(refusal.request), refusal.status, std::move(refusal.reason));
        });
    return server->listen();
}

Result<void> Application::Impl::listen_in_front() {
    auto options = country_config_options(*config);
    if (!options) return {};
    auth_key = std::make_unique<opencrvs::AuthKey>(opencrvs::AuthKeyOptions{options->auth_url}, *upstream, clock);
    front = std::make_unique<CountryConfigFront>(
        std::move(*options),
        CountryConfigFront::Deps{ports(), metrics, *engine, *auth_key, gaps, [this] { dispatcher->changed(); }});
    front_server = std::make_unique<http::Server>(
        pool, country_config_server(*config), [this](HttpRequest request) { return front->handle(std::move(request)); },
        [this](http::Refusal refusal) { return front->refuse(std::move(refusal)); });
    asio::co_spawn(pool.context(0), front->learn_key(), asio::detached);
    return front_server->listen();
}

void Application::Impl::build_registrar() {
    if (config->stand_alone()) return;
    auto options = openhim_options(*config);
    options.public_port = server->port();
    registration::Registrar::Callbacks callbacks;
    callbacks.describe = [this, options] {
        return registration::describe(engine->channels(), options, console->published());
    };
    callbacks.apply_config = [this](Json parameters) { return console->apply(std::move(parameters)); };
    registrar = std::make_unique<registration::Registrar>(*upstream, clock, ids, options, std::move(callbacks));
    asio::co_spawn(pool.context(0), registrar->run(), asio::detached);
}

Result<void> Application::Impl::listen_admin() {
    const auto token = base64url(random_bytes(32));
    admin = std::make_unique<Admin>(
        AdminDeps{[this] { return readiness(); }, [this] { refresh_metrics(); }, metrics, token,
                  [this](std::string command, Json args, std::string actor) {
                      return operations->run(std::move(command), std::move(args), std::move(actor));
                  }});
    admin_server = std::make_unique<http::Server>(
        pool, admin_options(*config), [this](HttpRequest request) { return admin->handle(std::move(request)); },
        [](http::Refusal refusal) -> Task<HttpResponse> {
            co_return text_response(refusal.status, refusal.reason + "\n");
        });
    if (auto listening = admin_server->listen(); !listening) return listening;

    admin_file = admin_file_path(config->text("store.path"));
    return write_admin_file(admin_file, {admin_url(config->text("admin.host"), admin_server->port()), token});
}

Result<void> Application::Impl::read_clients() {
    auto reader = store->reader();
    auto all = reader ? (*reader)->clients() : Result<std::vector<store_ops::Client>>(fail(reader.error()));
    if (!all) return fail(std::move(all.error()));
    engine->set_clients(std::make_shared<const ClientDirectory>(std::move(*all)));
    return {};
}

void Application::Impl::clients_changed() {
    if (const auto read = read_clients(); !read) {
        spdlog::error("the clients could not be read: {}", read.error().message);
        return;
    }
    subscriptions_changed();  // those of a client that was removed went with it
    configure_dispatcher();
}

Result<void> Application::Impl::read_subscriptions() {
    auto reader = store->reader();
    auto all = reader ? (*reader)->subscriptions() : Result<std::vector<Subscription>>(fail(reader.error()));
    if (!all) return fail(std::move(all.error()));
    subscriptions.store(std::make_shared<const webhook::SubscriptionDirectory>(std::move(*all)));
    return {};
}

void Application::Impl::subscriptions_changed() {
    const auto read = read_subscriptions();
    if (!read) spdlog::error("the subscriptions could not be read: {}", read.error().message);
}

void Application::Impl::settings_changed(const std::shared_ptr<const config::Config>& now) {
    configure_log(now->text("log.level"), now->text("log.format") == "json");
    RetryPolicy retry;
    retry.attempts = static_cast<unsigned>(now->integer("channels.notification.retry.attempts"));
    retry.backoff.first = now->duration("channels.notification.retry.first_wait");
    retry.backoff.cap = now->duration("channels.notification.retry.max_wait");
    target->set_retry(retry);
    runtime.notification_hold = now->flag("channels.notification.hold");
    runtime.stillbirths_as_death = now->text("channels.notification.stillbirths") == "as-death";
    runtime.notification_park = now->text("channels.notification.unknown_facility") == "park";
    engine->apply(std::make_shared<const EngineSettings>(engine_settings(*now, engine->channels())));
    configure_dispatcher();
}

Task<void> Application::Impl::tick_forever() {
    while (!stopping) {
        const bool slept = co_await clock.sleep(tick);
        if (!slept) co_return;
        if (engine->unrecorded() != 0) co_await engine->record_pending();
    }
}

Task<void> Application::Impl::release_forever() {
    std::shared_ptr<const opencrvs::Snapshot> places;
    auto since = clock.steady() - release_interval;
    while (!stopping) {
        // A change of the crosswalk releases at once; what was parked at that very moment is found here.
        const auto now_known = target->snapshot();
        if (now_known != places || clock.steady() - since >= release_interval) {
            places = now_known;
            since = clock.steady();
            auto released = co_await operations->crosswalk().release("crosswalk");
            if (!released) spdlog::error("parked deliveries could not be released: {}", released.error().message);
            if (released && *released != 0)
                spdlog::info("{} parked deliveries are released: what they waited for is known", *released);
        }
        const bool slept = co_await clock.sleep(tick);
        if (!slept) co_return;
    }
}

Task<void> Application::Impl::erase_forever() {
    while (!stopping) {
        store::EraseRequest request;
        request.older_than = clock.now() - config->duration("store.retention");
        request.actor = "retention";
        auto erased = co_await store->erase_parts(std::move(request));
        if (!erased) spdlog::warn("retention: {}", erased.error().message);
        const bool slept = co_await clock.sleep(std::chrono::duration_cast<Milliseconds>(retention_interval));
        if (!slept) co_return;
    }
}

Task<int> Application::Impl::wait_for_end() {
    asio::signal_set signals(pool.context(0), SIGTERM, SIGINT);
    co_await signals.async_wait(asio::use_awaitable);
    spdlog::info("stopping: answering what is in progress");
    stopping = true;
    // A second signal ends the process as it stands: everything acknowledged is on disk.
    signals.cancel();
    signals.clear();
    std::signal(SIGTERM, SIG_DFL);
    std::signal(SIGINT, SIG_DFL);
    if (catch_up) catch_up->stop();
    server->stop_accepting();
    if (front_server) front_server->stop_accepting();
    bool clean = co_await server->drain(config->duration("server.shutdown_grace"));
    if (front_server) {
        const bool drained = co_await front_server->drain(config->duration("server.shutdown_grace"));
        clean = clean && drained;
    }
    if (!clean) spdlog::warn("some requests did not end in time and were cut off");
    co_await dispatcher->drain(config->duration("server.shutdown_grace"));
    if (engine->unrecorded() != 0) co_await engine->record_pending();
    if (registrar) registrar->stop();
    admin_server->stop_accepting();
    admin_server->abort();
    co_return 0;
}

void Application::Impl::stop_everything() {
    stopping = true;
    if (!admin_file.empty()) ::unlink(admin_file.c_str());
    if (registrar) registrar->stop();
    if (upstream) upstream->shutdown();
    if (store) store->close();
    pool.stop();
    background.join();
}

int Application::run() {
    auto& impl = *impl_;
    asio::co_spawn(impl.pool.context(0), impl.tick_forever(), asio::detached);
    asio::co_spawn(impl.pool.context(0), impl.release_forever(), asio::detached);
    asio::co_spawn(impl.pool.context(0), impl.erase_forever(), asio::detached);
    asio::co_spawn(impl.pool.context(0), impl.dispatcher->count_forever(), asio::detached);
    if (impl.hub) {
        asio::co_spawn(impl.pool.context(0),
                       impl.hub->keep_current([&impl](const auto& done) { impl.hub_synced(done); }), asio::detached);
    }
    if (impl.catch_up) asio::co_spawn(impl.pool.context(0), impl.catch_up->run(), asio::detached);
    auto end = asio::co_spawn(impl.pool.context(0), impl.wait_for_end(), asio::use_future);
    spdlog::info("ready: listening on {}:{}, admin on {}:{}", impl.config->text("server.host"), impl.server->port(),
                 impl.config->text("admin.host"), impl.admin_server->port());
    if (impl.front_server) {
        spdlog::info("in front of {}: listening on {}:{}", impl.config->text("channels.webhook.country_config.url"),
                     impl.config->text("channels.webhook.country_config.host"), impl.front_server->port());
    }
    const int code = end.get();
    impl.stop_everything();
    spdlog::info("stopped");
    return code;
}

}  // namespace ocm::app
