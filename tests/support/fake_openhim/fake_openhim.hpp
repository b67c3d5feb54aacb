// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/http_message.hpp"
#include "core/json.hpp"
#include "core/time.hpp"

#include <nlohmann/json.hpp>

#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

/// The API of an OpenHIM core 8.5 as far as a mediator meets it: credentials, mediators, heartbeats, configuration,
/// channels. It answers as the real one was observed to, odd bodies and status codes included, and can be told to
/// misbehave. Sans I/O: `handle` takes a request and gives the answer; server.hpp puts it on a socket.
namespace ocm::test {

struct FakeUser {
    std::string password;
    bool basic_password = true;         // a passport of protocol local
    bool token_password = true;         // a passport of protocol token; users made by 7.2 or later have none
    bool admin = true;                  // in the group admin (up to 8.5)
    bool has_role = true;               // after 8.5
    std::set<std::string> permissions;  // after 8.5: of the role
};

struct FakeOptions {
    std::set<std::string> authentication_types{"basic", "local", "token", "openid"};
    bool role_permissions = false;  // cores after 8.5: permissions of a role in place of the group admin
    Milliseconds clock_ahead{0};    // of this machine's clock
    std::map<std::string, FakeUser> users{
        {"root@openhim.org", FakeUser{.password = "openhim-password", .permissions = {}}}};
};

/// A request as it came, and what it was answered.
struct Seen {
    std::string method, path;
    HttpHeaders headers;
    std::string body;
    int status = 0;
};

struct FakeAnswer {
    HttpResponse response;
    bool hang = false;  // never answer
};

class FakeOpenHim {
  public:
    explicit FakeOpenHim(FakeOptions options = {});

    FakeAnswer handle(const HttpRequest& request);

    /// Misbehaves for the next `times` requests of that method whose path ends so.
    struct Fault {
        std::string method;
        std::string path_end;
        int times = 1;
        HttpResponse response;
        bool hang = false;
        bool after_effect = false;  // does the work first: the answer is lost
    };
    void misbehave(Fault fault);
    static HttpResponse web_page(int status = 200);
    static HttpResponse plain(int status, std::string body);
    static HttpResponse duplicate_key();

    /// The database is gone: what an empty restart leaves.
    void forget_everything();
    void change_options(FakeOptions options);

    std::vector<Seen> seen() const;
    /// Number of requests of that method whose path ends so.
    std::size_t count(const std::string& method, const std::string& path_end) const;
    /// The stored document, passwords included; null where there is none.
    Json mediator(const std::string& urn) const;
    Json channels() const;
    /// What an administrator saves in the console, past the validation of the API where `checked` is false.
    HttpResponse save_config(const std::string& urn, const Json& config, bool checked = true);
    void add_channel(Json channel);

  private:
    struct Call {
        std::string method;
        Json body;
        FakeUser user;
        std::string email;
        bool basic = false;
    };
    HttpResponse route(const HttpRequest& request);
    bool authenticate(const HttpRequest& request, Call& call);
    std::optional<HttpResponse> denied(const Call& call, const std::string& operation,
                                       const std::set<std::string>& any_of) const;
    HttpResponse authentication_details(const std::string& email);
    HttpResponse register_mediator(const Call& call);
    HttpResponse heartbeat(const Call& call, const std::string& urn);
    HttpResponse get_mediator(const Call& call, const std::string& urn);
    HttpResponse put_config(const std::string& urn, const Json& config);
    HttpResponse install_channels(const Call& call, const std::string& urn);
    HttpResponse channels_api(const Call& call, const std::vector<std::string>& parts);
    HttpResponse update_channel(const Call& call, Json* channel);
    HttpResponse public_heartbeat();
    Json stored_channel(Json channel, const std::string& user);
    Json* find_channel(const std::string& key, const std::string& value);
    WallTime now();
    std::string object_id();

    mutable std::mutex mutex_;
    FakeOptions options_;
    WallTime started_{};
    WallTime last_{};
    std::map<std::string, Json> mediators_;
    Json channels_ = Json::array();
    std::vector<Fault> faults_;
    std::vector<Seen> seen_;
    unsigned next_id_ = 1;
};

/// Checks of configDefs and of a configuration against them, in the core's words; absent where they pass.
std::optional<std::string> check_definitions(const Json& definitions);
std::optional<std::string> check_config(const Json& definitions, const Json& config);
/// Semantic version precedence: negative, zero, positive; absent where one is not a version. Build metadata is ignored.
std::optional<int> compare_versions(const std::string& a, const std::string& b);

}  // namespace ocm::test
