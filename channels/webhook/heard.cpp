// SPDX-License-Identifier: MPL-2.0
#include "channels/webhook/heard.hpp"

#include "channels/notification/channel.hpp"
#include "channels/webhook/publish.hpp"
#include "core/json.hpp"
#include "formats/opencrvs_v1/search_read.hpp"
#include "formats/opencrvs_v1/webhook_read.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>

namespace ocm::webhook {
namespace {

using namespace std::chrono_literals;
using Kind = dispatch::Outcome::Kind;
using DepsPtr = std::shared_ptr<const HeardDeps>;

constexpr Milliseconds first_look_again = 3s;
constexpr Milliseconds longest_between_looks = 15min;

Sending over(Account account, std::string note) {
    if (!note.empty()) account.warnings.push_back({"", std::move(note)});
    Sending out;
    out.account = account.to_text();
    return out;
}

Sending failed(Error error) {
    Sending out;
    switch (error.code) {
        case ErrorCode::bad_request:
        case ErrorCode::storage:
            out.outcome.kind = Kind::refused;  // the same bytes will not be read differently
            break;
        case ErrorCode::bad_gateway:
        case ErrorCode::internal:
            out.outcome.kind = Kind::again;  // it answered; an administrator may put it right
            break;
        default:
            out.outcome.kind = Kind::again;
            out.outcome.reached = false;
    }
    out.outcome.error = std::move(error);
    return out;
}

/// One message on its way.
class Hearing {
  public:
    Hearing(Exchange& exchange, const Delivery& delivery, DepsPtr deps)
        : exchange_(exchange), delivery_(delivery), deps_(std::move(deps)) {}

    Task<Sending> run(std::string payload) const {
        auto message = read_heard(payload);
        if (!message) co_return failed(message.error());
        auto json = parse_json(message->body);
        if (!json) co_return failed(json.error());
        if (message->heard == Heard::webhook) {
            auto taken = co_await take_webhook(std::move(*json));
            co_return taken;
        }
        if (message->heard == Heard::catch_up) {
            auto found = co_await take_found(std::move(*json));
            co_return found;
        }
        auto taken = co_await take_copy(std::move(*json), message->heard);
        co_return taken;
    }

  private:
    Task<Sending> take_webhook(Json delivered) const {
        auto read = opencrvs_v1::read_webhook(delivered);
        if (!read) co_return failed(read.error());
        read->event.target = deps_->target;
        auto out = co_await publish(one(std::move(read->event)), std::move(read->account), whole());
        co_return out;
    }

    Task<Sending> take_found(Json message) const {
        const std::string whose(text_member(message, "subscription"));
        const std::string record(text_member(message, "record"));
        if (const auto* result = member(message, "result")) {
            const bool of_events = member(*result, "legalStatuses") != nullptr;
            auto taken = of_events ? read_result(*result) : read_legacy_result(*result);
            if (!taken.event) co_return std::move(taken.otherwise);
            auto out = co_await publish(one(std::move(*taken.event)), std::move(taken.account), whose);
            co_return out;
        }
        if (!deps_->event) {
            co_return failed({ErrorCode::unavailable, "no client of ours may read records of OpenCRVS", "", {}});
        }
        auto document = co_await deps_->event(exchange_, record);
        if (!document) {
            if (document.error().code == ErrorCode::not_found) co_return wait(document.error().message);
            co_return failed(document.error());
        }
        auto out = co_await take_history(std::move(*document), whose);
        co_return out;
    }

    /// What one message tells, or what is to be done where it tells nothing.
    struct Taken {
        std::optional<RegistrationEvent> event;
        Account account;
        Sending otherwise;
    };

    Taken read_legacy_result(const Json& result) const {
        auto read = opencrvs_v1::read_search_result(result);
        if (!read) return {std::nullopt, {}, failed(read.error())};
        read->event.target = deps_->target;
        return {std::move(read->event), std::move(read->account), {}};
    }

    /// What a search shows has no secured fields in it (opencrvs.md 7.7).
    Taken read_result(const Json& result) const {
        auto read = deps_->read_document(opencrvs::document_of_result(result), {deps_->target, "", Heard::catch_up});
        if (!read) return {std::nullopt, {}, failed(read.error())};
        if (!read->event) return {std::nullopt, {}, over(std::move(read->account), std::move(read->why))};
        read->event->partial = true;
        return {std::move(read->event), std::move(read->account), {}};
    }

    /// The registration, and what became of the record since: whoever missed the one missed the others.
    Task<Sending> take_history(Json document, std::string whose) const {
        const auto actions = opencrvs::actions_since_registration(document);
        if (actions.empty()) co_return wait("the record is not registered");
        Account account;
        std::vector<RegistrationEvent> told;
        std::string why;
        for (const auto& action : actions) {
            auto read = deps_->read_document(document, {deps_->target, action, Heard::catch_up});
            if (!read) co_return failed(read.error());
            account.append(std::move(read->account));
            if (read->event) told.push_back(std::move(*read->event));
            if (!read->event) why = std::move(read->why);
        }
        if (told.empty()) co_return over(std::move(account), std::move(why));
        auto out = co_await publish(std::move(told), std::move(account), std::move(whose));
        co_return out;
    }

    Task<Sending> take_copy(Json document, Heard heard) const {
        auto told = opencrvs::told_of(document);
        if (!told) co_return failed(told.error());
        opencrvs::About about{deps_->target, told->action, heard, false};
        auto copy = deps_->read_document(document, about);
        if (!copy) co_return failed(copy.error());
        const bool may_come = copy->standing == opencrvs::Standing::pending;
        if (!copy->event && !may_come) co_return over(std::move(copy->account), std::move(copy->why));
        if (copy->event && deps_->finality == Finality::optimistic) {
            auto out = co_await publish(one(std::move(*copy->event)), std::move(copy->account), whole());
            co_return out;
        }
        about.confirmed = true;
        if (deps_->event) {
            auto asked = co_await ask_for_event(std::move(about), told->record);
            co_return asked;
        }
        if (told->action_type == "REGISTER" && deps_->registered) {
            auto asked = co_await ask_for_number(std::move(document), std::move(about), told->record);
            co_return asked;
        }
        if (copy->event) {
            auto out = co_await publish(one(std::move(*copy->event)), std::move(copy->account), whole());
            co_return out;
        }
        co_return over(std::move(copy->account), std::move(copy->why));
    }

    Task<Sending> ask_for_event(opencrvs::About about, std::string record) const {
        auto document = co_await deps_->event(exchange_, std::move(record));
        if (!document) {
            if (document.error().code == ErrorCode::not_found) co_return wait(document.error().message);
            co_return failed(document.error());
        }
        auto out = co_await take_confirmed(std::move(*document), std::move(about));
        co_return out;
    }

    Task<Sending> ask_for_number(Json document, opencrvs::About about, std::string record) const {
        auto number = co_await deps_->registered(exchange_, std::move(record));
        if (!number) {
            if (number.error().code == ErrorCode::not_found) co_return wait(number.error().message);
            co_return failed(number.error());
        }
        if (!*number) co_return wait("the record is not among the registered ones");
        for (auto& action : document["actions"]) {
            if (text_member(action, "type") != "REGISTER") continue;
            // Where country config answers later the copy has it asked for only; now it is known to be registered.
            if (text_member(action, "id") == about.action) action["status"] = "Accepted";
            if (text_member(action, "status") == "Accepted") action["registrationNumber"] = **number;
        }
        auto out = co_await take_confirmed(std::move(document), std::move(about));
        co_return out;
    }

    Task<Sending> take_confirmed(Json document, opencrvs::About about) const {
        auto read = deps_->read_document(document, about);
        if (!read) co_return failed(read.error());
        if (read->event) {
            auto out = co_await publish(one(std::move(*read->event)), std::move(read->account), whole());
            co_return out;
        }
        if (read->standing == opencrvs::Standing::pending) co_return wait(std::move(read->why));
        co_return over(std::move(read->account), std::move(read->why));
    }

    static std::vector<RegistrationEvent> one(RegistrationEvent event) {
        std::vector<RegistrationEvent> out;
        out.push_back(std::move(event));
        return out;
    }
    /// Told to everybody who asks for it.
    static std::string whole() { return {}; }

    /// What happened to one record, in its order. `whose`: the one subscription that is told; empty: everybody who asks
    /// for it. Who sent the notification that the record began with hears where that stands, too.
    Task<Sending> publish(std::vector<RegistrationEvent> told, Account account, std::string whose) const {
        auto& first = told.front();
        auto out = over(std::move(account), first.confirmed ? "" : "published without OpenCRVS having confirmed it");
        out.subjects.event_id = first.record;
        if (first.topic.change == Change::registered) out.subjects.registration_number = first.occurrence;
        if (first.event.registration) out.subjects.tracking_id = first.event.registration->tracking_id;
        Result<std::optional<Notifier>> sender;
        if (std::any_of(told.begin(), told.end(), concerns_notifier)) {
            store_ops::RecordIds ids{out.subjects.tracking_id, first.record};
            auto found = co_await notifier_of(std::move(ids));
            sender = std::move(found);
        }
        if (!sender) co_return failed(sender.error());
        for (auto& event : told) {
            if (event.topic.change == Change::notification_status) event.notifier = *sender;
            for (auto& op : ops_of(event, whose)) out.also.push_back(std::move(op));
            if (event.topic.change != Change::registered || !*sender) continue;
            for (auto& op : ops_of(status_of(event, **sender), whose)) out.also.push_back(std::move(op));
        }
        co_return out;
    }

    static bool concerns_notifier(const RegistrationEvent& event) {
        return event.topic.change == Change::registered || event.topic.change == Change::notification_status;
    }

    /// Absent where the notification did not come through here, or was erased.
    Task<Result<std::optional<Notifier>>> notifier_of(store_ops::RecordIds ids) const {
        std::string channel(notification::channel_name);
        auto found = co_await exchange_.ports().store.notified(std::move(channel), std::move(ids));
        if (!found) co_return fail(std::move(found.error()));
        if (!*found) co_return std::optional<Notifier>();
        auto& sent = **found;
        co_return std::optional(
            Notifier{std::move(sent.client), std::move(sent.transaction), std::move(sent.source_id)});
    }

    std::vector<store_ops::Op> ops_of(const RegistrationEvent& event, const std::string& whose) const {
        const auto now = exchange_.ports().clock.now();
        if (!whose.empty()) return deps_->tell ? deps_->tell(event, whose, exchange_.id(), now) : empty();
        return deps_->publish ? deps_->publish(event, exchange_.id(), now) : empty();
    }
    static std::vector<store_ops::Op> empty() { return {}; }

    Sending wait(std::string why) const {
        const auto waited = exchange_.ports().clock.now() - delivery_.created;
        if (waited >= longest_wait) {
            return over({}, "not published: OpenCRVS did not show it as done within a day (" + std::move(why) + ")");
        }
        Sending out;
        out.outcome.kind = Kind::again;
        out.outcome.patient = true;
        out.outcome.error = Error{ErrorCode::unavailable, "OpenCRVS does not show it as done yet: " + std::move(why),
                                  "", std::chrono::ceil<std::chrono::seconds>(before_next_look(waited))};
        return out;
    }

    Exchange& exchange_;
    const Delivery& delivery_;
    DepsPtr deps_;
};

Task<Sending> hear(Exchange& exchange, Delivery delivery, std::string payload, DepsPtr deps) {
    const Hearing hearing(exchange, delivery, std::move(deps));
    auto heard = co_await hearing.run(std::move(payload));
    co_return heard;
}

Completed completion(const Delivery& delivery, DeliveryStep step, const Sending& sending, WallTime now) {
    const bool done = step == DeliveryStep::deliver || step == DeliveryStep::resolve;
    const auto& error = sending.outcome.error;
    Completed out;
    out.complete.transaction = delivery.transaction;
    out.complete.at = now;
    out.complete.status = done ? TransactionStatus::successful : TransactionStatus::failed;
    out.complete.subjects = sending.subjects;
    if (!done) out.complete.error_code = name(error.code);
    if (!sending.account.empty()) out.complete.parts.push_back({"account", sending.account});
    // OpenCRVS was told 200 when it was taken; this is for whoever looks at the transaction in OpenHIM.
    out.response = json_response(done ? 200 : http_status(error.code),
                                 dump_json({{"id", delivery.transaction}, {"state", name(state_after(step))}}));
    return out;
}

}  // namespace

Milliseconds before_next_look(Milliseconds waited) {
    return std::clamp(waited / 2, first_look_again, longest_between_looks);
}

DeliveryKind make_heard_delivery(HeardDeps deps) {
    const auto shared = std::make_shared<const HeardDeps>(std::move(deps));
    DeliveryKind kind;
    kind.kind = heard_kind;
    kind.channel = "webhook-inbound";
    kind.send = [shared](Exchange& exchange, const Delivery& delivery, std::string payload) {
        return hear(exchange, delivery, std::move(payload), shared);
    };
    kind.completed = completion;
    return kind;
}

}  // namespace ocm::webhook
