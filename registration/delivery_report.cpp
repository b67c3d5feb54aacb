// SPDX-License-Identifier: MPL-2.0
#include "registration/delivery_report.hpp"

#include "core/envelope.hpp"
#include "core/json.hpp"
#include "registration/core_api.hpp"

#include <nlohmann/json.hpp>

#include <memory>

namespace ocm::registration {
namespace {

using Kind = dispatch::Outcome::Kind;

struct Report {
    Report(Upstream& upstream, Clock& clock, Ids& ids, OpenHimOptions given, std::string title)
        : options(std::move(given)), channel_title(std::move(title)), api(upstream, clock, ids, options) {}
    OpenHimOptions options;
    std::string channel_title;
    std::string channel_id;  // once it is known; the channel may be installed later
    CoreApi api;
};

dispatch::Outcome failed(Error error) {
    const bool reached = error.code != ErrorCode::unavailable && error.code != ErrorCode::target_timeout;
    return {Kind::again, std::move(error), reached, false};
}

Task<Result<void>> learn_channel(std::shared_ptr<Report> with, SteadyTime deadline) {
    if (!with->channel_id.empty()) co_return Result<void>{};
    auto channels = co_await with->api.channels(deadline);
    if (!channels) co_return fail(std::move(channels.error()));
    for (const auto& channel : *channels) {
        if (text_member(channel, "name") == with->channel_title) with->channel_id = text_member(channel, "_id");
    }
    co_return Result<void>{};
}

Task<Sending> report(std::shared_ptr<Report> with, Delivery delivery, std::string payload, SteadyTime deadline) {
    Sending out;
    auto transaction = parse_json(payload);
    if (!transaction) {
        out.outcome = {Kind::refused, transaction.error(), true, false};
        co_return out;
    }
    if (delivery.attempts > 1) {
        auto there = co_await with->api.has_transaction(std::string(report_property), delivery.id, deadline);
        if (!there) {
            out.outcome = failed(std::move(there.error()));
            co_return out;
        }
        if (*there) co_return out;
    }
    auto learnt = co_await learn_channel(with, deadline);
    if (!learnt) {
        out.outcome = failed(std::move(learnt.error()));
        co_return out;
    }
    if (!with->channel_id.empty()) (*transaction)["channelID"] = with->channel_id;
    auto made = co_await with->api.add_transaction(std::move(*transaction), deadline);
    if (!made) out.outcome = failed(std::move(made.error()));
    co_return out;
}

}  // namespace

DeliveryKind make_delivery_report(Upstream& upstream, Clock& clock, Ids& ids, OpenHimOptions options,
                                  std::string channel_title) {
    auto with = std::make_shared<Report>(upstream, clock, ids, std::move(options), std::move(channel_title));
    DeliveryKind kind;
    kind.kind = delivery_report_kind;
    kind.channel = "openhim";
    kind.send = [with](Exchange& exchange, const Delivery& delivery, std::string payload) {
        return report(with, delivery, std::move(payload), exchange.deadline());
    };
    return kind;
}

}  // namespace ocm::registration
