// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/claim.hpp"
#include "core/crosswalk.hpp"
#include "core/delivery.hpp"
#include "core/result.hpp"
#include "core/subscription.hpp"
#include "core/task.hpp"
#include "core/transaction.hpp"

#include <optional>
#include <string>
#include <variant>
#include <vector>

/// What the runtime asks of the store, as values. A second implementation needs nothing but these.
namespace ocm::store_ops {

/// Something personal or large: kept beside the entry under its own salt, the entry holds only its hash (design 7).
struct Part {
    std::string name;  // "request.target", "request.headers", "request.body", "response.body", "account"
    std::string bytes;
};

/// *received*: committed before any side effect.
struct Receive {
    std::string transaction;  // ours, UUIDv7
    WallTime at{};
    std::string channel;
    std::string route;  // template ("/notifications/{id}"), never the real path
    std::string method;
    std::string client;               // our client's id; empty where there is none (public routes, refusals)
    std::string caller;               // "openhim" or "direct"
    std::string openhim_transaction;  // empty when called directly
    std::string openhim_parent;       // the transaction a rerun repeats, empty otherwise
    std::vector<Part> parts;
    std::optional<Claim> claim;
};

/// *attempt*: one upstream call made for the transaction. The store keeps what is personal of the step (path, headers,
/// bodies) as the parts "request", "response" and "error".
struct Attempt {
    std::string transaction;
    Orchestration step;
    std::vector<Part> parts;  // more of them, by other names
};

/// Look-up values of a transaction; erased with its parts.
struct Subjects {
    std::string tracking_id;
    std::string event_id;  // the target's id of the record
    std::string registration_number;
    std::string source_id;  // the sender's own id of the record
    std::string office;     // id of the office it went to
};

/// *answered*: committed before the answer leaves.
struct Answer {
    std::string transaction;
    WallTime at{};
    int http_status = 0;
    TransactionStatus status = TransactionStatus::processing;
    std::string error_code;  // name(ErrorCode), empty on success
    Subjects subjects;
    std::vector<Part> parts;
    std::optional<ClaimState> claim;  // what became of the claim; required where one was held
    std::string replay_of;            // the transaction whose outcome was answered again, empty otherwise
};

/// *queued*: a durable delivery to come. `due` is wall time; `payload` is a part (personal).
struct Enqueue {
    std::string delivery;  // UUIDv7
    std::string transaction;
    WallTime at{};
    std::string kind;         // "notification"
    std::string destination;  // breaker and limits are per destination
    std::string client;       // whose it is, for fairness; may be empty
    std::string order_key;    // deliveries with the same key go in order; empty: any order
    WallTime due{};
    std::string payload;
    bool carries_claim = false;        // it does what its transaction's claim is for: both go together
    bool parked = false;               // starts parked, not pending
    std::vector<PlaceCode> waits_for;  // of a parked one: the codes that have to become known
    Error why{};                       // why it is queued; message without values
    std::string subscription{};        // of `Publish`: it gets the subscription's next number
};

/// *delivery*: a step of a delivery's life. Refused with `conflict` where its state does not allow the step. A step of
/// a delivery that carries its claim moves the claim too: it runs while an attempt does, waits when that is postponed.
struct StepDelivery {
    std::string delivery;
    std::string transaction;
    WallTime at{};
    DeliveryStep step = DeliveryStep::start;
    WallTime due{};                    // of postpone, retry and release
    Error why{};                       // of postpone, park and bury: message without values
    std::string actor;                 // of retry, release and discard
    std::vector<PlaceCode> waits_for;  // of park
    std::string reason{};              // of an administrator; a person's words, erased with the transaction
};

/// *completed*: queued work for a transaction reached its end.
struct Complete {
    std::string transaction;
    WallTime at{};
    TransactionStatus status = TransactionStatus::successful;
    Subjects subjects;
    std::string error_code;  // empty on success
    std::optional<ClaimState> claim;
    std::vector<Part> parts;
};

/// *disclosed*: personal data was shown or sent to someone.
struct Disclose {
    WallTime at{};
    std::string actor;  // "cli:root", a client's id
    std::string reason;
    std::string transaction;
    std::vector<std::string> fields;
};

/// *administered*: someone changed something that matters to an auditor.
struct Administer {
    WallTime at{};
    std::string actor;   // "cli", "openhim-console"
    std::string action;  // "client.add", "settings.apply"
    std::string detail;  // canonical JSON without personal data or secrets
};

/// What a client wants where the target cannot take its message now.
enum class OnOutage { queue, refuse };
std::string_view name(OnOutage wish);
std::optional<OnOutage> on_outage(std::string_view text);

enum class ClientKind { event_notification, record_search, webhook, national_id };
std::string_view name(ClientKind kind);
std::optional<ClientKind> client_kind(std::string_view text);

/// Which OpenCRVS 1.x a client was written for: the first version of each row of answers that differ (opencrvs.md 2.4,
/// 1.4).
enum class ContractVersion { v1_3, v1_6, v1_8 };
std::string_view name(ContractVersion version);
std::optional<ContractVersion> contract_version(std::string_view text);

/// A system that may call us. Keys are kept only as hashes.
struct Client {
    std::string id;    // UUID; also the Basic user name and client_id
    std::string name;  // unique
    ClientKind kind = ClientKind::event_notification;
    bool enabled = true;
    std::string openhim_client;  // the clientID OpenHIM sends in X-OpenHIM-ClientID, empty: not through OpenHIM
    std::string key_sha256;      // hex of SHA-256 over the key (keys are 256 random bits, so no slow hash is needed)
    std::string old_key_sha256;  // accepted until old_key_until after a rotation
    std::optional<WallTime> old_key_until;
    WallTime created{};
    OnOutage on_outage = OnOutage::queue;
    ContractVersion contract_version = ContractVersion::v1_8;
    std::string signing_secret{};       // of all kinds but record_search: the SHA secret of 1.x; signs what it is sent
    std::vector<std::string> fields{};  // it may be told: names of the field policy, or 1.x permission codes
    std::string old_signing_secret{};   // subscribes, and signs what has one signature, until then after a rotation
    std::optional<WallTime> old_signing_until{};
    friend bool operator==(const Client&, const Client&) = default;
};

struct PutClient {
    Client client;  // inserted, or replaced where the id exists
    Administer record;
};
struct RemoveClient {
    std::string id;
    Administer record;
};

/// Changes of the crosswalk, all or none. Who made them and when is the record's. Refused with `not_found` where an
/// entry to be removed is not there.
struct ChangeCrosswalk {
    std::vector<CrosswalkEntry> put;  // added, or replaced where the key exists
    std::vector<CrosswalkKey> remove;
    Administer record;
};

struct PutSubscription {
    Subscription subscription;  // inserted, or replaced where the id exists; its number goes on where it was
    Administer record;
    bool existing = false;  // only where it still exists; else nothing happens
};
/// Refused with `not_found` where there is none.
struct RemoveSubscription {
    std::string id;
    Administer record;
};

/// *published*: something became known, and these deliveries tell it. Where the key is known nothing happens, and
/// nothing fails; nor is a delivery queued that exists already or whose subscription is gone.
struct Publish {
    std::string once_key;
    std::string event;  // id of the event
    std::string topic;
    std::string record;  // the target's id of the record; may be empty
    std::string transaction;
    WallTime at{};
    std::string payload;              // what every one of the deliveries carries; theirs is empty
    std::vector<Enqueue> deliveries;  // of the same transaction, each with its subscription
};

/// *queued*: tells one subscription of something, with a payload of its own and the subscription's next number, whether
/// or not it was made known. Where the delivery exists or the subscription is gone nothing happens, and nothing fails.
struct Tell {
    Enqueue delivery;
};

/// A small named document kept across restarts: last-good console settings, form config, locations.
struct PutCache {
    std::string key;
    std::string value;
    WallTime at{};
};

using Op = std::variant<Receive, Attempt, Answer, Enqueue, StepDelivery, Complete, Disclose, Administer, PutClient,
                        RemoveClient, ChangeCrosswalk, PutSubscription, RemoveSubscription, Publish, Tell, PutCache>;

/// Operations that are kept or lost together, each unit under its own savepoint: a bad one fails alone.
using Unit = std::vector<Op>;

/// What the writer found for a claim, with what is needed to answer without asking again.
struct ClaimResult {
    ClaimVerdict verdict = ClaimVerdict::fresh;
    std::string held_transaction;  // the transaction that holds the claim (replay, wait, queued, correction...)
    bool same_content = false;     // what that transaction carried is byte for byte what this one carries
    unsigned version = 1;          // content version to derive upstream ids from
    Subjects held_subjects;        // of the held transaction
    std::string create_key;        // stable name of the record under this claim: the same for every version of it
};

struct UnitResult {
    std::optional<ClaimResult> claim;  // of the unit's Receive, where it had one
};

/// A delivery to a subscriber with what it tells, whatever became of it.
struct QueuedEvent {
    Delivery delivery;
    std::string payload;
};

/// Which of the events queued for a subscription: by number, both included, at most so many, the first ones.
struct QueuedQuery {
    std::string subscription;
    std::int64_t since = 1;
    std::int64_t until = 0;
    std::size_t most = 0;
};

struct QueuedEvents {
    std::int64_t last = 0;  // number of the last event queued for the subscription
    std::vector<QueuedEvent> events;
};

/// What a record of the target goes by. Either may be empty: OpenCRVS 1.3 to 1.5 give who notifies no tracking id.
struct RecordIds {
    std::string tracking_id;
    std::string record;  // the target's id
};

/// Whose notification a record began with.
struct Notified {
    std::string transaction, client;
    std::string source_id;  // the sender's own id of the record; may be empty
    friend bool operator==(const Notified&, const Notified&) = default;
};

/// A recorded answer, to be given again.
struct RecordedAnswer {
    int http_status = 0;
    TransactionStatus status = TransactionStatus::processing;
    std::string content_type;  // of the part "response.body"; JSON where it was not kept
    std::string body;
    Subjects subjects;
};

/// What is known of a transaction by whoever asks for its state. The delivery is the one that carries its claim.
struct TransactionState {
    std::string channel, method, client, openhim_transaction;
    WallTime received{};
    std::optional<WallTime> answered, completed;
    int http_status = 0;
    TransactionStatus status = TransactionStatus::processing;
    std::string error_code;
    Subjects subjects;
    std::optional<ClaimState> claim;
    std::optional<Delivery> delivery;
};

}  // namespace ocm::store_ops

namespace ocm {

class StorePort {
  public:
    virtual ~StorePort() = default;

    /// Commits a unit; resumes when it is durable. Fails with `storage` (nothing of it was kept) or `unavailable`
    /// (queue full, disk low, shutting down).
    virtual Task<Result<store_ops::UnitResult>> commit(store_ops::Unit unit) = 0;

    /// The answer recorded for a transaction; `not_found` where it has none or its body was erased.
    virtual Task<Result<store_ops::RecordedAnswer>> recorded_answer(std::string transaction) = 0;

    /// Resumes when the transaction has been answered, or with `target_timeout` at the deadline.
    virtual Task<Result<void>> wait_answered(std::string transaction, SteadyTime deadline) = 0;

    /// The state of a transaction; `not_found` where there is none.
    virtual Task<Result<store_ops::TransactionState>> transaction_state(std::string transaction) = 0;

    /// A cached document; absent where there is none.
    virtual Task<Result<std::optional<std::string>>> cached(std::string key) = 0;

    /// What was queued for a subscription since it was made, in the order of its numbers; what was erased is not in it.
    /// With `most` zero only the number of the last one is looked up.
    virtual Task<Result<store_ops::QueuedEvents>> queued_events(store_ops::QueuedQuery query) = 0;

    /// The last transaction of that channel that brought a record of the target; absent where none did.
    virtual Task<Result<std::optional<store_ops::Notified>>> notified(std::string channel,
                                                                      store_ops::RecordIds record) = 0;

    /// What was last made known of that topic about a record: the payload; absent where nothing was, or where it was
    /// erased.
    virtual Task<Result<std::optional<std::string>>> last_published(std::string topic, store_ops::RecordIds record) = 0;
};

}  // namespace ocm
