// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "support/http_client/http_client.hpp"
#include "support/sandbox/sandbox.hpp"

#include <chrono>
#include <string>

namespace ocm::test {

/// One request to a sandbox: JSON where there is a body, with a bearer token where one is given.
inline HttpResponse ask(const sandbox::Sandbox& sandbox, const std::string& method, const std::string& target,
                        const std::string& body = {}, const std::string& token = {}) {
    HttpRequest request;
    request.method = method;
    request.target = target;
    request.body = body;
    if (!body.empty()) request.headers.set("content-type", "application/json");
    if (!token.empty()) request.headers.set("authorization", "Bearer " + token);
    FetchOptions options;
    options.timeout = std::chrono::seconds(5);
    return fetch("127.0.0.1", sandbox.port(), request, options);
}

}  // namespace ocm::test
