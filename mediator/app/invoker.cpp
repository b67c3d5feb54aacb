// SPDX-License-Identifier: MPL-2.0
#include "app/invoker.hpp"

#include "app/clock.hpp"
#include "app/country.hpp"
#include "app/one_shot.hpp"
#include "app/operations.hpp"
#include "app/options.hpp"
#include "app/private_file.hpp"
#include "core/io_pool.hpp"
#include "store/store.hpp"
#include "upstream/curl_upstream.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <nlohmann/json.hpp>

#include <pwd.h>
#include <unistd.h>

namespace ocm::app {
namespace {

/// A store check of a large store takes its time; nothing else does.
constexpr std::chrono::minutes command_timeout{30};

Error error_of(const UpstreamReply& reply) {
    Error error{ErrorCode::internal, "the running mediator answered " + std::to_string(reply.status), "", std::nullopt};
    if (const auto body = parse_json(reply.body)) {
        if (const auto message = text_member(*body, "message"); !message.empty()) error.message = message;
        error.path = text_member(*body, "path");
    }
    if (reply.status == 400) error.code = ErrorCode::bad_request;
    if (reply.status == 404) error.code = ErrorCode::not_found;
    if (reply.status == 409) error.code = ErrorCode::conflict;
    if (reply.status == 401) error.code = ErrorCode::unauthenticated;
    return error;
}

}  // namespace

std::string admin_url(const std::string& host, std::uint16_t port) {
    const bool any = host == "0.0.0.0" || host == "::";
    const bool ipv6 = host.find(':') != std::string::npos;
    return "http://" + (any ? "127.0.0.1" : ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::string admin_file_path(const std::string& store_path) {
    return store_path + ".admin.json";
}

Result<void> write_admin_file(const std::string& path, const AdminFile& file) {
    return write_private_file(path, dump_json({{"url", file.url}, {"token", file.token}}));
}

Result<std::optional<AdminFile>> read_admin_file(const std::string& path) {
    auto text = read_private_file(path);
    if (!text) return fail(std::move(text.error()));
    if (!*text) return std::nullopt;
    const auto parsed = parse_json(**text);
    if (!parsed) return fail(ErrorCode::storage, "the admin token file is damaged", path);
    return AdminFile{std::string(text_member(*parsed, "url")), std::string(text_member(*parsed, "token"))};
}

std::string cli_actor() {
    const auto* user = ::getpwuid(::geteuid());
    return "cli:" + (user == nullptr ? std::to_string(::geteuid()) : std::string(user->pw_name));
}

struct Invoker::Impl {
    explicit Impl(std::shared_ptr<const config::Config> configuration) : config(std::move(configuration)), pool(1) {
        pool.start();
    }
    ~Impl() {
        if (store) store->close();
        upstream.shutdown();
        pool.stop();
    }

    /// Absent where no mediator runs (or its file is left over from one that was killed).
    Result<std::optional<Json>> run_remote(const std::string& command, const Json& args) {
        auto file = read_admin_file(admin_file_path(config->text("store.path")));
        if (!file) return fail(file.error());
        if (!*file) return std::nullopt;
        UpstreamCall call;
        call.name = "Command";
        call.method = "POST";
        call.url = (*file)->url + "/api/commands/" + command;
        call.headers = HttpHeaders{{"content-type", "application/json"},
                                   {"authorization", "Bearer " + (*file)->token},
                                   {"x-actor", cli_actor()}};
        call.body = dump_json(args);
        call.timeout = command_timeout;
        call.max_response = 256u << 20;
        auto reply =
            boost::asio::co_spawn(pool.context(0), upstream.send(std::move(call), clock.steady() + command_timeout),
                                  boost::asio::use_future)
                .get();
        if (!reply && reply.error().code == ErrorCode::unavailable) return std::nullopt;
        if (!reply) return fail(reply.error());
        if (reply->status != 200) return fail(error_of(*reply));
        auto parsed = parse_json(reply->body, JsonLimits{.nodes = 20'000'000});
        if (!parsed) return fail(ErrorCode::bad_gateway, "the running mediator gave an unreadable answer");
        return std::optional<Json>(std::move(*parsed));
    }

    Result<Json> run_local(const std::string& command, const Json& args) {
        if (!store) {
            auto opened = store::Store::open(store_options(*config));
            if (!opened) return fail(opened.error());
            store = std::move(*opened);
        }
        if (command.starts_with("crosswalk.")) {
            if (auto known = know_target(); !known) return fail(known.error());
        }
        Operations operations({*store,
                               clock,
                               ids,
                               {},
                               {},
                               {},
                               target.get(),
                               {},
                               &upstream,
                               proof_options(*config),
                               nullptr,
                               config->target(config->active_target()).version});
        return boost::asio::co_spawn(pool.context(0), operations.run(command, args, cli_actor()),
                                     boost::asio::use_future)
            .get();
    }

    /// The active target with its places as last read: nothing is asked of it.
    Result<void> know_target() {
        if (target) return {};
        auto map = load_country_map(*config);
        if (!map) return fail(map.error());
        target = std::make_unique<opencrvs::Target>(target_options(*config), std::move(*map),
                                                    Ports{upstream, *store, clock, ids});
        boost::asio::co_spawn(pool.context(0), target->start(), boost::asio::use_future).get();
        return {};
    }

    std::shared_ptr<const config::Config> config;
    IoPool pool;
    SystemClock clock;
    SystemIds ids;
    upstream::CurlUpstream upstream{pool, {}};
    std::unique_ptr<store::Store> store;
    std::unique_ptr<opencrvs::Target> target;
};

Invoker::Invoker(std::shared_ptr<const config::Config> config) : impl_(std::make_unique<Impl>(std::move(config))) {}
Invoker::~Invoker() = default;

Result<Json> Invoker::run(const std::string& command, const Json& args) {
    if (!impl_->store) {
        auto remote = impl_->run_remote(command, args);
        if (!remote) return fail(remote.error());
        if (*remote) return std::move(**remote);
    }
    return impl_->run_local(command, args);
}

}  // namespace ocm::app
