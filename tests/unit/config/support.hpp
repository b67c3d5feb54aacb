// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "config/loader.hpp"

#include <map>
#include <string>

namespace ocm::config::test {

/// A file system of a few small files.
class FakeFiles final : public Files {
  public:
    struct File {
        std::string content;
        bool readable_by_all = false;
    };
    std::map<std::string, File> files;

    Info info(const std::string& path) const override {
        const auto found = files.find(path);
        return found == files.end() ? Info{} : Info{true, found->second.readable_by_all};
    }
    Result<std::string> read_small(const std::string& path) const override {
        const auto found = files.find(path);
        if (found == files.end()) return fail(ErrorCode::bad_request, "cannot be read");
        return found->second.content;
    }
};

inline FakeFiles usual_files() {
    FakeFiles out;
    out.files["/etc/m/password"] = {"openhim-password\n"};
    out.files["/etc/m/secret"] = {"client-secret\n"};
    out.files["/etc/m/path-secret"] = {"b3dc1f3e7a_forwarded-copies\n"};
    out.files["/etc/m/map.json"] = {"{}"};
    out.files["/etc/m/cert.pem"] = {"certificate"};
    out.files["/etc/m/key.pem"] = {"key"};
    out.files["/etc/m/ca.pem"] = {"ca"};
    return out;
}

/// A configuration without an error: a target and the country map, and what `more` adds.
inline std::string minimal(const std::string& more = {}) {
    return R"({"targets":{"central":{"version":"2.0","gateway_url":"https://gateway.example.org",
        "clients":{"notification":{"client_id":"c-1","client_secret_file":"/etc/m/secret"}}}},
        "country":{"map_file":"/etc/m/map.json"})" +
           (more.empty() ? "" : "," + more) + "}";
}

/// Members of an `openhim` and `server` section without an error.
inline const std::string openhim =
    R"("api_url":"https://openhim.example.org:8080","username":"u","password_file":"/etc/m/password","peers":["10.0.0.5"])";
inline const std::string with_openhim =
    R"("server":{"public_host":"mediator.example.org"},"openhim":{)" + openhim + "}";

}  // namespace ocm::config::test
