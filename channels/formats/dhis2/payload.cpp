// SPDX-License-Identifier: MPL-2.0
#include "formats/dhis2/payload.hpp"

#include "formats/dhis2/values.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace ocm::dhis2 {
namespace {

constexpr std::string_view alone_entity = "/trackedEntities/0";
constexpr std::string_view alone_enrollment = "/trackedEntities/0/enrollments/0";
constexpr std::string_view alone_event = "/trackedEntities/0/enrollments/0/events/0";

bool is_deleted(const Json& node) {
    const auto* deleted = member(node, "deleted");
    return deleted != nullptr && *deleted == true;
}

const Json* list(const Json& node, const char* name) {
    const auto* found = member(node, name);
    return found != nullptr && found->is_array() ? found : nullptr;
}

class Sorter {
  public:
    Sorter(const Json& entity, std::string path, const Mapping& mapping)
        : entity_(entity), mapping_(mapping), out_{std::move(path), {}, {}, {}, {}} {}

    Entity sort() {
        if (!entity_.is_object()) return refuse("must be an object", "");
        out_.id = text_member(entity_, "trackedEntity");
        if (out_.id.empty()) return refuse("is required", "/trackedEntity");
        if (is_deleted(entity_)) {
            ignore("",
                   "it is deleted in DHIS2; OpenCRVS takes back nothing that was sent, the registration office can");
            return std::move(out_);
        }
        const auto* enrollments = list(entity_, "enrollments");
        if (enrollments == nullptr || enrollments->empty()) {
            return refuse("no enrollment came with the tracked entity: ask DHIS2 for its enrollments and their events",
                          "/enrollments");
        }
        for (std::size_t i = 0; i < enrollments->size(); ++i) {
            enrollment((*enrollments)[i], pointer("/enrollments", i));
            if (out_.error) return std::move(out_);
        }
        if (!program_known_) return refuse("the mapping does not know this program", "/enrollments/0/program");
        if (out_.units.empty() && out_.ignored.empty()) ignore("", "no event of it is in a stage that is sent");
        return std::move(out_);
    }

  private:
    void wrong(std::string message, const std::string& below) {
        out_.error = Error{ErrorCode::bad_request, std::move(message), out_.path + below, std::nullopt};
    }

    Entity refuse(std::string message, const std::string& below) {
        wrong(std::move(message), below);
        return std::move(out_);
    }

    void ignore(const std::string& below, std::string why) {
        out_.ignored.push_back({out_.path + below, std::move(why)});
    }

    void enrollment(const Json& node, const std::string& below) {
        const auto* program = mapping_.program(text_member(node, "program"));
        if (program == nullptr) return;
        program_known_ = true;
        if (is_deleted(node)) return ignore(below, "the enrollment is deleted in DHIS2");
        if (text_member(node, "status") == "CANCELLED") return ignore(below, "the enrollment is cancelled");
        const auto* events = list(node, "events");
        if (events == nullptr) {
            return wrong("no events came with the enrollment: ask DHIS2 for them", below + "/events");
        }
        for (std::size_t i = 0; i < events->size(); ++i) {
            event(node, below, *program, (*events)[i], pointer(below + "/events", i));
        }
    }

    void event(const Json& enrollment, const std::string& enrollment_path, const Program& program, const Json& node,
               const std::string& below) {
        const auto stage = std::find_if(program.stages.begin(), program.stages.end(), [&](const Stage& each) {
            return each.id == text_member(node, "programStage");
        });
        if (stage == program.stages.end()) return;
        if (is_deleted(node)) return ignore(below, "the event is deleted in DHIS2");
        const auto status = text_member(node, "status");
        if (std::find(stage->statuses.begin(), stage->statuses.end(), status) == stage->statuses.end()) {
            return ignore(below, "the event is not completed");
        }
        const Unit unit{&entity_, &enrollment, &node, &program, &*stage, below, enrollment_path};
        if (stage->send_flag && !holds(*stage->send_flag, unit)) {
            return ignore(below, "the event is not marked to be sent");
        }
        out_.units.push_back(unit);
    }

    const Json& entity_;
    const Mapping& mapping_;
    Entity out_;
    bool program_known_ = false;
};

}  // namespace

Result<std::vector<Entity>> entities(const Json& document, const Mapping& mapping) {
    if (!document.is_object()) return fail(ErrorCode::bad_request, "must be an object");
    for (const auto* name : {"trackedEntities", "instances"}) {
        const auto* found = member(document, name);
        if (found == nullptr) continue;
        const auto path = pointer("", name);
        if (!found->is_array()) return fail(ErrorCode::bad_request, "must be an array", path);
        std::vector<Entity> out;
        out.reserve(found->size());
        for (std::size_t i = 0; i < found->size(); ++i) {
            out.push_back(Sorter((*found)[i], pointer(path, i), mapping).sort());
        }
        return out;
    }
    if (member(document, "trackedEntity") != nullptr) {
        std::vector<Entity> out;
        out.push_back(Sorter(document, "", mapping).sort());
        return out;
    }
    if (member(document, "enrollments") != nullptr || member(document, "events") != nullptr) {
        return fail(ErrorCode::bad_request,
                    "enrollments and events have to come inside their tracked entities, under \"trackedEntities\"");
    }
    return fail(ErrorCode::bad_request, "is required", "/trackedEntities");
}

Json alone(const Unit& unit) {
    auto entity = *unit.entity;
    auto enrollment = *unit.enrollment;
    enrollment["events"] = Json::array({*unit.event});
    entity["enrollments"] = Json::array({std::move(enrollment)});
    return {{"trackedEntities", Json::array({std::move(entity)})}};
}

std::string in_whole(const Unit& unit, const Entity& entity, std::string_view path) {
    const auto replaced = [&](std::string_view prefix, const std::string& by) {
        return entity.path + by + std::string(path.substr(prefix.size()));
    };
    if (path.starts_with(alone_event)) return replaced(alone_event, unit.event_path);
    if (path.starts_with(alone_enrollment)) return replaced(alone_enrollment, unit.enrollment_path);
    if (path.starts_with(alone_entity)) return replaced(alone_entity, "");
    return std::string(path);
}

}  // namespace ocm::dhis2
