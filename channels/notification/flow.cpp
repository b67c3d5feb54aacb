// SPDX-License-Identifier: MPL-2.0
#include "channels/notification/flow.hpp"

#include "channels/notification/explain.hpp"
#include "channels/notification/identify.hpp"
#include "channels/notification/outbox.hpp"
#include "channels/notification/status.hpp"

#include <nlohmann/json.hpp>

namespace ocm::notification {
namespace {

using store_ops::ClaimResult;

constexpr std::chrono::seconds hold_retry_after{60};
constexpr std::chrono::seconds soon{1};
/// A target that has just failed is not asked again at once.
constexpr std::chrono::seconds first_wait{2};
/// Left of the deadline for answering after having waited for another transaction.
constexpr Milliseconds answer_margin{500};

constexpr std::string_view unclear_words =
    "Accepted. It is not clear whether OpenCRVS has taken it: an administrator looks it up; do not send it again";

/// A caller waits for a call: queued work makes room for it.
class LiveCall {
  public:
    explicit LiveCall(const std::function<void(int)>& live) : live_(live) {
        if (live_) live_(1);
    }
    ~LiveCall() {
        if (live_) live_(-1);
    }
    LiveCall(const LiveCall&) = delete;
    LiveCall& operator=(const LiveCall&) = delete;

  private:
    const std::function<void(int)>& live_;
};

/// The one notification of one exchange, from bytes to answer.
class Flow {
  public:
    Flow(Exchange& exchange, const Format& format, const NotificationDeps& deps)
        : exchange_(exchange), format_(format), deps_(deps) {}

    Task<Answer> run(Mode mode) {
        answer_.properties["format"] = format_.name;
        if (deps_.hold && mode == Mode::send && !may_queue()) co_return refuse(held());
        auto decoded = format_.decode(exchange_.request());
        if (!decoded) co_return refuse(decoded.error());
        message_ = std::move(*decoded);
        answer_.properties["event"] = std::string(name(event().kind));
        if (deps_.takes_documents) {
            if (const auto own = message_->opencrvs_1_document(exchange_.request())) message_->event.document = *own;
        }
        if (mode == Mode::check) {
            auto checked = co_await check();
            co_return checked;
        }

        const auto content = message_->content();
        const auto sender = client();
        auto claim = identify({sender, format_.name, exchange_.request().headers.get("idempotency-key"),
                               content ? std::string_view(*content) : std::string_view(exchange_.request().body)},
                              event());
        if (!claim) co_return refuse(claim.error());
        const bool claimed = claim->has_value();
        auto received = co_await exchange_.receive(std::move(*claim));
        if (!received) co_return refuse(received.error());
        if (!claimed || !received->claim) {
            // Nothing tells this message from another of the same content.
            ClaimResult alone;
            alone.create_key = exchange_.id();
            auto sent = co_await send(alone, false);
            co_return sent;
        }
        const auto found = *received->claim;
        answer_.properties["verdict"] = std::string(name(found.verdict));
        auto answered = co_await act(found);
        co_return answered;
    }

  private:
    /// What sending would do, but for the sending.
    Task<Answer> check() {
        answer_.properties["state"] = "checked";
        auto received = co_await exchange_.receive(std::nullopt);
        if (!received) co_return refuse(received.error());
        auto previewed = co_await deps_.preview(exchange_, event());
        if (!previewed) {
            const auto failure = explain(previewed.error(), *message_);
            if (waits_for(previewed.error(), event(), deps_).empty()) co_return refuse_sent(failure);
            account().warnings.push_back({failure.told.path, previewed.error().message + ": it would be parked"});
        } else {
            account().append(*std::move(previewed));
        }
        if (loses(account())) co_return refuse_loss(account());
        co_return accept(Outcome::State::checked, {});
    }

    Task<Answer> act(ClaimResult found) {
        switch (found.verdict) {
            case ClaimVerdict::queued: {
                auto reported = co_await report(found);
                co_return reported;
            }
            case ClaimVerdict::replay: {
                auto replayed = co_await replay(found);
                co_return replayed;
            }
            case ClaimVerdict::wait: {
                auto waited = co_await wait(found);
                co_return waited;
            }
            case ClaimVerdict::correction:
                co_return refuse_correction(found.held_subjects);
            case ClaimVerdict::key_reused:
                co_return refuse(Error{ErrorCode::unprocessable,
                                       "this Idempotency-Key was used for another content; use a new one",
                                       "Idempotency-Key", std::nullopt});
            case ClaimVerdict::another_subject:
                account().warnings.push_back(
                    {"", "the document's identifier was used for another person before; it is taken as a new one"});
                break;
            case ClaimVerdict::again:
            case ClaimVerdict::replaces_queued:
                // The store takes what still waits of the other one out of the outbox.
                answer_.replaces = found.held_transaction;
                break;
            case ClaimVerdict::fresh:
                break;
        }
        auto sent = co_await send(found, true);
        co_return sent;
    }

    Task<Answer> send(ClaimResult found, bool holds_claim) {
        if (auto why = queue_first()) {
            auto unsent = co_await queue_unsent(std::move(found), holds_claim, std::move(*why));
            co_return unsent;
        }
        const auto sender = client();
        auto ids = upstream_ids({deps_.target, sender, found.create_key, found.version});
        opencrvs::NotifyIds keys;
        keys.create = std::move(ids.create);
        keys.notify = std::move(ids.notify);
        if (message_->strict()) {
            const auto previewed = co_await deps_.preview(exchange_, event());
            auto whole = account();  // a copy: the target says its part again when it has taken the notification
            if (previewed) whole.append(*previewed);
            if (loses(whole)) {
                auto refused = refuse_loss(whole);
                if (holds_claim) refused.claim = ClaimState::refused;
                co_return refused;
            }
        }
        Result<opencrvs::Sent> sent;
        {
            const LiveCall live(deps_.live);
            if (deps_.asks_when_unclear) {
                exchange_.before_unrepeatable = [this, &found] { return hand_over(found); };
            }
            sent = co_await deps_.send(exchange_, event(), std::move(keys));
        }
        exchange_.before_unrepeatable = nullptr;
        if (!sent) co_return not_sent(found, holds_claim, sent.error());
        withdraw();
        account().append(std::move(sent->account));
        store_ops::Subjects subjects;
        subjects.tracking_id = sent->tracking_id;
        subjects.event_id = sent->event_id;
        subjects.office = sent->office_id;
        potential_duplicate_ = sent->potential_duplicate;
        if (sent->pending) answer_.properties["state"] = "to be confirmed by the country configuration";
        if (holds_claim) answer_.claim = ClaimState::delivered;
        co_return accept(Outcome::State::delivered, std::move(subjects));
    }

    /// What must not be repeated leaves now. Until its answer is recorded it stands in the outbox, so that it is found
    /// there where this process ends before.
    Task<Result<void>> hand_over(ClaimResult found) {
        const auto now = exchange_.ports().clock.now();
        auto op = enqueue_op(found);
        const auto id = op.delivery;
        store_ops::StepDelivery start;
        start.delivery = id;
        start.transaction = op.transaction;
        start.at = now;
        start.step = DeliveryStep::start;
        store_ops::Unit unit;
        unit.emplace_back(std::move(op));
        unit.emplace_back(std::move(start));
        unit.emplace_back(hand_over_op(id, exchange_.id(), now));
        auto committed = co_await exchange_.ports().store.commit(std::move(unit));
        if (!committed) co_return fail(committed.error());
        handed_over_ = id;
        co_return Result<void>{};
    }

    /// The caller is told what came of it: nothing is left to be delivered.
    void withdraw() {
        if (!handed_over_.empty()) answer_.also.emplace_back(step_op(DeliveryStep::withdraw));
    }

    /// A step of the delivery that was handed over.
    store_ops::StepDelivery step_op(DeliveryStep step) {
        store_ops::StepDelivery op;
        op.delivery = handed_over_;
        op.transaction = exchange_.id();
        op.at = exchange_.ports().clock.now();
        op.step = step;
        return op;
    }

    bool may_queue() const {
        const auto& caller = exchange_.caller().client;
        return !caller || caller->on_outage == store_ops::OnOutage::queue;
    }

    static Error held() {
        return {ErrorCode::unavailable, "notifications are held by the administrator", "", hold_retry_after};
    }

    /// Why it is queued without trying first, if it is.
    std::optional<Error> queue_first() const {
        if (!may_queue()) return std::nullopt;
        if (deps_.hold) return held();
        if (deps_.down && deps_.down()) {
            return Error{ErrorCode::unavailable, "OpenCRVS does not answer", "", std::nullopt};
        }
        return std::nullopt;
    }

    /// What can be refused now is not accepted first.
    Task<Answer> queue_unsent(ClaimResult found, bool holds_claim, Error why) {
        auto previewed = co_await deps_.preview(exchange_, event());
        if (!previewed && explain(previewed.error(), *message_).claim == ClaimState::refused) {
            co_return not_sent(found, holds_claim, previewed.error());
        }
        if (previewed) account().append(*std::move(previewed));
        if (loses(account())) {
            auto refused = refuse_loss(account());
            if (holds_claim) refused.claim = ClaimState::refused;
            co_return refused;
        }
        co_return queue(found, holds_claim, why, Outcome::State::queued);
    }

    /// The target did not take it: queued, parked or refused.
    Answer not_sent(const ClaimResult& found, bool holds_claim, const Error& error) {
        // It may have been taken: neither we nor the sender may send it again before someone has looked.
        if (error.code == ErrorCode::target_timeout) return queue(found, holds_claim, error, Outcome::State::parked);
        const auto failure = explain(error, *message_);
        const bool later = failure.claim == ClaimState::unavailable;
        if (later && may_queue()) return queue(found, holds_claim, error, Outcome::State::queued);
        if (auto codes = waits_for(error, event(), deps_); !codes.empty()) {
            account().warnings.push_back({failure.told.path, error.message});
            return queue(found, holds_claim, error, Outcome::State::parked, std::move(codes));
        }
        withdraw();
        auto refused = refuse_sent(failure);
        if (holds_claim) refused.claim = failure.claim;
        return refused;
    }

    store_ops::Enqueue enqueue_op(const ClaimResult& found) {
        auto& ports = exchange_.ports();
        store_ops::Enqueue op;
        op.delivery = ports.ids.next();
        op.transaction = exchange_.id();
        op.at = ports.clock.now();
        op.kind = delivery_kind_name;
        op.destination = destination_of(deps_.target);
        op.client = client();
        op.order_key = found.create_key;
        op.due = op.at + (deps_.hold ? std::chrono::seconds(0) : first_wait);
        op.payload = write_queued({event(), client(), found.create_key, found.version});
        op.carries_claim = true;
        return op;
    }

    /// From here on the retry is ours.
    Answer queue(const ClaimResult& found, bool holds_claim, const Error& why, Outcome::State state,
                 std::vector<PlaceCode> codes = {}) {
        Error reason{why.code, why.message, "", std::nullopt};
        if (handed_over_.empty()) {
            auto op = enqueue_op(found);
            op.parked = state == Outcome::State::parked;
            op.why = std::move(reason);
            op.waits_for = std::move(codes);
            answer_.also.emplace_back(std::move(op));
        } else {
            auto op = step_op(state == Outcome::State::parked ? DeliveryStep::park : DeliveryStep::postpone);
            op.due = op.at + first_wait;
            op.why = std::move(reason);
            op.waits_for = std::move(codes);
            answer_.also.emplace_back(std::move(op));
        }
        const bool parked = state == Outcome::State::parked;
        answer_.properties["state"] = parked ? "parked" : "queued";
        const bool unclear = parked && why.code == ErrorCode::target_timeout;
        if (unclear) answer_.properties["state"] = "unclear: to be looked up in OpenCRVS";
        if (holds_claim) {
            answer_.claim = unclear ? ClaimState::unclear : parked ? ClaimState::parked : ClaimState::queued;
        }
        answer_.status = TransactionStatus::processing;
        auto accepted = accept(state, {}, exchange_.id(), unclear ? unclear_words : "");
        accepted.response.status = 202;
        accepted.response.headers.set("Location", status_path(exchange_, exchange_.id()));
        return accepted;
    }

    /// The same content waits to be delivered: it says so again.
    Task<Answer> report(ClaimResult found) {
        auto recorded = co_await exchange_.ports().store.recorded_answer(found.held_transaction);
        if (!recorded && recorded.error().code != ErrorCode::not_found) co_return refuse(recorded.error());
        answer_.replay_of = found.held_transaction;
        if (recorded) co_return repeat(*recorded, found.held_transaction);
        const auto held = co_await exchange_.ports().store.transaction_state(found.held_transaction);
        const bool unclear = held && held->claim == ClaimState::unclear;
        auto rebuilt = accept(unclear ? Outcome::State::parked : Outcome::State::queued, {}, found.held_transaction,
                              unclear ? unclear_words : "");
        rebuilt.response.status = 202;
        rebuilt.response.headers.set("Location", status_path(exchange_, found.held_transaction));
        co_return rebuilt;
    }

    /// The same content, delivered: answered as it was, or as it would have been had it not been queued first.
    Task<Answer> replay(ClaimResult found) {
        auto recorded = co_await exchange_.ports().store.recorded_answer(found.held_transaction);
        if (!recorded && recorded.error().code != ErrorCode::not_found) co_return refuse(recorded.error());
        answer_.replay_of = found.held_transaction;
        if (recorded && recorded->http_status != 202) co_return repeat(*recorded, found.held_transaction);
        // Its body was erased since; the same content and the same ids make the same body.
        auto rebuilt = accept(Outcome::State::delivered, found.held_subjects, found.held_transaction);
        rebuilt.response.headers.set("Idempotency-Replayed", "true");
        co_return rebuilt;
    }

    Answer repeat(const store_ops::RecordedAnswer& recorded, const std::string& transaction) {
        answer_.response = HttpResponse{recorded.http_status, {{"Content-Type", recorded.content_type}}, recorded.body};
        answer_.response.headers.set("Idempotency-Replayed", "true");
        answer_.status = recorded.status;
        answer_.subjects = recorded.subjects;
        if (recorded.http_status == 202) {
            answer_.response.headers.set("Location", status_path(exchange_, transaction));
            // This one is over; what is still to come is the other's.
            answer_.status = TransactionStatus::successful;
        }
        return std::move(answer_);
    }

    /// The same record is being worked on. What became of the same content is the answer to this one too, a refusal of
    /// this moment included; other content has to see what became of the first.
    Task<Answer> wait(ClaimResult found) {
        auto done = co_await exchange_.ports().store.wait_answered(found.held_transaction,
                                                                   exchange_.deadline() - answer_margin);
        if (!done) co_return come_again();
        auto recorded = co_await exchange_.ports().store.recorded_answer(found.held_transaction);
        if (!recorded) co_return come_again();
        const bool delivered = recorded->http_status == 200 || recorded->http_status == 201;
        if (recorded->http_status >= 500) co_return come_again();
        if (found.same_content) {
            answer_.replay_of = found.held_transaction;
            co_return repeat(*recorded, found.held_transaction);
        }
        if (delivered) co_return refuse_correction(recorded->subjects);
        co_return come_again();
    }

    Answer come_again() {
        return refuse(Error{ErrorCode::unavailable,
                            "the same notification was being worked on at this moment; send it again", "", soon});
    }

    Answer refuse_correction(const store_ops::Subjects& held) {
        Error told{ErrorCode::conflict,
                   "This notification was already sent to OpenCRVS with other content. A correction is made at the "
                   "registration office" +
                       (held.office.empty() ? std::string() : " (Location/" + held.office + ")") +
                       (held.tracking_id.empty() ? std::string() : ", with tracking id " + held.tracking_id),
                   "", std::nullopt};
        auto refused = refuse(told);
        // The look-up values are told to the sender and kept with the transaction, nowhere else.
        refused.error = Error{ErrorCode::conflict, "a correction of a notification already sent", "", std::nullopt};
        refused.subjects = held;
        refused.account = account().to_text();
        return refused;
    }

    Answer accept(Outcome::State state, store_ops::Subjects subjects) {
        return accept(state, std::move(subjects), exchange_.id());
    }

    /// `transaction` is the one that did it, or will; `reason` says why it waits where the state alone does not.
    Answer accept(Outcome::State state, store_ops::Subjects subjects, const std::string& transaction,
                  std::string_view reason = {}) {
        Outcome outcome;
        outcome.state = state;
        outcome.reason = reason;
        outcome.transaction = transaction;
        outcome.subjects = subjects;
        outcome.client_id = client();
        outcome.potential_duplicate = potential_duplicate_;
        if (const auto& caller = exchange_.caller().client) {
            outcome.client_name = caller->name;
            outcome.contract = caller->contract_version;
        }
        outcome.at = exchange_.received_at();
        outcome.status_path = status_path(exchange_, transaction);
        answer_.subjects = std::move(subjects);
        answer_.subjects.source_id = source_id();
        answer_.account = account().to_text();
        answer_.properties["account"] = summary(account());
        answer_.response = message_->accepted(outcome);
        answer_.response.headers.set("Mediator-Account", answer_.properties["account"]);
        return std::move(answer_);
    }

    /// The sender would rather be refused than lose what is lost.
    bool loses(const Account& whole) const { return message_->strict() && !whole.dropped.empty(); }

    Answer refuse_loss(const Account& whole) {
        const auto& first = whole.dropped.front();
        auto refused =
            refuse(Error{ErrorCode::unprocessable,
                         "not everything can be carried, and the sender asked for all or nothing: " + first.why +
                             (whole.dropped.size() > 1 ? " (the first of several)" : ""),
                         first.path, std::nullopt});
        refused.account = whole.to_text();
        return refused;
    }

    /// The target's refusal or failure, in the sender's terms.
    Answer refuse_sent(const Failure& failure) {
        auto refused = refuse(failure.told);
        refused.error = failure.recorded;
        refused.account = account().to_text();
        return refused;
    }

    Answer refuse(const Error& error) {
        answer_.response = format_.refusal(error);
        answer_.error = error;
        if (message_) answer_.subjects.source_id = source_id();
        return std::move(answer_);
    }

    const VitalEvent& event() const { return message_->event; }
    Account& account() { return message_->account; }
    std::string client() const { return exchange_.caller().client ? exchange_.caller().client->id : std::string(); }
    std::string source_id() const {
        const auto& source = event().source;
        return source.record.empty() ? source.document : source.record;
    }

    Exchange& exchange_;
    const Format& format_;
    const NotificationDeps& deps_;
    std::unique_ptr<Message> message_;  // once decoded
    bool potential_duplicate_ = false;  // the target said so
    std::string handed_over_;           // the delivery that stands for a call that must not be repeated
    Answer answer_;
};

}  // namespace

Task<Answer> take(Exchange& exchange, const Format& format, const NotificationDeps& deps, Mode mode) {
    Flow flow(exchange, format, deps);
    auto answer = co_await flow.run(mode);
    co_return answer;
}

}  // namespace ocm::notification
