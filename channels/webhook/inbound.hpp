// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/registration_event.hpp"
#include "core/json.hpp"
#include "core/route.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

/// Hearing from OpenCRVS what it registers (design section 6).
namespace ocm::webhook {

inline constexpr std::string_view heard_kind = "heard";

/// When something that OpenCRVS 1.9 or 2.0 forwarded is taken for true.
enum class Finality {
    confirmed,  // once OpenCRVS, asked back, shows it
    optimistic  // at once: a forwarded action may yet be refused (opencrvs.md 7.11)
};

/// What is committed so that the event reaches its subscribers, once however often it is heard of.
using Publish =
    std::function<std::vector<store_ops::Op>(const RegistrationEvent&, const std::string& transaction, WallTime)>;

/// What is let in, and from whom. Where a secret is empty nobody is.
struct InboundDeps {
    std::string target;               // the OpenCRVS that is heard of
    std::string sha_secret;           // signs its webhooks (1.3 to 1.9)
    std::vector<std::string> topics;  // asked for, as 1.x names them: others are not verified
    std::string forwarded_secret;     // the last segment of FORWARD_ACTIONS_TO (1.9, 2.0)
    std::function<bool(const std::string& address)> forwarded_peer{};  // empty: from nowhere
    Finality finality = Finality::confirmed;
};

/// OpenCRVS stores an action as accepted only after country config, which tells of it, has answered.
inline constexpr Milliseconds before_asking{1'000};

/// Something OpenCRVS told us, as the outbox keeps it: how it came, and its bytes.
struct HeardMessage {
    Heard heard = Heard::webhook;
    std::string body;
};
std::string write_heard(Heard heard, std::string_view body);
Result<HeardMessage> read_heard(std::string_view payload);

/// What was told in this exchange, for the outbox; read after `wait`. `record` keeps what is of one record in order.
store_ops::Enqueue keep_heard(Exchange& exchange, const std::string& target, Heard heard, std::string record,
                              std::string_view body, Milliseconds wait);

/// The id of the record a message is of, without reading the rest: what keeps messages of one record in order. Empty
/// where it says none.
std::string record_of(Heard heard, const Json& message);

/// The channel `webhook-inbound`, public: each route verifies its callers itself.
///
/// `GET /public/webhooks/opencrvs`: OpenCRVS 1.x asks whether we want what it was asked for (opencrvs.md 4.2). 200 with
/// the challenge, 404 for a topic that was not asked for, 400 for what is no such question.
///
/// `POST /public/webhooks/opencrvs`: a delivery, signed over its raw bytes (4.5, 4.6). 200 `{}` once it is committed,
/// 401 where it is not signed by the target. Any answer counts as delivered for OpenCRVS, only a broken connection is
/// tried again (4.7): so what cannot be committed is not answered.
///
/// `POST /public/forwarded-actions/{secret}`: the copy of an event that country config forwards (7.11). 200 `{}`; 404
/// for another secret, 403 from another address, 400 for what is no event.
ChannelDefinition make_inbound_channel(InboundDeps deps);

}  // namespace ocm::webhook
