// SPDX-License-Identifier: MPL-2.0
#include "registration/late_completion.hpp"

#include <nlohmann/json.hpp>

#include <memory>
#include <set>

namespace ocm::registration {
namespace {

using Kind = dispatch::Outcome::Kind;

/// The core saves a transaction within milliseconds of its answer; a busy one takes longer.
constexpr std::chrono::seconds look_again{2};
/// A transaction that never gets its answer saved was lost with the core that worked on it.
constexpr std::chrono::hours wait_at_most{1};

struct Completion {
    Completion(Upstream& upstream, Clock& given_clock, Ids& ids, OpenHimOptions given)
        : clock(given_clock), options(std::move(given)), api(upstream, given_clock, ids, options) {}
    Clock& clock;
    OpenHimOptions options;
    CoreApi api;
};

dispatch::Outcome later(std::string why) {
    return {Kind::again, Error{ErrorCode::unavailable, std::move(why), "", look_again}, true, true};
}

dispatch::Outcome failed(Error error) {
    const bool reached = error.code != ErrorCode::unavailable && error.code != ErrorCode::target_timeout;
    return {Kind::again, std::move(error), reached, false};
}

/// What tells one orchestration from another.
std::string identity(const Json& orchestration) {
    const auto* request = member(orchestration, "request");
    const auto at = request == nullptr ? std::string_view{} : text_member(*request, "timestamp");
    return std::string(text_member(orchestration, "name")) + "@" + std::string(at);
}

Task<Sending> complete(std::shared_ptr<Completion> with, Delivery delivery, std::string payload, SteadyTime deadline) {
    Sending out;
    auto wanted = parse_json(payload);
    if (!wanted) {
        out.outcome = {Kind::refused, wanted.error(), true, false};
        co_return out;
    }
    auto present = co_await with->api.transaction(delivery.openhim_transaction, deadline);
    if (!present) {
        out.outcome = failed(present.error());
        co_return out;
    }
    auto next = next_update(*present, *wanted);
    if (next.kind == NextUpdate::Kind::done) co_return out;
    if (next.kind == NextUpdate::Kind::wait) {
        if (with->clock.now() - delivery.created < wait_at_most) {
            out.outcome = later("OpenHIM has not saved the transaction yet");
            co_return out;
        }
        next = next_update(Json{{"response", {{"status", 202}}}}, *wanted);
    }
    auto updated = co_await with->api.update_transaction(delivery.openhim_transaction, std::move(next.body), deadline);
    out.outcome = updated ? later("written, to be looked at once more") : failed(updated.error());
    co_return out;
}

}  // namespace

NextUpdate next_update(const std::optional<Json>& present, const Json& wanted) {
    if (!present) return {};
    const auto* response = member(*present, "response");
    if (response == nullptr || member(*response, "status") == nullptr) return {NextUpdate::Kind::wait, {}};

    std::set<std::string> there;
    if (const auto* steps = member(*present, "orchestrations"); steps != nullptr && steps->is_array()) {
        for (const auto& step : *steps) there.insert(identity(step));
    }
    Json missing = Json::array();
    if (const auto* steps = member(wanted, "orchestrations"); steps != nullptr) {
        for (const auto& step : *steps) {
            if (!there.contains(identity(step))) missing.push_back(step);
        }
    }
    const auto* wanted_response = member(wanted, "response");
    const auto* wanted_status = wanted_response == nullptr ? nullptr : member(*wanted_response, "status");
    const bool same_status = text_member(*present, "status") == text_member(wanted, "status");
    const bool same_response = wanted_status != nullptr && *member(*response, "status") == *wanted_status;
    if (same_status && same_response && missing.empty()) return {};
    Json body = wanted;
    body.erase("orchestrations");
    body.erase("error");
    // The update replaces the whole map.
    if (const auto* properties = member(*present, "properties"); properties != nullptr && properties->is_object()) {
        auto merged = *properties;
        if (const auto* ours = member(wanted, "properties"); ours != nullptr) merged.update(*ours);
        body["properties"] = std::move(merged);
    }
    // Said in full: the mongoose of core 4 takes a bare list for one (empty) orchestration.
    if (!missing.empty()) body["$push"]["orchestrations"]["$each"] = std::move(missing);
    return {NextUpdate::Kind::update, std::move(body)};
}

DeliveryKind make_late_completion(Upstream& upstream, Clock& clock, Ids& ids, OpenHimOptions options) {
    auto with = std::make_shared<Completion>(upstream, clock, ids, std::move(options));
    DeliveryKind kind;
    kind.kind = "openhim-transaction";
    kind.channel = "openhim";
    kind.send = [with](Exchange& exchange, const Delivery& delivery, std::string payload) {
        return complete(with, delivery, std::move(payload), exchange.deadline());
    };
    return kind;
}

}  // namespace ocm::registration
