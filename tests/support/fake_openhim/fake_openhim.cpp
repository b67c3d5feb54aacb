// SPDX-License-Identifier: MPL-2.0
#include "support/fake_openhim/fake_openhim.hpp"

#include "core/hash.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>

namespace ocm::test {
namespace {

constexpr Milliseconds token_window{10'000};
constexpr std::string_view salt = "d9bcb40e-51a4-4f5e-8a8f-2f6f1a3f0a11";
constexpr std::string_view mask = "**********";

HttpResponse json(int status, const Json& value) {
    return json_response(status, dump_json(value));
}

/// What Koa sends where a handler sets a status and no body: the reason phrase. With Basic the body was set before.
HttpResponse empty(int status, bool basic) {
    return FakeOpenHim::plain(status, basic ? "User Authenticated Successfully" : std::string(reason_phrase(status)));
}

std::vector<std::string> split_path(const std::string& path) {
    std::vector<std::string> out;
    std::size_t at = 0;
    while (at < path.size()) {
        const auto slash = std::min(path.find('/', at), path.size());
        if (slash > at) out.push_back(path.substr(at, slash - at));
        at = slash + 1;
    }
    return out;
}

std::string lower(const std::string& text) {
    return to_lower(text);
}

}  // namespace

FakeOpenHim::FakeOpenHim(FakeOptions options) : options_(std::move(options)) {
    started_ = now();
}

WallTime FakeOpenHim::now() {
    // Strictly increasing, so that "modified after the last heartbeat" does not depend on the speed of a test.
    const auto clock =
        std::chrono::time_point_cast<Milliseconds>(std::chrono::system_clock::now()) + options_.clock_ahead;
    last_ = std::max(clock, last_ + Milliseconds{1});
    return last_;
}

std::string FakeOpenHim::object_id() {
    return fmt::format("{:024x}", next_id_++);
}

HttpResponse FakeOpenHim::plain(int status, std::string body) {
    return text_response(status, std::move(body));
}

HttpResponse FakeOpenHim::web_page(int status) {
    HttpResponse out = text_response(status, "<!DOCTYPE html><html><body>Sign in to the network</body></html>");
    out.headers.set("Content-Type", "text/html; charset=utf-8");
    return out;
}

HttpResponse FakeOpenHim::duplicate_key() {
    return plain(500,
                 "Could not add Mediator via the API: MongoServerError: E11000 duplicate key error collection: "
                 "openhim.mediators index: urn_1 dup key");
}

FakeAnswer FakeOpenHim::handle(const HttpRequest& request) {
    const std::lock_guard lock(mutex_);
    FakeAnswer answer;
    const auto fault = std::find_if(faults_.begin(), faults_.end(), [&request](const Fault& f) {
        return f.times > 0 && f.method == request.method && request.path.ends_with(f.path_end);
    });
    if (fault != faults_.end()) {
        --fault->times;
        if (fault->after_effect) route(request);
        answer.response = fault->response;
        answer.hang = fault->hang;
    } else {
        answer.response = route(request);
    }
    const auto time = std::chrono::system_clock::to_time_t(last_);
    answer.response.headers.set("Date", fmt::format("{:%a, %d %b %Y %H:%M:%S} GMT", fmt::gmtime(time)));
    seen_.push_back(
        Seen{request.method, request.path, request.headers, request.body, answer.hang ? 0 : answer.response.status});
    return answer;
}

void FakeOpenHim::misbehave(Fault fault) {
    const std::lock_guard lock(mutex_);
    faults_.push_back(std::move(fault));
}

void FakeOpenHim::forget_everything() {
    const std::lock_guard lock(mutex_);
    mediators_.clear();
    channels_ = Json::array();
}

void FakeOpenHim::change_options(FakeOptions options) {
    const std::lock_guard lock(mutex_);
    options_ = std::move(options);
}

std::vector<Seen> FakeOpenHim::seen() const {
    const std::lock_guard lock(mutex_);
    return seen_;
}

std::size_t FakeOpenHim::count(const std::string& method, const std::string& path_end) const {
    const std::lock_guard lock(mutex_);
    return static_cast<std::size_t>(std::count_if(
        seen_.begin(), seen_.end(), [&](const Seen& s) { return s.method == method && s.path.ends_with(path_end); }));
}

Json FakeOpenHim::mediator(const std::string& urn) const {
    const std::lock_guard lock(mutex_);
    const auto found = mediators_.find(urn);
    return found == mediators_.end() ? Json() : found->second;
}

Json FakeOpenHim::channels() const {
    const std::lock_guard lock(mutex_);
    return channels_;
}

HttpResponse FakeOpenHim::save_config(const std::string& urn, const Json& config, bool checked) {
    const std::lock_guard lock(mutex_);
    if (checked || !mediators_.contains(urn)) return put_config(urn, config);
    mediators_[urn]["config"] = config;
    mediators_[urn]["_configModifiedTS"] = rfc3339(now());
    return plain(200, "OK");
}

void FakeOpenHim::add_channel(Json channel) {
    const std::lock_guard lock(mutex_);
    channels_.push_back(stored_channel(std::move(channel), "root@openhim.org"));
}

bool FakeOpenHim::authenticate(const HttpRequest& request, Call& call) {
    const bool token = std::any_of(request.headers.begin(), request.headers.end(),
                                   [](const auto& field) { return lower(field.first).starts_with("auth-"); });
    const auto known = [&call](const auto& entry) {
        call.email = entry.first;
        call.user = entry.second;
        return true;
    };
    if (token) {
        const auto name = lower(std::string(request.headers.get("auth-username")));
        const auto ts = request.headers.get("auth-ts");
        const auto user = std::find_if(options_.users.begin(), options_.users.end(),
                                       [&name](const auto& entry) { return lower(entry.first) == name; });
        if (!options_.authentication_types.contains("token") || user == options_.users.end()) return false;
        if (!user->second.token_password) return false;
        // A time that cannot be read passes the window: every comparison with it is false.
        if (const auto at = parse_rfc3339(ts); at && std::chrono::abs(*at - now()) > token_window) return false;
        const auto secret = sha512_hex(std::string(salt) + user->second.password);
        const auto expected = sha512_hex(secret + std::string(request.headers.get("auth-salt")) + std::string(ts));
        return request.headers.get("auth-token") == expected && known(*user);
    }
    const auto header = request.headers.get("authorization");
    if (!header.starts_with("Basic ") || !options_.authentication_types.contains("basic")) return false;
    const auto decoded = base64_decode(header.substr(6));
    const auto colon = decoded ? decoded->find(':') : std::string::npos;
    if (colon == std::string::npos) return false;
    const auto user = options_.users.find(decoded->substr(0, colon));
    if (user == options_.users.end() || user->second.password != decoded->substr(colon + 1)) return false;
    if (!user->second.basic_password) return false;
    call.basic = true;
    return known(*user);
}

std::optional<HttpResponse> FakeOpenHim::denied(const Call& call, const std::string& operation,
                                                const std::set<std::string>& any_of) const {
    if (!options_.role_permissions) {
        if (call.user.admin) return std::nullopt;
        return plain(403, "User " + call.email + " is not an admin, API access to " + operation + " denied.");
    }
    if (!call.user.has_role) return plain(403, "User " + call.email + " does not have an access role specified.");
    for (const auto& permission : any_of) {
        if (call.user.permissions.contains(permission)) return std::nullopt;
    }
    return plain(403, "User " + call.email + " does not have the \"" + *any_of.begin() +
                          "\" permission, API access to " + operation + " denied.");
}

HttpResponse FakeOpenHim::authentication_details(const std::string& email) {
    const auto user = std::find_if(options_.users.begin(), options_.users.end(),
                                   [&email](const auto& entry) { return lower(entry.first) == lower(email); });
    if (user == options_.users.end()) return plain(404, "Could not find user by email " + email);
    if (!user->second.token_password) return plain(404, "Could not find token passport for user " + email);
    return json(200, {{"salt", salt}, {"ts", rfc3339(now())}});
}

HttpResponse FakeOpenHim::public_heartbeat() {
    const auto at = now();
    Json mediators = Json::object();
    for (const auto& [urn, document] : mediators_) {
        const auto last = parse_rfc3339(text_member(document, "_lastHeartbeat"));
        mediators[urn] = last && at - *last <= Milliseconds{60'000} ? document.value("_uptime", Json()) : Json();
    }
    return json(200, {{"master", std::chrono::duration<double>(at - started_).count()},
                      {"mediators", mediators},
                      {"now", at.time_since_epoch().count()}});
}

HttpResponse FakeOpenHim::route(const HttpRequest& request) {
    const auto parts = split_path(request.path);
    const auto is = [&request, &parts](std::string_view method, std::initializer_list<std::string_view> pattern) {
        if (request.method != method || parts.size() != pattern.size()) return false;
        return std::equal(parts.begin(), parts.end(), pattern.begin(),
                          [](const std::string& part, std::string_view want) { return want == "*" || part == want; });
    };
    if (is("GET", {"heartbeat"})) return public_heartbeat();
    if (is("GET", {"authenticate", "*"})) return authentication_details(parts[1]);

    Call call;
    call.method = request.method;
    if (!authenticate(request, call)) return plain(401, "Unauthorized");
    call.body = Json::object();
    const auto type = media_type(request.headers.get("content-type"));
    if (!request.body.empty() && type == "application/json") {
        auto parsed = parse_json(request.body);
        if (!parsed || !parsed->is_structured()) return plain(400, "Bad Request");
        call.body = std::move(*parsed);
    }

    if (is("GET", {"about"})) return json(200, {{"currentCoreVersion", "8.5.0"}, {"serverTimezone", "UTC"}});
    if (is("POST", {"mediators"})) return register_mediator(call);
    if (is("GET", {"mediators"})) {
        if (auto no = denied(call, "getAllMediators", {"mediator-view-all", "mediator-manage-all"})) return *no;
        Json list = Json::array();
        for (const auto& [urn, document] : mediators_) list.push_back(document);  // passwords are not masked here
        return json(200, list);
    }
    if (is("GET", {"mediators", "*"})) return get_mediator(call, parts[1]);
    if (is("DELETE", {"mediators", "*"})) {
        if (auto no = denied(call, "removeMediator", {"mediator-manage-all"})) return *no;
        mediators_.erase(parts[1]);
        return plain(200, "Mediator with urn " + parts[1] + " has been successfully removed by " + call.email);
    }
    if (is("POST", {"mediators", "*", "heartbeat"})) return heartbeat(call, parts[1]);
    if (is("PUT", {"mediators", "*", "config"})) {
        if (auto no = denied(call, "setConfig", {"mediator-manage-all", "mediator-manage-specified"})) return *no;
        return put_config(parts[1], call.body);
    }
    if (is("POST", {"mediators", "*", "channels"})) return install_channels(call, parts[1]);
    if (!parts.empty() && parts[0] == "channels" && parts.size() <= 2) return channels_api(call, parts);
    return empty(404, call.basic);
}

HttpResponse FakeOpenHim::register_mediator(const Call& call) {
    if (auto no = denied(call, "addMediator", {"mediator-manage-all"})) return *no;
    const auto refuse = [](const std::string& why) {
        return plain(400, "Could not add Mediator via the API: ValidationError: " + why);
    };
    const auto& body = call.body;
    const std::string urn(text_member(body, "urn"));
    const std::string version(text_member(body, "version"));
    if (urn.empty()) return refuse("URN is required");
    if (!compare_versions(version, version)) return refuse("Version is required. Must be in SemVer form x.y.z");
    const auto* definitions = member(body, "configDefs");
    const auto* config = member(body, "config");
    if (definitions != nullptr) {
        if (auto wrong = check_definitions(*definitions)) return refuse(*wrong);
        if (config != nullptr) {
            if (auto wrong = check_config(*definitions, *config)) return refuse(*wrong);
        }
    }
    const auto existing = mediators_.find(urn);
    if (existing == mediators_.end()) {
        const auto* endpoints = member(body, "endpoints");
        if (endpoints == nullptr || endpoints->empty()) return refuse("At least 1 endpoint is required");
        if (text_member(body, "name").empty()) return refuse("name: Path `name` is required.");
        Json document = body;
        if (config != nullptr && config->empty()) document.erase("config");
        document["_id"] = object_id();
        document["__v"] = 0;
        mediators_[urn] = std::move(document);
        return empty(201, call.basic);
    }
    auto& document = existing->second;
    if (*compare_versions(version, std::string(text_member(document, "version"))) <= 0) return empty(201, call.basic);
    const Json stored = document.value("config", Json::object());
    for (const auto& [key, value] : body.items()) document[key] = value;
    if (config != nullptr) {
        for (const auto& [param, value] : stored.items()) {
            if (!value.is_null() && document["config"].contains(param)) document["config"][param] = value;
        }
    }
    return empty(201, call.basic);
}

HttpResponse FakeOpenHim::heartbeat(const Call& call, const std::string& urn) {
    const std::set<std::string> needed{"mediator-view-specified", "mediator-view-all", "mediator-manage-all"};
    if (auto no = denied(call, "mediatorHeartbeat", needed)) return *no;
    const auto found = mediators_.find(urn);
    if (found == mediators_.end()) return empty(404, call.basic);
    auto& document = found->second;
    const auto* uptime = member(call.body, "uptime");
    if (uptime == nullptr || uptime->is_null()) return empty(400, call.basic);
    const auto* asked = member(call.body, "config");
    const auto modified = text_member(document, "_configModifiedTS");
    const auto last = text_member(document, "_lastHeartbeat");
    const bool forced = asked != nullptr && *asked == true;
    // A date is never greater than undefined: before the first beat nothing counts as changed.
    const bool changed = !modified.empty() && !last.empty() && modified > last;
    HttpResponse response = plain(200, "");
    if (forced || changed) {
        const auto* config = member(document, "config");
        response = config == nullptr ? plain(200, "OK") : json(200, *config);
    }
    document["_lastHeartbeat"] = rfc3339(now());
    document["_uptime"] = *uptime;
    return response;
}

HttpResponse FakeOpenHim::get_mediator(const Call& call, const std::string& urn) {
    const std::set<std::string> needed{"mediator-view-specified", "mediator-view-all", "mediator-manage-all"};
    if (auto no = denied(call, "getMediator", needed)) return *no;
    const auto found = mediators_.find(urn);
    if (found == mediators_.end()) return empty(404, call.basic);
    Json document = found->second;
    const auto* definitions = member(document, "configDefs");
    if (definitions != nullptr && document.contains("config")) {
        for (const auto& definition : Json(*definitions)) {
            const std::string param(text_member(definition, "param"));
            if (text_member(definition, "type") == "password" && document["config"].contains(param)) {
                document["config"][param] = mask;
            }
        }
    }
    return json(200, document);
}

HttpResponse FakeOpenHim::put_config(const std::string& urn, const Json& config) {
    const auto found = mediators_.find(urn);
    if (found == mediators_.end()) return plain(404, "No mediator found for this urn.");
    auto& document = found->second;
    const Json definitions = document.value("configDefs", Json::array());
    if (auto wrong = check_config(definitions, config)) return plain(400, *wrong);
    Json next = config;
    for (const auto& definition : definitions) {
        const std::string param(text_member(definition, "param"));
        if (text_member(definition, "type") == "password" && text_member(next, param) == mask) {
            next[param] = document["config"].value(param, Json());
        }
    }
    document["config"] = std::move(next);
    document["_configModifiedTS"] = rfc3339(now());
    return plain(200, "OK");
}

}  // namespace ocm::test
