// SPDX-License-Identifier: MPL-2.0
#include "support/sandbox/records.hpp"

#include "core/hash.hpp"
#include "core/ids.hpp"

#include <algorithm>
#include <stdexcept>

namespace ocm::sandbox {
namespace {

std::string tracking_id() {
    constexpr std::string_view letters = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    std::string out;
    for (const char byte : random_bytes(6)) out += letters[static_cast<unsigned char>(byte) % letters.size()];
    return out;
}

bool is_accepted(const Json& action) {
    return text_member(action, "status") == "Accepted";
}

void merge(Json& into, const Json& from) {
    for (const auto& [key, value] : from.items()) {
        if (value.is_null()) {
            into.erase(key);
        } else if (value.is_object() && into.contains(key) && into[key].is_object()) {
            merge(into[key], value);
        } else {
            into[key] = value;
        }
    }
}

const Json* action_by_id(const Json& event, std::string_view id) {
    for (const auto& action : event.at("actions")) {
        if (text_member(action, "id") == id) return &action;
    }
    return nullptr;
}

void merge_declaration(Json& into, const Json* action) {
    const auto* declaration = action == nullptr ? nullptr : member(*action, "declaration");
    if (declaration != nullptr && declaration->is_object()) merge(into, *declaration);
}

}  // namespace

Records::Records(const std::string& state_file) {
    if (state_file.empty()) return;
    std::ifstream input(state_file);
    for (std::string line; std::getline(input, line);) {
        auto event = parse_json(line);
        if (!event || text_member(*event, "id").empty()) {
            throw std::runtime_error("the state file holds a line that is no record: " + state_file);
        }
        if (auto* known = find(text_member(*event, "id"))) {
            *known = *std::move(event);
        } else {
            keep(*std::move(event));
        }
    }
    state_.open(state_file, std::ios::app);
    if (!state_) throw std::runtime_error("the state file cannot be written: " + state_file);
}

Json& Records::keep(Json event) {
    events_.push_back(std::make_unique<Json>(std::move(event)));
    auto& kept = *events_.back();
    by_id_.emplace(text_member(kept, "id"), &kept);
    return kept;
}

void Records::save(const Json& event) {
    if (state_.is_open()) state_ << dump_json(event) << std::endl;
}

Json* Records::find(std::string_view id) {
    const auto found = by_id_.find(id);
    return found == by_id_.end() ? nullptr : found->second;
}

Json* Records::find_created(std::string_view type, std::string_view transaction) {
    for (const auto& event : events_) {
        if (text_member(*event, "type") == type && has_action(*event, "CREATE", transaction)) return event.get();
    }
    return nullptr;
}

Json& Records::create(std::string_view type, std::string_view transaction, std::string_view location,
                      const Actor& actor, WallTime now) {
    auto& event = keep({{"id", uuid_v7(now)},
                        {"type", type},
                        {"createdAt", rfc3339(now)},
                        {"updatedAt", rfc3339(now)},
                        {"trackingId", tracking_id()},
                        {"actions", Json::array()}});
    act(event, "CREATE", "Accepted", actor, now,
        {{"transactionId", transaction}, {"createdAtLocation", location}, {"declaration", Json::object()}});
    return event;
}

std::string Records::act(Json& event, std::string_view type, std::string_view status, const Actor& actor, WallTime now,
                         const Json& extra) {
    auto id = uuid_v7(now);
    Json action{{"id", id},
                {"type", type},
                {"status", status},
                {"createdAt", rfc3339(now)},
                {"createdBy", actor.id},
                {"createdByUserType", actor.type},
                {"createdByRole", actor.role}};
    action.update(extra);
    event["actions"].push_back(std::move(action));
    event["updatedAt"] = rfc3339(now);
    save(event);
    return id;
}

std::string status_of(const Json& event) {
    std::string status = "CREATED";
    for (const auto& action : event.at("actions")) {
        if (!is_accepted(action)) continue;
        const auto type = text_member(action, "type");
        if (type == "NOTIFY") status = "NOTIFIED";
        if (type == "DECLARE") status = "DECLARED";
        if (type == "REGISTER") status = "REGISTERED";
        if (type == "ARCHIVE") status = "ARCHIVED";
    }
    return status;
}

Json declaration_of(const Json& event) {
    Json out = Json::object();
    for (const auto& action : event.at("actions")) {
        const auto type = text_member(action, "type");
        if (!is_accepted(action) || type == "REQUEST_CORRECTION" || type == "PRINT_CERTIFICATE" ||
            type == "REJECT_CORRECTION") {
            continue;
        }
        if (const auto original = text_member(action, "originalActionId"); !original.empty()) {
            merge_declaration(out, action_by_id(event, original));
        }
        if (type == "APPROVE_CORRECTION") {
            merge_declaration(out, action_by_id(event, text_member(action, "requestId")));
        }
        merge_declaration(out, &action);
    }
    return out;
}

std::string assigned_to(const Json& event) {
    std::string out;
    for (const auto& action : event.at("actions")) {
        const auto type = text_member(action, "type");
        if (type == "ASSIGN") out = text_member(action, "assignedTo");
        if (type == "UNASSIGN") out.clear();
    }
    return out;
}

std::string registration_number(const Json& event) {
    for (const auto& action : event.at("actions")) {
        if (text_member(action, "type") == "REGISTER" && is_accepted(action)) {
            return std::string(text_member(action, "registrationNumber"));
        }
    }
    return {};
}

bool has_action(const Json& event, std::string_view type, std::string_view transaction) {
    const auto& actions = event.at("actions");
    return std::any_of(actions.begin(), actions.end(), [&](const Json& action) {
        return text_member(action, "type") == type && text_member(action, "transactionId") == transaction;
    });
}

}  // namespace ocm::sandbox
