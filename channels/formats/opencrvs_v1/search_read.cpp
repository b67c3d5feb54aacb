// SPDX-License-Identifier: MPL-2.0
#include "formats/opencrvs_v1/search_read.hpp"

#include "core/http_message.hpp"
#include "core/time.hpp"
#include "formats/opencrvs_v1/marks.hpp"
#include "formats/opencrvs_v1/values.hpp"

#include <nlohmann/json.hpp>

namespace ocm::opencrvs_v1 {
namespace {

using namespace std::string_view_literals;

tl::unexpected<Error> refuse(std::string path, const char* what) {
    return fail(ErrorCode::bad_request, what, std::move(path));
}

/// The members that hold a parent of the child: OpenCRVS has a name of its own for each.
struct ParentMembers {
    const char* role;
    std::string_view first, last, born, identifier;
};
constexpr ParentMembers parents[] = {
    {role::mother, "mothersFirstName", "mothersLastName", "motherDateOfBirth", "motherIdentifier"},
    {role::father, "fathersFirstName", "fathersLastName", "fatherDateOfBirth", "fatherIdentifier"}};

class ResultReader {
  public:
    explicit ResultReader(const Json& result) : result_(result), marks_(result) {}

    Result<SearchResultRead> run() {
        if (auto kind = read_kind(); !kind) return fail(std::move(kind.error()));
        if (auto number = read_registration(); !number) return fail(std::move(number.error()));
        read_history();
        Result<void> done;
        switch (out_.event.topic.kind) {
            case VitalKind::birth:
            case VitalKind::fetal_death:
                done = read_birth();
                break;
            case VitalKind::death:
                done = read_death();
                break;
            case VitalKind::marriage:
                done = read_marriage();
                break;
        }
        if (!done) return fail(std::move(done.error()));
        out_.account = marks_.account();
        out_.account.warnings.push_back(
            {"", "read from a search, which shows some of the record: OpenCRVS did not tell of it"});
        return std::move(out_);
    }

  private:
    VitalEvent& event() { return out_.event.event; }

    Result<void> read_kind() {
        const auto type = to_lower(text_member(result_, "type"));
        auto& topic = out_.event.topic;
        if (type == "birth") {
            topic.kind = VitalKind::birth;
        } else if (type == "death") {
            topic.kind = VitalKind::death;
        } else if (type == "marriage") {
            topic.kind = VitalKind::marriage;
        } else {
            return refuse("/type", "must be a kind of event of OpenCRVS 1.x");
        }
        marks_.structure(member(result_, "type"));
        event().kind = topic.kind;
        const auto id = take_text(result_, "id", marks_);
        if (!id || id->empty()) return refuse("/id", "is required");
        out_.event.record = *id;
        out_.event.partial = true;
        out_.event.heard = Heard::catch_up;
        return {};
    }

    Result<void> read_registration() {
        const auto* registration = member(result_, "registration");
        auto number = registration == nullptr ? std::nullopt : take_text(*registration, "registrationNumber", marks_);
        if (!number || number->empty()) return refuse("/registration/registrationNumber", "is required");
        auto& known = event().registration.emplace();
        known.event_id = out_.event.record;
        known.registration_number = *number;
        known.tracking_id = take_text(*registration, "trackingId", marks_).value_or("");
        out_.event.occurrence = std::move(*number);
        marks_.structure(member(*registration, "status"));
        event().office = filled(take_text(*registration, "registeredLocationId", marks_));
        if (auto place = filled(take_text(*registration, "eventLocationId", marks_)))
            event().place.emplace().location = std::move(*place);
        event().informant.phone = filled(take_text(*registration, "contactNumber", marks_));
        event().informant.email = filled(take_text(*registration, "contactEmail", marks_));
        event().informant.contact = filled(take_text(*registration, "contactRelationship", marks_));
        return {};
    }

    /// It was registered when the history says so first; later entries say what became of the record.
    void read_history() {
        const auto* histories = member(result_, "operationHistories");
        if (histories == nullptr || !histories->is_array()) return;
        marks_.structure(*histories);
        for (const auto& one : *histories) {
            const auto at = parse_rfc3339(text_member(one, "operatedOn"));
            if (text_member(one, "operationType") != "REGISTERED" || !at) continue;
            out_.event.occurred_at = rfc3339(*at);
            event().registration->registered_at = out_.event.occurred_at;
            marks_.carried(one);
            return;
        }
    }

    Result<void> read_birth() {
        auto& child = event().persons[role::child];
        read_names("childName", child);
        child.gender = filled(take_text(result_, "childGender", marks_));
        if (auto born = read_date("dateOfBirth", child.birth_date); !born) return born;
        drop_identifier("childIdentifier");
        for (const auto& members : parents) {
            if (auto done = read_parent(members); !done) return done;
        }
        return {};
    }

    Result<void> read_parent(const ParentMembers& members) {
        Person parent;
        PersonName name;
        name.use = "en";
        if (auto first = filled(take_text(result_, members.first, marks_))) name.given.push_back(std::move(*first));
        name.family = filled(take_text(result_, members.last, marks_));
        if (!name.given.empty() || name.family) parent.names.push_back(std::move(name));
        if (auto born = read_date(members.born, parent.birth_date); !born) return born;
        drop_identifier(members.identifier);
        if (!(parent == Person{})) event().persons[members.role] = std::move(parent);
        return {};
    }

    Result<void> read_death() {
        auto& deceased = event().persons[role::deceased];
        read_names("deceasedName", deceased);
        deceased.gender = filled(take_text(result_, "deceasedGender", marks_));
        return read_date("dateOfDeath", event().date);
    }

    Result<void> read_marriage() {
        read_names("brideName", event().persons[role::bride]);
        read_names("groomName", event().persons[role::groom]);
        drop_identifier("brideIdentifier");
        drop_identifier("groomIdentifier");
        return read_date("dateOfMarriage", event().date);
    }

    void read_names(std::string_view key, Person& person) {
        const auto* names = member(result_, key);
        if (names == nullptr || !names->is_array()) return;
        for (const auto& one : *names) {
            PersonName name;
            name.use = take_text(one, "use", marks_).value_or("");
            // Given names come in one text; they are not taken apart, for a name may hold a space.
            if (auto given = filled(take_text(one, "firstNames", marks_))) name.given.push_back(std::move(*given));
            name.family = filled(take_text(one, "familyName", marks_));
            if (!name.given.empty() || name.family) person.names.push_back(std::move(name));
        }
    }

    Result<void> read_date(std::string_view key, std::optional<std::string>& into) {
        const auto* node = member(result_, key);
        if (node == nullptr || node->is_null()) return {};
        auto date = take_date(*node, marks_);
        if (!date) return fail(std::move(date.error()));
        into = std::move(*date);
        return {};
    }

    void drop_identifier(std::string_view key) {
        const auto* node = member(result_, key);
        if (node != nullptr && !node->is_null())
            marks_.dropped(*node, "the search does not say what kind of identifier this is");
    }

    static std::optional<std::string> filled(std::optional<std::string> value) {
        return value && value->empty() ? std::nullopt : std::move(value);
    }

    const Json& result_;
    Marks marks_;
    SearchResultRead out_;
};

}  // namespace

Result<SearchResultRead> read_search_result(const Json& result) {
    if (!result.is_object()) return refuse("", "must be a result of a search");
    return ResultReader(result).run();
}

}  // namespace ocm::opencrvs_v1
