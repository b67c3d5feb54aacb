// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/json.hpp"
#include "core/result.hpp"
#include "formats/dhis2/mapping.hpp"

#include <optional>
#include <string>
#include <vector>

/// What a tracker payload holds, and what of it is a notification (external-systems.md 3.1, 3.5).
namespace ocm::dhis2 {

/// One event of one tracked entity that is to be sent.
struct Unit {
    const Json* entity = nullptr;
    const Json* enrollment = nullptr;
    const Json* event = nullptr;
    const Program* program = nullptr;
    const Stage* stage = nullptr;
    std::string event_path;  // JSON pointer, below the entity's
    std::string enrollment_path;
};

/// Something of an entity that is not to be sent, and why: no failure.
struct Ignored {
    std::string path, why;
};

struct Entity {
    std::string path;  // JSON pointer in the payload
    std::string id;    // its UID; empty where it has none
    std::vector<Unit> units;
    std::vector<Ignored> ignored;
    std::optional<Error> error;  // what is wrong with it as a whole
};

/// The tracked entities of a payload: under `trackedEntities` or the older `instances`, or one of them by itself.
/// Points into `document` and `mapping`. `bad_request` where it holds no list of them; what is wrong with one of them
/// is its own error.
Result<std::vector<Entity>> entities(const Json& document, const Mapping& mapping);

/// The payload of this one alone, as it came.
Json alone(const Unit& unit);

/// Puts a pointer into a payload made by `alone` into the terms of the whole one.
std::string in_whole(const Unit& unit, const Entity& entity, std::string_view path);

}  // namespace ocm::dhis2
