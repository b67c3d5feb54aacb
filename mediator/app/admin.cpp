// SPDX-License-Identifier: MPL-2.0
#include "app/admin.hpp"

#include "app/engine.hpp"
#include "core/hash.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace ocm::app {
namespace {

constexpr std::string_view commands_path = "/api/commands/";

Error error_of(ErrorCode code, std::string message) {
    return Error{code, std::move(message), "", std::nullopt};
}

}  // namespace

bool Readiness::degraded() const {
    return std::any_of(checks.begin(), checks.end(), [](const Check& check) { return !check.ok; });
}

Json Readiness::to_json() const {
    auto list = Json::array();
    for (const auto& check : checks) {
        list.push_back({{"name", check.name}, {"ok", check.ok}, {"detail", check.detail}});
    }
    return {{"status", !ready ? "not ready" : degraded() ? "degraded" : "ready"}, {"checks", std::move(list)}};
}

Task<HttpResponse> Admin::handle(HttpRequest request) const {
    const bool get = request.method == "GET" || request.method == "HEAD";
    if (get && request.path == "/health/live") co_return json_response(200, R"({"status":"live"})");
    if (get && request.path == "/health/ready") {
        const auto readiness = deps_.readiness();
        co_return json_response(readiness.ready ? 200 : 503, dump_json(readiness.to_json()));
    }
    if (get && request.path == "/metrics") {
        deps_.refresh_metrics();
        HttpResponse response;
        response.headers.set("content-type", "text/plain; version=0.0.4; charset=utf-8");
        response.body = deps_.metrics.text();
        co_return response;
    }
    if (!request.path.starts_with(commands_path)) {
        co_return plain_error(error_of(ErrorCode::not_found, "nothing is offered at this path"));
    }
    if (request.method != "POST") {
        auto response = plain_error(error_of(ErrorCode::method_not_allowed, "commands are sent with POST"));
        response.headers.set("allow", "POST");
        co_return response;
    }
    const auto authorization = request.headers.get("authorization");
    if (!constant_time_equal(authorization, "Bearer " + deps_.token)) {
        co_return plain_error(error_of(ErrorCode::unauthenticated, "the admin token is missing or wrong"));
    }
    auto args = parse_json(request.body.empty() ? "{}" : std::string_view(request.body));
    if (!args) co_return plain_error(args.error());
    if (!args->is_object()) {
        co_return plain_error(error_of(ErrorCode::bad_request, "the arguments are not a JSON object"));
    }
    auto result = co_await deps_.run(request.path.substr(commands_path.size()), std::move(*args),
                                     std::string(request.headers.get("x-actor")));
    if (!result) co_return plain_error(result.error());
    co_return json_response(200, dump_json(*result));
}

}  // namespace ocm::app
