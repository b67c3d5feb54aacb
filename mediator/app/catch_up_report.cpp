// SPDX-License-Identifier: MPL-2.0
#include "app/catch_up_report.hpp"

#include "channels/opencrvs/target.hpp"
#include "channels/webhook/topic_sources.hpp"

namespace ocm::app {
namespace {

double seconds(Milliseconds time) {
    return std::chrono::duration<double>(time).count();
}

std::optional<VitalKind> kind_in_1x(std::string_view type) {
    for (const auto kind : {VitalKind::birth, VitalKind::death, VitalKind::marriage}) {
        if (name(kind) == type) return kind;
    }
    return std::nullopt;
}

}  // namespace

std::optional<VitalKind> looked_up_kind(std::string_view type, std::string_view version,
                                        const opencrvs::Target& target) {
    const auto* known = opencrvs::find_version(version);
    std::optional<VitalKind> kind;
    if (known != nullptr && known->generation == opencrvs::Generation::legacy) {
        kind = kind_in_1x(type);
    } else if (const auto* event = target.map().find(type)) {
        kind = event->kind;
    }
    if (!kind || !webhook::topic_row({Change::registered, *kind}, version).looked_up) return std::nullopt;
    return kind;
}

std::vector<std::string> offices_of(const opencrvs::Target& target) {
    std::vector<std::string> out;
    const auto snapshot = target.snapshot();
    if (snapshot == nullptr) return out;
    for (const auto& location : snapshot->places.locations()) {
        if (location.type == opencrvs::office_type) out.push_back(location.id);
    }
    return out;
}

Readiness::Check catch_up_check(const CatchUpStatus& status, WallTime now) {
    if (!status.trouble.empty()) return {"catch-up", false, status.trouble};
    if (!status.last_ok) return {"catch-up", true, "OpenCRVS has not been asked yet for what was missed"};
    std::size_t left = 0;
    for (const auto& job : status.jobs) left += job.todo.size();
    auto detail = "asked " + std::to_string(std::chrono::floor<std::chrono::seconds>(now - *status.last_ok).count()) +
                  " s ago; " + std::to_string(status.queued) + " registrations found that were missed since the start";
    if (left != 0) detail += "; " + std::to_string(left) + " questions are left";
    return {"catch-up", true, std::move(detail)};
}

void show_catch_up(const CatchUpStatus& status, WallTime now, Metrics& metrics) {
    if (!status.known) return;
    metrics.set("mediator_catch_up_lag_seconds", seconds(now - status.cursor));
    metrics.set("mediator_catch_up_found", static_cast<double>(status.queued));
    metrics.set("mediator_catch_up_failing", status.trouble.empty() ? 0 : 1);
    if (status.last_ok)
        metrics.set("mediator_catch_up_last_success_timestamp_seconds", seconds(status.last_ok->time_since_epoch()));
}

}  // namespace ocm::app
