// SPDX-License-Identifier: MPL-2.0
#include "formats/opencrvs_v1/saved_record.hpp"

#include "core/ids.hpp"
#include "core/json_text.hpp"
#include "formats/opencrvs_v1/answer.hpp"
#include "formats/opencrvs_v1/codes.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <span>
#include <string_view>

namespace ocm::opencrvs_v1 {
namespace {

/// What stands where something is filled in.
constexpr std::string_view blank = "null";

constexpr std::string_view in_progress =
    R"({"coding":[{"code":"IN_PROGRESS","system":"http://opencrvs.org/specs/reg-status"}]})";

}  // namespace

struct SavedRecord::Member {
    std::string_view key;
    What what;
};

std::vector<SavedRecord::Identifier> SavedRecord::with_own(const Accepted& outcome) const {
    auto out = identifiers_;
    const auto set = [&out](std::string system, std::string_view value) {
        auto json = dump_json({{"system", system}, {"value", value}});
        const auto sent = std::find_if(out.begin(), out.end(), [&](const auto& each) { return each.system == system; });
        if (sent == out.end()) {
            out.push_back({std::move(system), std::move(json)});
        } else {
            sent->json = std::move(json);
        }
    };
    const std::string system(identifier_system);
    if (!outcome.tracking_id.empty()) {
        set(system + std::string(name(outcome.kind)) + "-tracking-id", outcome.tracking_id);
    }
    const Json client{{"name", outcome.client_name}, {"username", outcome.client_id}, {"type", "HEALTH"}};
    set(system + "system_identifier", dump_json(client));
    return out;
}

/// Writes a bundle with its blanks.
class SavedRecord::Writer {
  public:
    explicit Writer(SavedRecord& record) : record_(record) {
        constexpr std::size_t most = 10u << 10;
        out_.reserve(most);
    }

    void write(const Json& bundle) {
        out_.begin_object();
        for (const auto& [key, value] : bundle.get_ref<const Json::object_t&>()) {
            out_.key(key);
            if (key == "entry") {
                entries(value);
            } else {
                out_.value(value);
            }
        }
        out_.end_object();
        record_.text_ = out_.take();
    }

  private:
    void entries(const Json& entries) {
        // In the order of the keys, as all of them are.
        constexpr std::array of_any{Member{"id", What::id}};
        constexpr std::array of_task{Member{"businessStatus", What::status}, Member{"id", What::id},
                                     Member{"identifier", What::identifiers}, Member{"lastModified", What::modified}};
        out_.begin_array();
        for (std::size_t i = 0; i < entries.size(); ++i) {
            out_.begin_object();
            for (const auto& [key, value] : entries[i].get_ref<const Json::object_t&>()) {
                out_.key(key);
                if (key == "resource") {
                    const auto own = i == 1 ? std::span<const Member>(of_task) : std::span<const Member>(of_any);
                    resource(value.get_ref<const Json::object_t&>(), own);
                } else {
                    out_.value(value);
                }
            }
            out_.end_object();
        }
        out_.end_array();
    }

    /// A blank takes the place of what the sender wrote there.
    void resource(const Json::object_t& members, std::span<const Member> own) {
        out_.begin_object();
        for (const auto& [key, value] : members) {
            for (; !own.empty() && own.front().key < key; own = own.subspan(1)) leave_blank(own.front());
            if (!own.empty() && own.front().key == key) continue;
            out_.key(key);
            out_.value(value);
        }
        for (const auto& member : own) leave_blank(member);
        out_.end_object();
    }

    void leave_blank(const Member& member) {
        out_.key(member.key);
        record_.blanks_.push_back({out_.size(), member.what});
        out_.value(nullptr);  // `blank`
    }

    SavedRecord& record_;
    JsonText out_;
};

SavedRecord::SavedRecord(Json bundle) {
    const auto& entries = bundle["entry"];
    blanks_.reserve(entries.size() + 3);
    Writer(*this).write(bundle);
    const auto* sent = member(entries[1]["resource"], "identifier");
    if (sent == nullptr || !sent->is_array()) return;
    for (const auto& each : *sent) identifiers_.push_back({std::string(text_member(each, "system")), dump_json(each)});
}

std::string SavedRecord::text(const Accepted& outcome) const {
    constexpr std::size_t most_filled_in = 1u << 10;
    JsonText out;
    out.reserve(text_.size() + 48 * blanks_.size() + most_filled_in);
    std::size_t written = 0;
    std::size_t place = 0;
    for (const auto& [at, what] : blanks_) {
        out.raw(std::string_view(text_).substr(written, at - written));
        written = at + blank.size();
        switch (what) {
            case What::id:
                out.string(resource_id(outcome, place++));
                break;
            case What::identifiers:
                out.begin_array();
                for (const auto& each : with_own(outcome)) out.json(each.json);
                out.end_array();
                break;
            case What::status:
                out.raw(in_progress);
                break;
            case What::modified:
                out.string(rfc3339(outcome.at));
                break;
        }
    }
    out.raw(std::string_view(text_).substr(written));
    return out.take();
}

Result<Json> SavedRecord::document() const {
    auto limits = message_json_limits;
    limits.nodes += blanks_.size();
    return parse_json(text_, limits);
}

std::string resource_id(const Accepted& outcome, std::size_t place) {
    return place == 0 ? outcome.event_id : uuid_v5(outcome.event_id, std::to_string(place));
}

}  // namespace ocm::opencrvs_v1
