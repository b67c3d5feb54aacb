// SPDX-License-Identifier: MPL-2.0
#include "channels/opencrvs/event_document.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <vector>

namespace ocm::opencrvs {
namespace {

using namespace std::string_view_literals;

constexpr std::array known_types{"CREATE"sv,
                                 "NOTIFY"sv,
                                 "DECLARE"sv,
                                 "VALIDATE"sv,
                                 "REGISTER"sv,
                                 "REJECT"sv,
                                 "ARCHIVE"sv,
                                 "PRINT_CERTIFICATE"sv,
                                 "REQUEST_CORRECTION"sv,
                                 "APPROVE_CORRECTION"sv,
                                 "REJECT_CORRECTION"sv,
                                 "EDIT"sv,
                                 "CUSTOM"sv,
                                 "DUPLICATE_DETECTED"sv,
                                 "MARK_AS_DUPLICATE"sv,
                                 "MARKED_AS_DUPLICATE"sv,
                                 "MARK_AS_NOT_DUPLICATE"sv,
                                 "DELETE"sv,
                                 "READ"sv,
                                 "ASSIGN"sv,
                                 "UNASSIGN"sv};
/// They change nothing of the record and may come after anything; reading a record is one.
constexpr std::array book_keeping{"READ"sv, "ASSIGN"sv, "UNASSIGN"sv};
/// Their values are no part of the record: what was asked for, and who collected a certificate.
constexpr std::array not_folded{"REQUEST_CORRECTION"sv, "PRINT_CERTIFICATE"sv, "REJECT_CORRECTION"sv};
/// Their review form is the record's.
constexpr std::array declaring{"CREATE"sv, "NOTIFY"sv, "DECLARE"sv, "EDIT"sv, "VALIDATE"sv, "REGISTER"sv};

template <std::size_t N>
bool is_one_of(const std::array<std::string_view, N>& list, std::string_view word) {
    return std::ranges::find(list, word) != list.end();
}

std::string_view type_of(const Json& action) {
    return text_member(action, "type");
}
bool has_status(const Json& action, std::string_view status) {
    return text_member(action, "status") == status;
}
bool is_accepted(const Json& action) {
    return has_status(action, "Accepted");
}

/// The id an action had when it was asked for; the copy that says it is accepted has another of its own.
std::string_view root_of(const Json& action) {
    const auto original = text_member(action, "originalActionId");
    return original.empty() ? text_member(action, "id") : original;
}

Result<void> check(const Json& document) {
    const auto refuse = [](std::string path, const char* what) {
        return fail(ErrorCode::bad_request, what, std::move(path));
    };
    if (!document.is_object()) return refuse("", "an EventDocument is an object");
    for (const auto key : {"id"sv, "type"sv}) {
        if (text_member(document, key).empty()) return refuse(pointer("", key), "is required");
    }
    const auto* actions = member(document, "actions");
    if (actions == nullptr || !actions->is_array()) return refuse("/actions", "must be a list of actions");
    for (std::size_t i = 0; i < actions->size(); ++i) {
        const auto path = pointer("/actions", i);
        const auto& action = (*actions)[i];
        if (!action.is_object()) return refuse(path, "must be an action");
        for (const auto key : {"id"sv, "type"sv}) {
            if (text_member(action, key).empty()) return refuse(pointer(path, key), "is required");
        }
        for (const auto key : {"declaration"sv, "annotation"sv}) {
            const auto* values = member(action, key);
            if (values != nullptr && !values->is_object() && !values->is_null())
                return refuse(pointer(path, key), "must be an object");
        }
    }
    return {};
}

const Json* find_action(const Json& actions, std::string_view id) {
    if (id.empty()) return nullptr;
    const auto found = std::ranges::find_if(actions, [id](const Json& one) { return text_member(one, "id") == id; });
    return found == actions.end() ? nullptr : &*found;
}

/// A null takes the value away.
void merge(Json& into, const Json& action, std::string_view key) {
    const auto* values = member(action, key);
    if (values != nullptr && values->is_object()) into.merge_patch(*values);
}

/// The values an accepted action came with: they sit in the one that asked for it.
void merge_whole(Json& into, const Json& actions, const Json& action, std::string_view key) {
    const auto* asked = find_action(actions, text_member(action, "originalActionId"));
    if (asked != nullptr && has_status(*asked, "Requested")) merge(into, *asked, key);
    merge(into, action, key);
}

struct Meaning {
    Change change;
    std::optional<NotificationStatus> status;
};

std::optional<Meaning> meaning(std::string_view type, bool was_registered) {
    if (type == "REGISTER") return Meaning{Change::registered, {}};
    if (type == "APPROVE_CORRECTION") return Meaning{Change::corrected, {}};
    if (type == "PRINT_CERTIFICATE") return Meaning{Change::certified, {}};
    if (type == "REJECT") return Meaning{Change::notification_status, NotificationStatus::rejected};
    // Nobody was told of a record that never was registered, but its notifier waits for an answer.
    if (type == "ARCHIVE" && !was_registered) return Meaning{Change::notification_status, NotificationStatus::archived};
    if (type == "ARCHIVE") return Meaning{Change::revoked, {}};
    return std::nullopt;
}

class DocumentReader {
  public:
    DocumentReader(const Json& document, const About& about, const CountryMap& map, const FormConfig& form,
                   const Places& places)
        : document_(document),
          actions_(*member(document, "actions")),
          about_(about),
          map_(map),
          form_(form),
          places_(places) {}

    Result<DocumentRead> run() {
        account_for_unknown();
        sort_accepted();
        const auto* last = find_last();
        if (last == nullptr) return nothing(standing_of_asked());
        const auto type = text_member(document_, "type");
        const auto* rows = map_.find(type);
        if (rows == nullptr || form_.find(type) == nullptr)
            return nothing("the country map or the target's forms have no event of this type");
        const auto meant = meaning(type_of(*last), registered_before(*last) != nullptr);
        if (!meant) return nothing("an action of this kind is nothing to tell anybody");
        const Topic topic{meant->change, rows->kind};
        if (!ocm::topic(name(topic))) return nothing("there is no topic for events of this kind");

        const auto* registered = meant->change == Change::registered ? last : registered_before(*last);
        const auto number = registered == nullptr ? ""sv : text_member(*registered, "registrationNumber");
        if (meant->change == Change::registered && number.empty()) {
            out_.standing = Standing::pending;
            return nothing("the registration has no number yet");
        }
        fold_up_to(*last);
        auto values = read(type, declaration_, annotation_, map_, form_, places_);
        if (!values) return fail(std::move(values.error()));
        out_.account.append(std::move(values->account));
        auto& event = out_.event.emplace();
        event.topic = topic;
        event.status = meant->status;
        event.event = std::move(values->event);
        event.target = about_.target;
        event.record = text_member(document_, "id");
        event.occurrence = meant->change == Change::registered ? number : root_of(*last);
        event.occurred_at = text_member(*last, "createdAt");
        event.confirmed = about_.confirmed;
        event.heard = about_.heard;
        if (meant->status) event.reason = reason_of(*last);
        add_registration(event.event, registered);
        add_report(event.event, registered);
        return std::move(out_);
    }

  private:
    DocumentRead nothing(std::string why) {
        out_.why = std::move(why);
        return std::move(out_);
    }

    void account_for_unknown() {
        for (std::size_t i = 0; i < actions_.size(); ++i) {
            const auto& action = actions_[i];
            if (!is_one_of(known_types, type_of(action)))
                out_.account.dropped.push_back({pointer("/actions", i), "OpenCRVS is not known to have such actions"});
        }
    }

    /// By the time they were made, as OpenCRVS orders them; of one time, as they stand.
    void sort_accepted() {
        for (const auto& action : actions_) {
            if (is_accepted(action)) accepted_.push_back(&action);
        }
        std::ranges::stable_sort(accepted_, {}, [](const Json* one) { return text_member(*one, "createdAt"); });
    }

    const Json* find_last() const {
        const auto found = std::find_if(accepted_.rbegin(), accepted_.rend(), [this](const Json* one) {
            if (about_.action.empty()) return !is_one_of(book_keeping, type_of(*one));
            return text_member(*one, "id") == about_.action || root_of(*one) == about_.action;
        });
        return found == accepted_.rend() ? nullptr : *found;
    }

    std::string standing_of_asked() {
        if (about_.action.empty()) return "no action of the record is accepted";
        for (const auto& action : actions_) {
            if (!has_status(action, "Rejected") || root_of(action) != about_.action) continue;
            out_.standing = Standing::rejected;
            return "the action was rejected";
        }
        out_.standing = Standing::pending;
        return "the action is not accepted yet";
    }

    const Json* registered_before(const Json& last) const {
        for (const auto* action : accepted_) {
            if (action == &last) return nullptr;
            if (type_of(*action) == "REGISTER") return action;
        }
        return nullptr;
    }

    void fold_up_to(const Json& last) {
        for (const auto* action : accepted_) {
            fold(*action);
            if (action == &last) return;
        }
    }

    void fold(const Json& action) {
        const auto type = type_of(action);
        if (!is_one_of(not_folded, type)) {
            if (type == "APPROVE_CORRECTION") {
                const auto* request = find_action(actions_, text_member(action, "requestId"));
                if (request != nullptr && !has_status(*request, "Rejected"))
                    merge_whole(declaration_, actions_, *request, "declaration");
            }
            merge_whole(declaration_, actions_, action, "declaration");
        }
        if (is_one_of(declaring, type)) {
            merge_whole(annotation_, actions_, action, "annotation");
            return;
        }
        drop(action, "annotation");
        if (is_one_of(not_folded, type) && type != "REQUEST_CORRECTION") drop(action, "declaration");
    }

    /// What came with an action and is no part of the record.
    void drop(const Json& action, std::string_view key) {
        const auto* asked = find_action(actions_, text_member(action, "originalActionId"));
        for (const auto* one : {asked, &action}) {
            const auto* values = one == nullptr ? nullptr : member(*one, key);
            if (values == nullptr || !values->is_object() || values->empty()) continue;
            const auto at = static_cast<std::size_t>(one - &actions_[0]);
            out_.account.dropped.push_back(
                {pointer(pointer("/actions", at), key), "it is said of the action and is no part of the record"});
        }
    }

    static std::string reason_of(const Json& action) {
        // 2.0 and 1.9, then what came before 1.9.
        if (const auto* content = member(action, "content")) return std::string(text_member(*content, "reason"));
        const auto* reason = member(action, "reason");
        return reason == nullptr ? std::string() : std::string(text_member(*reason, "message"));
    }

    void add_registration(VitalEvent& event, const Json* registered) const {
        auto& known = event.registration.emplace();
        known.event_id = text_member(document_, "id");
        known.tracking_id = text_member(document_, "trackingId");
        if (registered == nullptr) return;
        known.registration_number = text_member(*registered, "registrationNumber");
        const auto at = text_member(*registered, "createdAt");
        if (!at.empty()) known.registered_at = std::string(at);
    }

    void add_report(VitalEvent& event, const Json* registered) const {
        for (const auto* action : accepted_) {
            if (type_of(*action) != "NOTIFY" && type_of(*action) != "DECLARE") continue;
            const auto at = text_member(*action, "createdAt");
            if (!at.empty()) event.reported_at = std::string(at);
            break;
        }
        if (registered == nullptr) return;
        auto office = text_member(*registered, "createdAtLocation");
        const auto* asked = find_action(actions_, text_member(*registered, "originalActionId"));
        if (office.empty() && asked != nullptr) office = text_member(*asked, "createdAtLocation");
        if (!office.empty()) event.office = std::string(office);
    }

    const Json& document_;
    const Json& actions_;
    const About& about_;
    const CountryMap& map_;
    const FormConfig& form_;
    const Places& places_;
    std::vector<const Json*> accepted_;
    Json declaration_ = Json::object();
    Json annotation_ = Json::object();
    DocumentRead out_;
};

}  // namespace

Result<Told> told_of(const Json& document) {
    if (auto sound = check(document); !sound) return fail(std::move(sound.error()));
    const auto& actions = *member(document, "actions");
    for (auto i = actions.size(); i > 0; --i) {
        const auto& action = actions[i - 1];
        if (is_one_of(book_keeping, type_of(action))) continue;
        return Told{std::string(text_member(document, "id")), std::string(text_member(document, "type")),
                    std::string(root_of(action)), std::string(type_of(action))};
    }
    return fail(ErrorCode::bad_request, "has no action that could be told of", "/actions");
}

bool may_tell(std::string_view action_type) {
    return meaning(action_type, true).has_value();
}

bool is_known_action(std::string_view action_type) {
    return is_one_of(known_types, action_type);
}

bool is_confirmed(const Json& document) {
    const auto* actions = member(document, "actions");
    if (actions == nullptr || !actions->is_array()) return false;
    return std::ranges::any_of(*actions, [](const Json& action) {
        return type_of(action) == "REGISTER" && is_accepted(action) &&
               !text_member(action, "registrationNumber").empty();
    });
}

std::vector<std::string> actions_since_registration(const Json& document) {
    if (!check(document)) return {};
    std::vector<const Json*> accepted;
    for (const auto& action : *member(document, "actions")) {
        if (is_accepted(action) && !is_one_of(book_keeping, type_of(action))) accepted.push_back(&action);
    }
    std::ranges::stable_sort(accepted, {}, [](const Json* one) { return text_member(*one, "createdAt"); });
    const auto first = std::ranges::find_if(accepted, [](const Json* one) { return type_of(*one) == "REGISTER"; });
    std::vector<std::string> out;
    for (auto at = first; at != accepted.end(); ++at) out.emplace_back(root_of(**at));
    return out;
}

Json document_of_result(const Json& result) {
    const auto* legal = member(result, "legalStatuses");
    const auto* registered = legal == nullptr ? nullptr : member(*legal, "REGISTERED");
    const auto of = [registered](std::string_view key) {
        return registered == nullptr ? ""sv : text_member(*registered, key);
    };
    const auto* declaration = member(result, "declaration");
    Json action{{"id", text_member(result, "id")},
                {"type", "REGISTER"},
                {"status", "Accepted"},
                {"createdAt", of("acceptedAt")},
                {"registrationNumber", of("registrationNumber")},
                {"declaration", declaration == nullptr ? Json::object() : *declaration}};
    if (!of("createdAtLocation").empty()) action["createdAtLocation"] = of("createdAtLocation");
    return {{"id", text_member(result, "id")},
            {"type", text_member(result, "type")},
            {"trackingId", text_member(result, "trackingId")},
            {"actions", Json::array({std::move(action)})}};
}

Result<DocumentRead> read_document(const Json& document, const About& about, const CountryMap& map,
                                   const FormConfig& form, const Places& places) {
    if (auto sound = check(document); !sound) return fail(std::move(sound.error()));
    return DocumentReader(document, about, map, form, places).run();
}

}  // namespace ocm::opencrvs
