// SPDX-License-Identifier: MPL-2.0
#include "support/sandbox/service.hpp"

#include "core/ids.hpp"
#include "support/sandbox/graphql.hpp"
#include "support/sandbox/search.hpp"

#include <algorithm>
#include <array>

namespace ocm::sandbox {
namespace {

/// What REST input validation says, as zod does.
class Checked {
  public:
    explicit Checked(const Json& body) : body_(body) {
        if (!body.is_object()) issue({}, "invalid_type", "Expected object");
    }

    std::string string(std::string_view key, bool required = true) {
        const auto* value = member(body_, key);
        if (value == nullptr && !required) return {};
        if (value == nullptr) issue(key, "invalid_type", "Required");
        if (value != nullptr && !value->is_string()) issue(key, "invalid_type", "Expected string");
        return value == nullptr ? std::string() : std::string(text(*value));
    }
    std::string uuid(std::string_view key, bool required) {
        auto value = string(key, required);
        if (body_.is_object() && body_.contains(key) && !is_uuid(value)) issue(key, "invalid_string", "Invalid uuid");
        return value;
    }
    Json object(std::string_view key, bool required) {
        const auto* value = member(body_, key);
        if (value == nullptr && required) issue(key, "invalid_type", "Required");
        if (value != nullptr && !value->is_object()) issue(key, "invalid_type", "Expected object");
        return value != nullptr && value->is_object() ? *value : Json::object();
    }
    void boolean(std::string_view key) {
        const auto* value = member(body_, key);
        if (value != nullptr && !value->is_boolean()) issue(key, "invalid_type", "Expected boolean");
    }
    void literal(std::string_view key, std::string_view wanted) {
        const auto* value = member(body_, key);
        if (value != nullptr && text(*value) != wanted) issue(key, "invalid_literal", "Invalid literal value");
    }
    /// zod's strict(): no key but these.
    void nothing_but(std::initializer_list<std::string_view> keys) {
        if (!body_.is_object()) return;
        Json unknown = Json::array();
        for (const auto& [key, value] : body_.items()) {
            if (std::find(keys.begin(), keys.end(), key) == keys.end()) unknown.push_back(key);
        }
        if (unknown.empty()) return;
        issues_.push_back({{"code", "unrecognized_keys"},
                           {"keys", unknown},
                           {"path", Json::array()},
                           {"message", "Unrecognized key(s) in object"}});
    }
    std::optional<HttpResponse> refusal() const {
        if (issues_.empty()) return std::nullopt;
        return rest_error(400, "Input validation failed", issues_);
    }

  private:
    void issue(std::string_view key, std::string_view code, std::string_view message) {
        Json path = Json::array();
        if (!key.empty()) path.push_back(key);
        issues_.push_back({{"code", code}, {"path", std::move(path)}, {"message", message}});
    }
    const Json& body_;
    Json issues_ = Json::array();
};

const Scope* scope_of(const std::vector<Scope>& scopes, std::string_view type) {
    for (const auto& scope : scopes) {
        if (scope.type == type) return &scope;
    }
    return nullptr;
}

bool covers(const Scope* scope, std::string_view event) {
    return scope != nullptr && (scope->events.empty() ||
                                std::find(scope->events.begin(), scope->events.end(), event) != scope->events.end());
}

HttpResponse forbidden() {
    return rest_error(403, "FORBIDDEN");
}

HttpResponse no_event(std::string_view id) {
    return rest_error(404, "Event not found with ID: " + std::string(id));
}

HttpResponse no_configuration(std::string_view type) {
    return rest_error(400, "No configuration found for event type: " + std::string(type));
}

HttpResponse unreadable() {
    return json_answer({{"message", "Failed to parse request body"}, {"code", "PARSE_ERROR"}}, 400);
}

bool still_valid(const Json& location, WallTime now) {
    const auto until = text_member(location, "validUntil");
    return until.empty() || rfc3339(now) < until;
}

/// The forms of 1.9 have no field for the place of the event as such.
std::string without_event_location(const std::string& forms) {
    auto parsed = parse_json(forms, config_json_limits);
    if (!parsed) return forms;
    for (auto& event : *parsed) {
        if (!event.is_object() || !event.contains("declaration")) continue;
        for (auto& page : event["declaration"]["pages"]) {
            auto& fields = page["fields"];
            for (std::size_t i = fields.size(); i-- > 0;) {
                const auto id = text_member(fields[i], "id");
                if (id == "child.birthLocationId" || id == "eventDetails.deathLocationId") fields.erase(i);
            }
        }
    }
    return dump_json(*parsed);
}

/// A list of JSON objects with ids, bare or wrapped as tRPC answers it.
Result<Json> read_list(const std::string& file) {
    auto text = read_file(file);
    if (!text) return fail(std::move(text.error()));
    auto parsed = parse_json(*text, config_json_limits);
    if (!parsed) return fail(ErrorCode::bad_request, file + ": " + parsed.error().message);
    for (const char* step : {"result", "data", "json"}) {
        if (const auto* inner = member(*parsed, step)) parsed = Result<Json>(Json(*inner));
    }
    if (!parsed->is_array()) return fail(ErrorCode::bad_request, file + ": not a list");
    return parsed;
}

}  // namespace

Service::Service(SandboxOptions options, Forms forms, Json locations, Json areas)
    : options_(std::move(options)),
      forms_(std::move(forms)),
      locations_(std::move(locations)),
      areas_(std::move(areas)),
      webhooks_(options_.version) {
    for (const auto& location : locations_) location_ids_.emplace(text_member(location, "id"));
    if (options_.clients.empty()) options_.clients.push_back(default_client(options_.version));
    legacy_ = std::make_unique<Legacy>(options_.version, locations_, areas_);
    signer_ = std::make_unique<Signer>(options_.state_file.empty() ? std::string() : options_.state_file + ".key");
    records_ = std::make_unique<Records>(options_.state_file);
}

Result<Service> Service::make(SandboxOptions options) {
    const std::string data = OCM_SANDBOX_DATA;
    const auto file = [&](const std::string& given, const char* own) { return given.empty() ? data + own : given; };
    auto text = read_file(file(options.forms_file, "/events-config.json"));
    if (!text) return fail(std::move(text.error()));
    auto forms = Forms::read(options.version < "2.0" ? without_event_location(*text) : *text);
    if (!forms) return fail(std::move(forms.error()));
    auto locations = read_list(file(options.locations_file, "/locations.json"));
    if (!locations) return fail(std::move(locations.error()));
    auto areas = read_list(file(options.areas_file, "/administrative-areas.json"));
    if (!areas) return fail(std::move(areas.error()));
    return Service(std::move(options), *std::move(forms), *std::move(locations), *std::move(areas));
}

HttpResponse Service::answer(const HttpRequest& request, WallTime now, int country_config) {
    std::string_view path = request.path;
    if (path.starts_with("/v1/")) path.remove_prefix(3);
    const bool post = request.method == "POST";
    const bool get = request.method == "GET";
    const bool passes_tokens_on = options_.version >= "1.7";
    if (post && (path == "/token" || (path == "/auth/token" && passes_tokens_on))) return token(request, now);
    if (post && path == "/verifyToken") return verify_token(request, now);
    if (get && path == "/.well-known") return text_response(200, signer_->public_pem());
    if (get &&
        (path == "/ping" || path == "/events/ping" || path == "/health/ready" || path == "/events/health/ready")) {
        return json_answer({{"status", "ok"}});
    }
    if (options_.version < "2.0") {
        if (post && path == "/notification") return notify_first_generation(request, now);
        if (get && path == "/location") return legacy_->location(request, "");
        if (get && path.starts_with("/location/")) return legacy_->location(request, path.substr(9));
        if (post && path == "/graphql") return search_first_generation(request, now);
        if (first_generation()) return gateway_error(404, "Not Found");
    }
    if (path.starts_with("/events/")) return events_service(request, path.substr(7), now, country_config);
    return gateway_error(404, "Not Found");
}

tl::expected<Json, HttpResponse> Service::claims_of(const HttpRequest& request, WallTime now) const {
    const auto authorization = request.headers.get("authorization");
    if (!authorization.starts_with("Bearer ")) return tl::unexpected(gateway_error(401, "Missing authentication"));
    auto claims = signer_->verify(authorization.substr(7));
    if (!claims) return tl::unexpected(gateway_error(401, "Invalid token"));
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
    if (!claims->contains("exp") || claims->at("exp").get<long>() <= seconds) {
        return tl::unexpected(gateway_error(401, "Expired token"));
    }
    return *std::move(claims);
}

HttpResponse Service::notify_first_generation(const HttpRequest& request, WallTime now) {
    const auto claims = claims_of(request, now);
    if (!claims) return claims.error();
    std::vector<std::string> scopes;
    for (const auto& scope : claims->value("scope", Json::array())) scopes.emplace_back(text(scope));
    return legacy_->notify(request, scopes, now);
}

HttpResponse Service::search_first_generation(const HttpRequest& request, WallTime now) const {
    const auto claims = claims_of(request, now);
    if (!claims)
        return json_answer(
            {{"errors", Json::array({{{"message", "Unauthorized"}, {"extensions", {{"code", "UNAUTHENTICATED"}}}}})}});
    return search_records(options_.version, legacy_->records(), claims->value("scope", Json::array()), request.body);
}

HttpResponse Service::events_service(const HttpRequest& request, std::string_view path, WallTime now,
                                     int country_config) {
    const auto claims = claims_of(request, now);
    if (!claims) return claims.error();
    const auto* scopes = member(*claims, "scope");
    if (scopes == nullptr || text_member(*claims, "userType") != "system" || text_member(*claims, "sub").empty()) {
        return rest_error(401, "UNAUTHORIZED");
    }
    Call call{request, path,          {}, Actor{std::string(text_member(*claims, "sub")), "system", "SYSTEM"},
              now,     country_config};
    for (const auto& scope : *scopes) {
        const bool searches = options_.version < "2.0" && text(scope) == "recordsearch";
        call.scopes.push_back(searches ? Scope{"record.search", {}} : read_scope(text(scope)));
    }

    if (request.method == "GET" && path == "/config") return json_response(200, forms_.served());
    if (options_.version < "2.0") {
        if (request.method == "POST" && path == "/events") return create(call);
        if (request.method == "POST" && path == "/events/notifications") return notify(call, "");
        if (request.method == "POST" && path == "/events/search") return search_events(call);
        return rest_error(404, "Not found");
    }
    if (request.method == "GET") {
        if (path == "/locations") return list_locations(call);
        if (path == "/integrations") return list_integrations(call);
        if (path == "/administrativeAreas.list") return trpc_result(areas_);
        if (path.starts_with("/events/") && path.find('/', 8) == path.npos) return read(call, path.substr(8));
    }
    if (request.method == "POST") {
        if (path == "/events") return create(call);
        if (path == "/events/notify") return create_and_notify(call);
        if (path == "/events/search") return search_events(call);
        if (path == "/integrations") return add_integration(call);
        if (path.starts_with("/events/") && path.ends_with("/notify")) {
            return notify(call, path.substr(8, path.size() - 8 - 7));
        }
    }
    return rest_error(404, "Not found");
}

std::optional<HttpResponse> Service::refuse_location(std::string_view location) const {
    if (location.empty()) {
        return rest_error(400, "createdAtLocation is required and must be a valid location id");
    }
    if (!location_ids_.contains(location)) return rest_error(400, "createdAtLocation must be a valid location id");
    return std::nullopt;
}

HttpResponse Service::create(const Call& call) {
    const auto* scope = scope_of(call.scopes, "record.create");
    if (scope == nullptr) return forbidden();
    const auto body = parse_json(call.request.body);
    if (!body) return unreadable();
    Checked checked(*body);
    const auto type = checked.string("type");
    const auto transaction = checked.string("transactionId");
    const auto location = checked.uuid("createdAtLocation", false);
    if (auto refusal = checked.refusal()) return *std::move(refusal);
    if (!covers(scope, type)) return forbidden();
    if (!forms_.knows(type)) return no_configuration(type);
    if (options_.version >= "2.0") {
        if (auto refusal = refuse_location(location)) return *std::move(refusal);
    }
    auto* event = records_->find_created(type, transaction);
    if (event == nullptr) event = &records_->create(type, transaction, location, call.actor, call.now);
    return json_answer(*event);
}

HttpResponse Service::notify(const Call& call, std::string_view id) {
    const auto* scope = scope_of(call.scopes, "record.notify");
    if (scope == nullptr) return forbidden();
    auto body = parse_json(call.request.body);
    if (!body) return unreadable();
    const bool in_path = !id.empty();
    if (in_path && body->is_object() && !body->contains("eventId")) (*body)["eventId"] = id;
    Checked checked(*body);
    if (in_path)
        checked.nothing_but({"eventId", "transactionId", "type", "declaration", "annotation", "createdAtLocation",
                             "keepAssignment", "keepAssignmentIfAccepted", "keepAssignmentIfRejected", "waitFor"});
    checked.uuid("eventId", true);
    checked.literal("type", "NOTIFY");
    for (const char* flag : {"keepAssignment", "keepAssignmentIfAccepted", "keepAssignmentIfRejected", "waitFor"}) {
        checked.boolean(flag);
    }
    const NotifyInput input{checked.string("transactionId"), checked.uuid("createdAtLocation", false),
                            checked.object("declaration", true), checked.object("annotation", false)};
    if (auto refusal = checked.refusal()) return *std::move(refusal);
    const std::string event_id(in_path ? id : text_member(*body, "eventId"));
    auto* event = records_->find(event_id);
    if (event == nullptr || !covers(scope, text_member(*event, "type"))) return no_event(event_id);
    return carry_out_notify(call, *event, input);
}

HttpResponse Service::create_and_notify(const Call& call) {
    const auto* creates = scope_of(call.scopes, "record.create");
    const auto* notifies = scope_of(call.scopes, "record.notify");
    if (creates == nullptr || notifies == nullptr) return forbidden();
    const auto body = parse_json(call.request.body);
    if (!body) return unreadable();
    Checked checked(*body);
    const auto type = checked.string("eventType");
    const NotifyInput input{checked.string("transactionId"), checked.uuid("createdAtLocation", true),
                            checked.object("declaration", true), checked.object("annotation", false)};
    if (auto refusal = checked.refusal()) return *std::move(refusal);
    if (!covers(creates, type) || !covers(notifies, type)) return forbidden();
    if (!forms_.knows(type)) return no_configuration(type);
    if (auto refusal = refuse_location(input.location)) return *std::move(refusal);
    const auto errors =
        forms_.notify_errors(type, input.declaration, input.annotation, rfc3339(call.now).substr(0, 10));
    if (!errors.empty()) return rest_error(400, dump_json(errors));
    auto* event = records_->find_created(type, input.transaction + ":create");
    if (event == nullptr) {
        event = &records_->create(type, input.transaction + ":create", input.location, call.actor, call.now);
    }
    return carry_out_notify(call, *event, input);
}

std::optional<HttpResponse> Service::refuse_office(std::string_view location) const {
    if (location.empty()) return rest_error(400, "createdAtLocation is required and must be a valid office id");
    if (!location_ids_.contains(location)) return rest_error(400, "createdAtLocation must be an office location");
    return std::nullopt;
}

HttpResponse Service::carry_out_notify(const Call& call, Json& event, const NotifyInput& input) {
    if (auto refusal = options_.version < "2.0" ? refuse_office(input.location) : refuse_location(input.location)) {
        return *std::move(refusal);
    }
    if (has_action(event, "NOTIFY", input.transaction)) return json_answer(event);
    if (!assigned_to(event).empty()) return rest_error(409, "You are not assigned to this event");
    if (const auto status = status_of(event); status != "CREATED") {
        return rest_error(409, "Action 'NOTIFY' cannot be performed on an event in '" + status +
                                   "' state with [] flags. Available actions: READ, ASSIGN, UNASSIGN");
    }
    const auto type = text_member(event, "type");
    const auto errors =
        forms_.notify_errors(type, input.declaration, input.annotation, rfc3339(call.now).substr(0, 10));
    if (!errors.empty()) return rest_error(400, dump_json(errors));

    const Json common{{"transactionId", input.transaction}, {"createdAtLocation", input.location}};
    auto requested = common;
    requested["declaration"] = input.declaration;
    requested["annotation"] = input.annotation;
    const auto original = records_->act(event, "NOTIFY", "Requested", call.actor, call.now, requested);
    forward(event);
    if (call.country_config == 202) return json_answer(event);
    if (call.country_config != 200 && call.country_config != 400) {
        // The requested action stays. In production the reason is masked.
        return rest_error(500, "Internal server error");
    }
    auto decided = common;
    decided["originalActionId"] = original;
    decided["declaration"] = Json::object();
    records_->act(event, "NOTIFY", call.country_config == 200 ? "Accepted" : "Rejected", call.actor, call.now, decided);
    return json_answer(event);
}

HttpResponse Service::read(const Call& call, std::string_view id) {
    const auto* scope = scope_of(call.scopes, "record.read");
    if (scope == nullptr) return forbidden();
    if (!is_uuid(id)) return rest_error(400, "Input validation failed", Json::array());
    auto* event = records_->find(id);
    if (event == nullptr || !covers(scope, text_member(*event, "type"))) return no_event(id);
    records_->act(*event, "READ", "Accepted", call.actor, call.now, Json::object());
    return json_answer(*event);
}

HttpResponse Service::search_events(const Call& call) const {
    if (scope_of(call.scopes, "record.search") == nullptr) return forbidden();
    const auto body = parse_json(call.request.body);
    if (!body) return unreadable();
    const auto found = search(forms_, *records_, *body);
    if (found) return json_answer(*found);
    return found.error().code == ErrorCode::bad_request ? rest_error(400, found.error().message, Json::array())
                                                        : rest_error(500, "Internal server error");
}

HttpResponse Service::list_locations(const Call& call) const {
    const auto& query = call.request.query;
    const auto type = query_value(query, "locationType");
    const auto external = query_value(query, "externalId");
    const auto active = query_value(query, "isActive");
    Json out = Json::array();
    for (const auto& location : locations_) {
        if (type && text_member(location, "locationType") != *type) continue;
        if (external && text_member(location, "externalId") != *external) continue;
        if (active && (*active == "true") != still_valid(location, call.now)) continue;
        out.push_back(location);
    }
    return json_answer(out);
}

HttpResponse Service::add_integration(const Call& call) {
    if (scope_of(call.scopes, "integration.create") == nullptr) return forbidden();
    const auto body = parse_json(call.request.body);
    if (!body) return unreadable();
    Checked checked(*body);
    SystemClient client;
    client.name = checked.string("name");
    if (auto refusal = checked.refusal()) return *std::move(refusal);
    const auto* scopes = member(*body, "scopes");
    if (scopes == nullptr || !scopes->is_array()) return rest_error(400, "Input validation failed", Json::array());
    for (const auto& scope : *scopes) client.scopes.emplace_back(text(scope));
    client.id = uuid_v7(call.now);
    client.secret = uuid_v7(call.now);
    options_.clients.push_back(client);
    return json_answer({{"clientId", client.id}, {"clientSecret", client.secret}, {"shaSecret", uuid_v7(call.now)}});
}

HttpResponse Service::list_integrations(const Call& call) const {
    if (scope_of(call.scopes, "integration.create") == nullptr) return forbidden();
    Json out = Json::array();
    for (const auto& client : options_.clients) {
        out.push_back({{"id", client.id},
                       {"name", client.name},
                       {"scopes", client.scopes},
                       {"status", client.active ? "active" : "disabled"}});
    }
    return json_answer(out);
}

Json Service::events() const {
    if (first_generation()) return legacy_->records();
    Json out = Json::array();
    for (const auto& event : records_->all()) out.push_back(index_of(forms_, *event));
    return out;
}

Json Service::event(std::string_view id) const {
    if (first_generation()) return legacy_->record(id);
    const auto* event = records_->find(id);
    if (event == nullptr) return nullptr;
    auto out = *event;
    out["status"] = status_of(*event);
    out["declaration"] = declaration_of(*event);
    return out;
}

bool Service::assign(std::string_view id, WallTime now) {
    auto* event = records_->find(id);
    if (event == nullptr) return false;
    const Actor registrar{"eeeeeeee-0000-4000-8000-000000000001", "user", "LOCAL_REGISTRAR"};
    records_->act(*event, "ASSIGN", "Accepted", registrar, now, {{"assignedTo", registrar.id}});
    return true;
}

void Service::set_client_active(std::string_view id, bool active) {
    for (auto& client : options_.clients) {
        if (client.id == id) client.active = active;
    }
}

}  // namespace ocm::sandbox
