// SPDX-License-Identifier: MPL-2.0
#include "support/sandbox/triggers.hpp"

#include "core/jwt.hpp"
#include "http/server.hpp"
#include "support/sandbox/service.hpp"
#include "upstream/curl_upstream.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>

#include <mutex>
#include <stdexcept>

namespace ocm::sandbox {
namespace {

/// OpenCRVS sets none; a test must end.
constexpr Milliseconds no_timeout{60'000};

UpstreamCall call_to(std::string url, std::string authorization, std::string body) {
    UpstreamCall call;
    call.name = "sandbox";
    call.method = "POST";
    call.url = std::move(url);
    call.headers.set("Content-Type", "application/json");
    if (!authorization.empty()) call.headers.set("Authorization", std::move(authorization));
    call.body = std::move(body);
    call.timeout = no_timeout;
    return call;
}

std::string number_for(const Json& event) {
    const auto* letter = text_member(event, "type") == "death" ? "D" : "B";
    return std::string(text_member(event, "createdAt").substr(0, 4)) + letter +
           std::string(text_member(event, "trackingId"));
}

}  // namespace

std::optional<ActionTrigger> Service::ask_action(std::string_view id, std::string_view type, WallTime now) {
    auto* event = records_->find(id);
    if (event == nullptr) return std::nullopt;
    const Actor registrar{"eeeeeeee-0000-4000-8000-000000000001", "user", "LOCAL_REGISTRAR"};
    ActionTrigger out;
    out.record = id;
    out.type = type;
    out.action = records_->act(*event, type, "Requested", registrar, now, {{"declaration", Json::object()}});
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
    const std::string type_of_scope = options_.version < "2.0" ? "" : "type=";  // 1.9 has bare names
    out.token = signer_->sign(
        {{"scope", {type_of_scope + "record.confirm-registration", type_of_scope + "record.reject-registration"}},
         {"eventId", out.record},
         {"actionId", out.action},
         {"sub", registrar.id},
         {"iat", seconds},
         {"exp", seconds + 604'800},
         {"iss", "opencrvs:auth-service"},
         {"aud", {"opencrvs:gateway-user", "opencrvs:countryconfig-user"}}});
    out.path = "/trigger/events/" + std::string(text_member(*event, "type")) + "/actions/" + out.type;
    out.body = dump_json(*event);
    return out;
}

bool Service::end_action(const ActionTrigger& asked, int status, const Json& answer, WallTime now) {
    auto* event = records_->find(asked.record);
    const Actor registrar{"eeeeeeee-0000-4000-8000-000000000001", "user", "LOCAL_REGISTRAR"};
    Json extra{{"originalActionId", asked.action}, {"declaration", Json::object()}};
    if (status == 202) return true;
    if (status == 400) {
        records_->act(*event, asked.type, "Rejected", registrar, now, extra);
        return true;
    }
    const auto number = text_member(answer, "registrationNumber");
    // "Invalid payload received from country config action confirmation API"
    if (status != 200 || (asked.type == "REGISTER" && number.empty())) return false;
    if (!number.empty()) extra["registrationNumber"] = number;
    if (const auto* declaration = member(answer, "declaration")) extra["declaration"] = *declaration;
    records_->act(*event, asked.type, "Accepted", registrar, now, extra);
    return true;
}

Triggered trigger(Sandbox& sandbox, std::string_view id, std::string_view type, const std::string& url) {
    const auto asked = sandbox.ask_action(id, type);
    if (!asked) throw std::runtime_error("there is no such record");
    IoPool pool(1);
    upstream::CurlUpstream upstream(pool, {});
    pool.start();
    const auto reply =
        boost::asio::co_spawn(pool.context(0),
                              upstream.send(call_to(url + asked->path, "Bearer " + asked->token, asked->body),
                                            std::chrono::steady_clock::now() + no_timeout),
                              boost::asio::use_future)
            .get();
    upstream.shutdown();
    pool.stop();
    Triggered out;
    out.action = asked->action;
    out.status = reply ? reply->status : 0;
    const auto answer = reply ? parse_json(reply->body) : Result<Json>(Json());
    out.told = sandbox.end_action(*asked, out.status, answer.value_or(Json())) ? 200 : 500;
    return out;
}

struct CountryConfig::Impl {
    Impl(VerifyingKey of_auth, std::vector<std::string> to)
        : key(std::move(of_auth)), forward_to(std::move(to)), pool(1), upstream(pool, {}) {}

    static Task<HttpResponse> handle(Impl* self, HttpRequest request) {
        if (request.method == "GET" && request.path == "/ping") co_return json_response(200, R"({"success":true})");
        if (request.method != "POST" || !request.path.starts_with("/trigger/events/"))
            co_return json_response(404, R"({"statusCode":404,"error":"Not Found","message":"Not Found"})");
        const auto shown = request.headers.get("authorization");
        if (!shown.starts_with("Bearer ") || !self->key.verify(shown.substr(7)))
            co_return json_response(401, R"({"statusCode":401,"error":"Unauthorized","message":"Invalid token"})");
        const auto event = parse_json(request.body);
        if (!event) co_return json_response(400, R"({"statusCode":400,"error":"Bad Request"})");
        int status = 200;
        {
            const std::lock_guard lock(self->mutex);
            self->seen.push_back(*event);
            status = self->status;
        }
        Json answer = Json::object();
        if (status == 200 && request.path.ends_with("/REGISTER")) answer["registrationNumber"] = number_for(*event);
        // One after the other, and whoever asked waits for it; nobody looks at how it went.
        auto copy = *event;
        copy["actions"].back()["status"] = "Accepted";
        for (const auto& url : self->forward_to) {
            auto call = call_to(url, {}, dump_json(copy));
            const auto sent =
                co_await self->upstream.send(std::move(call), std::chrono::steady_clock::now() + no_timeout);
            static_cast<void>(sent);
        }
        co_return json_response(status, dump_json(answer));
    }

    VerifyingKey key;
    std::vector<std::string> forward_to;
    mutable std::mutex mutex;
    int status = 200;
    std::vector<Json> seen;
    IoPool pool;
    upstream::CurlUpstream upstream;
    std::unique_ptr<http::Server> server;
};

CountryConfig::CountryConfig(const Sandbox& sandbox, std::vector<std::string> forward_to) {
    auto key = VerifyingKey::from_pem(sandbox.public_pem());
    if (!key) throw std::runtime_error(key.error().message);
    impl_ = std::make_unique<Impl>(std::move(*key), std::move(forward_to));
    impl_->server = std::make_unique<http::Server>(
        impl_->pool, http::ServerOptions{},
        [self = impl_.get()](HttpRequest request) { return Impl::handle(self, std::move(request)); },
        [](http::Refusal refusal) -> Task<HttpResponse> { co_return text_response(refusal.status, refusal.reason); });
    const auto listening = impl_->server->listen();
    if (!listening) throw std::runtime_error(listening.error().message);
    impl_->pool.start();
}

CountryConfig::~CountryConfig() {
    impl_->server->abort();
    impl_->upstream.shutdown();
    impl_->pool.stop();
}

std::string CountryConfig::url() const {
    return "http://127.0.0.1:" + std::to_string(impl_->server->port());
}

void CountryConfig::answers(int status) {
    const std::lock_guard lock(impl_->mutex);
    impl_->status = status;
}

std::vector<Json> CountryConfig::triggers() const {
    const std::lock_guard lock(impl_->mutex);
    return impl_->seen;
}

}  // namespace ocm::sandbox
