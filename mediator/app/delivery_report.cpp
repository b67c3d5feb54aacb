// SPDX-License-Identifier: MPL-2.0
#include "app/delivery_report.hpp"

#include "app/late_update.hpp"
#include "core/http_message.hpp"
#include "registration/delivery_report.hpp"

#include <algorithm>

namespace ocm::app {
namespace {

constexpr int never_answered = 504;

/// What stands for the request where nothing was sent in the end.
Orchestration unsent(const Ended& ended) {
    Orchestration out;
    out.name = "Webhook delivery";
    out.method = "POST";
    if (const auto parts = split_url(ended.delivery.destination)) {
        out.scheme = parts->scheme;
        out.host = parts->host;
        out.port = parts->port;
    }
    out.path = "/";
    out.at = ended.at;
    return out;
}

TransactionStatus status_of(DeliveryStep step) {
    if (step == DeliveryStep::deliver) return TransactionStatus::successful;
    // Nobody wants it any more: nothing for an administrator to mend.
    return step == DeliveryStep::bury ? TransactionStatus::failed : TransactionStatus::completed;
}

}  // namespace

Reported reported(std::string_view setting) {
    if (setting == "off") return Reported::off;
    return setting == "failures" ? Reported::failures : Reported::all;
}

std::optional<store_ops::Enqueue> delivery_report(const Ended& ended, Reported which, const EnvelopeOptions& options) {
    const bool good = ended.step == DeliveryStep::deliver;
    const bool failed = !good && ended.step != DeliveryStep::discard;
    if (which == Reported::off || (which == Reported::failures && !failed)) return std::nullopt;
    const auto& delivery = ended.delivery;
    Outcome outcome;
    outcome.at = ended.at;
    outcome.status = status_of(ended.step);
    outcome.orchestrations = ended.steps;
    const auto request = ended.steps.empty() ? unsent(ended) : ended.steps.back();
    outcome.response.status = request.response ? request.response->status : never_answered;
    if (!good) outcome.response.body = ended.why.message;
    outcome.properties = {
        {std::string(delivery_property), delivery.id},   {std::string(report_property), ended.report},
        {"mediator-transaction", delivery.transaction},  {"subscription", delivery.subscription},
        {"attempts", std::to_string(delivery.attempts)}, {"state", std::string(name(state_after(ended.step)))}};
    store_ops::Enqueue op;
    op.delivery = ended.report;
    op.transaction = delivery.transaction;
    op.at = ended.at;
    op.kind = registration::delivery_report_kind;
    op.destination = openhim_reports;
    op.due = ended.at;
    op.payload = build_transaction(outcome, request, options);
    return op;
}

}  // namespace ocm::app
