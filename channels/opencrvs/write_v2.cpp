// SPDX-License-Identifier: MPL-2.0
#include "channels/opencrvs/write_v2.hpp"

#include "channels/opencrvs/render.hpp"
#include "channels/opencrvs/shown_fields.hpp"

#include <algorithm>
#include <set>

namespace ocm::opencrvs {
namespace {

/// A value on its way into a field.
struct Candidate {
    const MapRow* row = nullptr;
    const FormField* field = nullptr;
    std::string name;  // it is accounted under; empty for a derived value
    Value value;
    Rendered rendered;
    bool annotation = false;
    Truth shown = Truth::yes;
};

struct Loss {
    std::string name;
    std::string why;
    std::string overflow;
    std::string text;
};

class Writer {
  public:
    Writer(const VitalEvent& event, const EventMap& rows, const EventForm& form, const ResolvedPlace& place,
           const CountryMap& map, const Places& places, WallTime now)
        : rows_(rows),
          form_(form),
          place_(place),
          values_(event, place, map),
          context_{map, form, places, now},
          today_(std::chrono::floor<std::chrono::days>(now)) {}

    Result<Written> write() {
        candidates_.reserve(rows_.rows.size());
        taken_.reserve(rows_.rows.size());
        carried_.reserve(rows_.rows.size());
        for (const auto& row : rows_.rows)
            if (!row.field.empty()) take(row);
        if (refused_) return fail(*refused_);
        hide();
        keep_shown();
        for (const auto& row : rows_.rows)
            if (row.field.empty()) take_rest(row);
        std::sort(carried_.begin(), carried_.end());
        settle_losses();
        account_for_rest();
        auto notes = values_.notes();
        out_.account.recoded.insert(out_.account.recoded.end(), notes.begin(), notes.end());
        if (!comment_.empty()) append_comment();
        out_.event_type = form_.type;
        return std::move(out_);
    }

  private:
    bool applies(const MapRow& row) const {
        return std::all_of(row.when.begin(), row.when.end(), [&](const auto& asked) {
            const auto value = values_.take(asked.first, nullptr);
            const auto* code = std::get_if<std::string_view>(&value);
            return code != nullptr && std::find(asked.second.begin(), asked.second.end(), *code) != asked.second.end();
        });
    }

    const Candidate* candidate_for(const FormField& field) const {
        const auto found = std::find(taken_.begin(), taken_.end(), &field);
        return found == taken_.end() ? nullptr : &candidates_[static_cast<std::size_t>(found - taken_.begin())];
    }

    void add_candidate(Candidate candidate) {
        taken_.push_back(candidate.field);
        candidates_.push_back(std::move(candidate));
    }

    void carry(std::string name) {
        if (!name.empty()) carried_.push_back(std::move(name));
    }
    /// Once all that is carried is known.
    bool is_carried(const std::string& name) const {
        return std::binary_search(carried_.begin(), carried_.end(), name);
    }

    /// What the form made of a candidate, wherever it is now.
    const Json& written(const Candidate& candidate) const {
        const bool there = !candidate.annotation && candidate.shown != Truth::no;
        return there ? out_.declaration.at(candidate.field->id) : candidate.rendered.value;
    }

    void lose(std::string name, std::string why, const std::string& overflow, const Value& value) {
        if (!name.empty()) losses_.push_back({std::move(name), std::move(why), overflow, in_words(value)});
    }

    void take(const MapRow& row) {
        // Only the type of an identifier depends on the field; for what the event does not have none is looked up.
        const bool by_field = row.from.take == Take::id_type;
        Value value;
        if (!by_field) {
            value = values_.take(row.from, nullptr);
            if (absent(value)) return;
        }
        const auto* field = form_.find(row.field);
        const auto* annotation = field == nullptr ? form_.find_annotation(row.field) : nullptr;
        const auto* target = field != nullptr ? field : annotation;
        if (by_field) value = values_.take(row.from, target);
        if (absent(value) || !applies(row)) return;
        auto name = values_.accounted_as(row.from);
        if (target == nullptr) {
            lose(std::move(name), "the form has no field " + row.field, row.overflow, value);
            return;
        }
        if (const auto* taken = candidate_for(*target)) {
            if (taken->name != name && !equal(taken->value, value))
                lose(std::move(name), "another value was taken for the field " + row.field, row.overflow, value);
            else
                carry(std::move(name));
            return;
        }
        if (row.from.take == Take::place_location) check_facility(*target);
        auto rendered = render(value, row, *target, name, context_);
        if (rendered.value.is_null()) {
            lose(std::move(name), rendered.why_not, row.overflow, value);
            return;
        }
        const bool lossy = rendered.lossy;
        auto text_name = lossy ? name : std::string();
        add_candidate({&row, target, std::move(name), value, std::move(rendered), annotation != nullptr, Truth::yes});
        if (lossy) keep_as_text(row, text_name, value);
    }

    void check_facility(const FormField& field) {
        const auto& types = field.location_types;
        if (types.empty() || place_.facility == nullptr) return;
        if (std::find(types.begin(), types.end(), place_.facility->type) != types.end()) return;
        refused_ = Error{ErrorCode::bad_request, "the place of the event is not a facility of a kind the form takes",
                         std::string(refusal::location), std::nullopt};
    }

    /// What a wider code could not say goes into a field of the form or into the comment.
    void keep_as_text(const MapRow& row, const std::string& name, const Value& value) {
        const auto* field = form_.find(row.overflow);
        if (field == nullptr) {
            lose(name + " (as given)", "the code itself has no option", row.overflow, value);
            return;
        }
        if (candidate_for(*field) != nullptr || field->kind != FieldKind::text) return;
        Rendered rendered;
        rendered.value = in_words(value);
        add_candidate({&row, field, name, value, std::move(rendered), false, Truth::yes});
    }

    /// Finds what the form would show: conditions look at the values that are themselves shown, so it is asked again
    /// until nothing changes. Forms settle in two or three rounds; one that never does only loses fields.
    void hide() {
        constexpr int rounds = 8;
        auto& declaration = out_.declaration = Json::object();
        for (auto& candidate : candidates_)
            if (!candidate.annotation) declaration[candidate.field->id] = std::move(candidate.rendered.value);
        std::vector<Candidate*> changed;
        for (int round = 0; round < rounds + 2; ++round) {
            const Facts facts{declaration, today_};
            changed.clear();
            ShownFields fields(form_, facts);
            for (auto& candidate : candidates_) {
                if (candidate.annotation) continue;
                auto shown = fields.of(*candidate.field);
                if (round >= rounds) shown = std::min(shown, candidate.shown);
                if (shown != candidate.shown) changed.push_back(&candidate);
                candidate.shown = shown;
            }
            if (changed.empty()) break;
            for (auto* candidate : changed) move_value(*candidate);
        }
    }

    /// Into the declaration where it is shown, out of it where it is not.
    void move_value(Candidate& candidate) {
        auto& declaration = out_.declaration.get_ref<Json::object_t&>();
        const auto there = declaration.find(candidate.field->id);
        if (candidate.shown != Truth::no) {
            if (there == declaration.end())
                declaration.emplace(candidate.field->id, std::move(candidate.rendered.value));
        } else if (there != declaration.end()) {
            candidate.rendered.value = std::move(there->second);
            declaration.erase(there);
        }
    }

    /// An address that is hidden because it was said to be another person's is carried by that.
    bool said_to_be_the_same(const Candidate& hidden) {
        if (hidden.row->from.take != Take::primary_address) return false;
        return std::any_of(candidates_.begin(), candidates_.end(), [&](const Candidate& other) {
            return other.row->from.take == Take::same_address && other.row->from.role == hidden.row->from.role &&
                   other.shown != Truth::no && written(other) == "YES";
        });
    }

    void keep_shown() {
        for (const auto& candidate : candidates_)
            if (candidate.shown == Truth::no) leave_out(candidate);
        out_.annotation = Json::object();
        out_.account.carried.reserve(candidates_.size());
        for (auto& candidate : candidates_)
            if (candidate.shown != Truth::no) keep(candidate);
    }

    void leave_out(const Candidate& hidden) {
        if (said_to_be_the_same(hidden)) {
            out_.account.recoded.push_back({hidden.name, "sent as being the same as another person's"});
            carry(hidden.name);
            return;
        }
        lose(hidden.name, "the form does not show the field " + hidden.field->id + " for such an event",
             hidden.row->overflow, hidden.value);
    }

    void keep(Candidate& candidate) {
        auto& account = out_.account;
        if (candidate.shown == Truth::unknown)
            account.warnings.push_back({candidate.field->id,
                                        "the form's condition for showing the field is of a kind "
                                        "this version does not know: taken as shown"});
        if (candidate.annotation) out_.annotation[candidate.field->id] = std::move(candidate.rendered.value);
        account.carried.push_back(candidate.field->id);
        carry(std::move(candidate.name));
        const auto add = [](std::vector<Account::Note>& to, std::vector<Account::Note>& from) {
            std::move(from.begin(), from.end(), std::back_inserter(to));
        };
        add(account.recoded, candidate.rendered.recoded);
        add(account.dropped, candidate.rendered.dropped);
        add(account.warnings, candidate.rendered.warnings);
    }

    /// Rows with only an overflow: values no other row carries.
    void take_rest(const MapRow& row) {
        if (!applies(row)) return;
        if (row.from.take != Take::identifiers) {
            const auto value = values_.take(row.from, nullptr);
            if (!absent(value))
                lose(values_.accounted_as(row.from), "the form has no field for it", row.overflow, value);
            return;
        }
        for (const auto& [name, identifier] : values_.identifiers(row.from.role))
            lose(name, "the form has no field for an identifier of this type", row.overflow, identifier->value);
    }

    void settle_losses() {
        // Of several rows that could not carry a value, one that keeps it as text decides.
        std::stable_partition(losses_.begin(), losses_.end(),
                              [&](const Loss& loss) { return form_.find_annotation(loss.overflow) != nullptr; });
        for (auto& loss : losses_) {
            if (is_carried(loss.name) || !settled_.insert(loss.name).second) continue;
            const bool kept = form_.find_annotation(loss.overflow) != nullptr;
            if (!kept) {
                out_.account.dropped.push_back({loss.name, loss.why});
                continue;
            }
            auto words = loss.name;
            std::replace_if(words.begin(), words.end(), [](char c) { return c == '.' || c == '_'; }, ' ');
            if (const auto at = loss.name.find(".identifier."); at != std::string::npos)
                words = loss.name.substr(0, at) + " identifier " + loss.name.substr(at + 12);
            comment_field_ = loss.overflow;
            if (!comment_.empty()) comment_ += "\n";
            comment_ += words + ": " + loss.text;
            out_.account.recoded.push_back({loss.name, loss.why + ": kept as text in " + loss.overflow});
        }
    }

    void account_for_rest() {
        for (auto& name : values_.present())
            if (!is_carried(name) && !settled_.contains(name))
                out_.account.dropped.push_back({std::move(name), "the map or the form has no field for it"});
    }

    void append_comment() {
        auto& field = out_.annotation[comment_field_];
        if (field.is_string())
            field = field.get<std::string>() + "\n" + comment_;
        else {
            field = comment_;
            out_.account.carried.push_back(comment_field_);
        }
    }

    const EventMap& rows_;
    const EventForm& form_;
    const ResolvedPlace& place_;
    EventValues values_;
    RenderContext context_;
    std::chrono::year_month_day today_;
    std::vector<Candidate> candidates_;
    std::vector<Loss> losses_;
    std::vector<const FormField*> taken_;  // by the candidates, in their order
    std::vector<std::string> carried_;
    std::set<std::string> settled_;
    std::optional<Error> refused_;
    std::string comment_field_, comment_;
    Written out_;
};

}  // namespace

Result<const Location*> office_of(const VitalEvent& event, const Places& places, WallTime now) {
    const std::string at(refusal::office);
    if (event.office && !event.office->empty()) {
        const auto* office = places.location(*event.office);
        if (office == nullptr)
            return fail(ErrorCode::bad_request, "the registration office is not one that OpenCRVS has", at);
        if (office->type != office_type)
            return fail(ErrorCode::bad_request, "the location given as the registration office is not an office", at);
        if (!office->active(now))
            return fail(ErrorCode::bad_request, "the registration office is no longer in use", at);
        return office;
    }
    std::vector<std::string> areas;
    if (event.place && event.place->location)
        if (const auto* facility = places.location(*event.place->location))
            areas.push_back(facility->administrative_area);
    const auto add = [&](const Address* address) {
        const auto* area = address == nullptr ? nullptr : places.lowest_known(address->areas);
        if (area != nullptr) areas.push_back(area->id);
    };
    if (event.place && event.place->address) add(&*event.place->address);
    for (const auto* who : {role::deceased, role::mother, role::father, role::informant, role::spouse}) {
        const auto found = event.persons.find(who);
        if (found != event.persons.end()) add(primary_address(found->second));
    }
    for (const auto& area : areas)
        if (const auto* office = places.office_for(area, now)) return office;
    return fail(ErrorCode::bad_request,
                "no registration office is named, and none can be found from the place of the event", at);
}

Result<Written> write(const VitalEvent& event, const CountryMap& map, const FormConfig& form, const Places& places,
                      WallTime now) {
    const auto* rows = map.find(event.kind);
    const auto* target = rows == nullptr ? nullptr : form.find(rows->type);
    if (target == nullptr)
        return fail(ErrorCode::bad_request, "OpenCRVS has no form for this kind of event", std::string(refusal::kind));
    const auto place = resolve_place(event, places, now);
    if (!place) return fail(place.error());
    const auto office = office_of(event, places, now);
    if (!office) return fail(office.error());
    auto out = Writer(event, *rows, *target, *place, map, places, now).write();
    if (!out) return out;
    out->created_at_location = (*office)->id;
    auto& recoded = out->account.recoded;
    recoded.insert(recoded.end(), place->notes.begin(), place->notes.end());
    return out;
}

}  // namespace ocm::opencrvs
