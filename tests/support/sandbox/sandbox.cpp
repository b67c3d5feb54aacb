// SPDX-License-Identifier: MPL-2.0
#include "support/sandbox/sandbox.hpp"

#include "http/server.hpp"
#include "support/sandbox/front.hpp"
#include "support/sandbox/outgoing.hpp"
#include "support/sandbox/service.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <deque>
#include <mutex>
#include <stdexcept>

namespace ocm::sandbox {
namespace asio = boost::asio;
namespace {

constexpr std::size_t max_requests = 1000;
constexpr const char* no_record = R"({"message":"there is no such record"})";

WallTime wall_now() {
    return std::chrono::time_point_cast<Milliseconds>(std::chrono::system_clock::now());
}

Task<void> wait(Milliseconds time) {
    asio::steady_timer timer(co_await asio::this_coro::executor, time);
    const auto [error] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    static_cast<void>(error);
}

HttpResponse spoilt(const Fault& fault, HttpResponse proper) {
    switch (fault.kind) {
        case Fault::Kind::status:
            return json_response(fault.status, fault.body.empty() ? R"({"message":"made to fail"})" : fault.body);
        case Fault::Kind::garbage:
            return text_response(200, fault.body.empty() ? "<html>This is not JSON" : fault.body);
        case Fault::Kind::reset:
        case Fault::Kind::hang:
            proper.headers.set(cut_field, "reset");
            return proper;
        case Fault::Kind::truncate:
            if (proper.body.size() < 2) proper.body = R"({"message":"cut short"})";
            proper.headers.set(cut_field, "truncate");
            return proper;
        case Fault::Kind::latency:
        case Fault::Kind::country_config:
            break;
    }
    return proper;
}

/// Whether the fault stands in the place of the work, which is then not done.
bool replaces(const Fault& fault) {
    return !fault.after && fault.kind != Fault::Kind::latency && fault.kind != Fault::Kind::country_config;
}

Service make_service(SandboxOptions options) {
    auto service = Service::make(std::move(options));
    if (!service) throw std::runtime_error(service.error().message);
    return *std::move(service);
}

}  // namespace

struct Sandbox::Impl {
    explicit Impl(SandboxOptions options)
        : host(options.host),
          wanted_port(options.port),
          serves_webhooks(options.version < "2.0"),
          forward_to(options.version < "1.9" ? std::vector<std::string>{} : options.forward_actions_to),
          country_config(options.version < "1.9" ? std::string() : options.country_config),
          service(make_service(std::move(options))),
          pool(1) {}

    std::string host;
    std::uint16_t wanted_port;
    bool serves_webhooks;
    std::vector<std::string> forward_to;
    std::string country_config;
    mutable std::mutex mutex;  // of what follows, up to the pool
    Service service;
    Faults faults;
    std::deque<Json> log;

    IoPool pool;  // after the state: requests it abandons are destroyed while that stands
    Outgoing outgoing{pool};
    std::unique_ptr<http::Server> server;
    std::unique_ptr<Front> front;

    template <class Do>
    auto locked(Do&& what) {
        const std::lock_guard lock(mutex);
        return what(service);
    }

    static Task<HttpResponse> handle(Impl* self, HttpRequest request) {
        std::optional<Fault> fault;
        if (!request.path.starts_with("/sandbox/")) {
            const std::lock_guard lock(self->mutex);
            fault = self->faults.take(request.method, request.path);
        }
        if (fault && !fault->after && fault->wait > Milliseconds::zero()) co_await wait(fault->wait);
        HttpResponse answer = json_response(200, "{}");
        if (!fault || !replaces(*fault)) answer = co_await carry_out(self, request, fault);
        if (fault && fault->after && fault->wait > Milliseconds::zero()) co_await wait(fault->wait);
        if (fault) answer = spoilt(*fault, std::move(answer));
        self->remember(request, answer.status);
        co_return answer;
    }

    static Task<HttpResponse> refuse(http::Refusal refusal) { co_return text_response(refusal.status, refusal.reason); }

    static Task<HttpResponse> carry_out(Impl* self, HttpRequest request, std::optional<Fault> fault) {
        if (self->serves_webhooks && (request.path == "/webhooks" || request.path.starts_with("/webhooks/"))) {
            auto answer = co_await webhooks(self, std::move(request));
            co_return answer;
        }
        if (request.method == "POST" && request.path.starts_with("/sandbox/register/")) {
            const auto done = co_await register_record(self, request.path.substr(18));
            if (done.is_null()) co_return json_response(404, no_record);
            co_return json_response(200, dump_json(done));
        }
        auto answer = self->work(request, fault);
        co_await forward(self);
        co_return answer;
    }

    static Task<HttpResponse> webhooks(Impl* self, HttpRequest request) {
        auto outcome = self->locked([&request](Service& service) { return service.webhooks(request, wall_now()); });
        if (auto* answer = std::get_if<HttpResponse>(&outcome)) co_return std::move(*answer);
        const auto verification = std::get<HubVerification>(outcome);
        const auto body = co_await self->outgoing.get(verification.url);
        co_return self->locked([&](Service& service) { return service.verified(verification, body, wall_now()); });
    }

    /// What the country configuration sends, one after the other: whoever asked for the action waits for it.
    static Task<void> forward(Impl* self) {
        const auto copies = self->locked([](Service& service) { return service.take_forwards(); });
        for (const auto& copy : copies) {
            for (const auto& url : self->forward_to) co_await self->outgoing.post_once(url, copy);
        }
    }

    /// Whether the country configuration lets an action take effect, which it then has.
    static Task<bool> ask_country(Impl* self, std::string key, std::string type) {
        const auto asked = self->locked([&](Service& service) { return service.ask_action_of(key, type, wall_now()); });
        if (!asked) co_return false;
        auto reply = co_await self->outgoing.ask(self->country_config + asked->path, asked->token, asked->body);
        const auto answer = reply ? parse_json(reply->body) : Result<Json>(Json());
        const int status = reply ? reply->status : 0;
        const bool ended = self->locked(
            [&](Service& service) { return service.end_action(*asked, status, answer.value_or(Json()), wall_now()); });
        co_return (ended && status == 200);
    }

    /// Tracking id and registration number, null where there is no such record.
    static Task<Json> register_record(Impl* self, std::string key) {
        auto legacy = self->locked([&key](Service& service) { return service.register_legacy(key, wall_now()); });
        if (legacy) {
            self->outgoing.queue(std::move(legacy->deliveries));
            co_return std::move(legacy->answer);
        }
        for (const auto* type : {"DECLARE", "REGISTER"}) {
            if (!self->country_config.empty()) {
                const bool goes_on = co_await ask_country(self, key, type);
                if (!goes_on) break;
                continue;
            }
            const bool asked =
                self->locked([&](Service& service) { return service.request_action(key, type, wall_now()); });
            if (!asked) break;
            co_await forward(self);
            self->locked([&](Service& service) { service.accept_action(key, type, wall_now()); });
        }
        co_return self->locked([&key](Service& service) { return service.number_of(key).value_or(nullptr); });
    }

    HttpResponse work(const HttpRequest& request, const std::optional<Fault>& fault) {
        const std::lock_guard lock(mutex);
        if (request.path.starts_with("/sandbox/")) return inspect(request);
        const bool country = fault && fault->kind == Fault::Kind::country_config;
        return service.answer(request, wall_now(), country ? fault->status : 200);
    }

    HttpResponse inspect(const HttpRequest& request);

    void remember(const HttpRequest& request, int status) {
        if (request.path.starts_with("/sandbox/")) return;
        const std::lock_guard lock(mutex);
        log.push_back({{"method", request.method}, {"path", request.path}, {"status", status}});
        if (log.size() > max_requests) log.pop_front();
    }

    Json last_requests(std::size_t last) const {
        Json out = Json::array();
        for (std::size_t i = log.size() - std::min(last, log.size()); i < log.size(); ++i) out.push_back(log[i]);
        return out;
    }
};

HttpResponse Sandbox::Impl::inspect(const HttpRequest& request) {
    const std::string_view path = request.path;
    const auto done = [](bool found) { return found ? json_response(200, "{}") : json_response(404, no_record); };
    if (request.method == "GET" && path == "/sandbox/events") return json_response(200, dump_json(service.events()));
    if (request.method == "GET" && path.starts_with("/sandbox/events/")) {
        const auto event = service.event(path.substr(16));
        return event.is_null() ? done(false) : json_response(200, dump_json(event));
    }
    if (request.method == "GET" && path == "/sandbox/requests") {
        const auto last = query_value(request.query, "last").value_or("1000");
        const bool number = !last.empty() && last.size() < 6 && last.find_first_not_of("0123456789") == last.npos;
        return json_response(200, dump_json(last_requests(number ? std::stoul(last) : max_requests)));
    }
    if (path == "/sandbox/faults" && request.method == "DELETE") {
        faults.clear();
        return done(true);
    }
    if (path == "/sandbox/faults" && request.method == "POST") {
        const auto rules = parse_json(request.body);
        const auto added = rules ? faults.add(*rules) : Result<void>(fail(rules.error()));
        if (added) return done(true);
        return json_response(400, dump_json({{"message", added.error().message}, {"path", added.error().path}}));
    }
    if (request.method == "POST" && path.starts_with("/sandbox/assign/")) {
        return done(service.assign(path.substr(16), wall_now()));
    }
    return json_response(404, R"({"message":"the sandbox has no such page"})");
}

Sandbox::Sandbox(SandboxOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {
    auto& state = *impl_;
    http::ServerOptions server;
    server.limits.max_body = 50u << 20;  // the gateway's
    server.name = "sandbox";
    state.server = std::make_unique<http::Server>(
        state.pool, server,
        [inner = impl_.get()](HttpRequest request) { return Impl::handle(inner, std::move(request)); }, &Impl::refuse);
    const auto listening = state.server->listen();
    if (!listening) throw std::runtime_error(listening.error().message);
    state.front = std::make_unique<Front>(state.pool, state.host, state.wanted_port, state.server->port());
    state.pool.start();
}

Sandbox::~Sandbox() {
    impl_->pool.stop();
    impl_->front.reset();
    impl_->server.reset();
}

std::uint16_t Sandbox::port() const {
    return impl_->front->port();
}

std::string Sandbox::url() const {
    const auto host = impl_->host == "0.0.0.0" ? std::string("127.0.0.1") : impl_->host;
    return "http://" + host + ":" + std::to_string(port());
}

Json Sandbox::events() const {
    const std::lock_guard lock(impl_->mutex);
    return impl_->service.events();
}

Json Sandbox::event(std::string_view id) const {
    const std::lock_guard lock(impl_->mutex);
    return impl_->service.event(id);
}

Json Sandbox::requests(std::size_t last) const {
    const std::lock_guard lock(impl_->mutex);
    return impl_->last_requests(last);
}

void Sandbox::add_faults(const Json& document) {
    const std::lock_guard lock(impl_->mutex);
    const auto added = impl_->faults.add(document);
    if (!added) throw std::runtime_error(added.error().message);
}

void Sandbox::clear_faults() {
    const std::lock_guard lock(impl_->mutex);
    impl_->faults.clear();
}

void Sandbox::set_token_lifetime(std::chrono::seconds lifetime) {
    const std::lock_guard lock(impl_->mutex);
    impl_->service.set_token_lifetime(lifetime);
}

void Sandbox::set_client_active(std::string_view id, bool active) {
    const std::lock_guard lock(impl_->mutex);
    impl_->service.set_client_active(id, active);
}

bool Sandbox::assign(std::string_view id) {
    const std::lock_guard lock(impl_->mutex);
    return impl_->service.assign(id, wall_now());
}

bool Sandbox::register_event(std::string_view id) {
    auto done =
        asio::co_spawn(impl_->pool.context(0), Impl::register_record(impl_.get(), std::string(id)), asio::use_future);
    return !done.get().is_null();
}

std::optional<ActionTrigger> Sandbox::ask_action(std::string_view id, std::string_view type) {
    const std::lock_guard lock(impl_->mutex);
    return impl_->service.ask_action(id, type, wall_now());
}

bool Sandbox::end_action(const ActionTrigger& asked, int status, const Json& answer) {
    const std::lock_guard lock(impl_->mutex);
    return impl_->service.end_action(asked, status, answer, wall_now());
}

std::string Sandbox::public_pem() const {
    const std::lock_guard lock(impl_->mutex);
    return impl_->service.public_pem();
}

}  // namespace ocm::sandbox
