// SPDX-License-Identifier: MPL-2.0
#include "support/sandbox/http_answers.hpp"

namespace ocm::sandbox {
namespace {

std::string_view code_of(int status) {
    switch (status) {
        case 400:
            return "BAD_REQUEST";
        case 401:
            return "UNAUTHORIZED";
        case 403:
            return "FORBIDDEN";
        case 404:
            return "NOT_FOUND";
        case 409:
            return "CONFLICT";
        case 415:
            return "UNSUPPORTED_MEDIA_TYPE";
        default:
            return "INTERNAL_SERVER_ERROR";
    }
}

}  // namespace

HttpResponse json_answer(const Json& body, int status) {
    return json_response(status, dump_json(body));
}

HttpResponse gateway_error(int status, std::string_view message) {
    return json_answer({{"statusCode", status}, {"error", reason_phrase(status)}, {"message", message}}, status);
}

HttpResponse rest_error(int status, std::string_view message, Json issues) {
    Json body{{"message", message}, {"code", code_of(status)}};
    if (!issues.is_null()) body["issues"] = std::move(issues);
    return json_answer(body, status);
}

HttpResponse trpc_error(int status, std::string_view message, std::string_view procedure) {
    const Json data{{"code", code_of(status)}, {"httpStatus", status}, {"path", procedure}};
    return json_answer({{"error", {{"json", {{"message", message}, {"code", -32603}, {"data", data}}}}}}, status);
}

HttpResponse trpc_result(const Json& data) {
    return json_answer({{"result", {{"data", {{"json", data}}}}}});
}

HttpResponse auth_error(int status, std::string_view error, std::string_view description) {
    auto answer = json_answer(
        {{"error", error}, {"error_description", description}, {"error_uri", "https://documentation.opencrvs.org/"}},
        status);
    answer.headers.set("cache-control", "no-store");
    return answer;
}

}  // namespace ocm::sandbox
