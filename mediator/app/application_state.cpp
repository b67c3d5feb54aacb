// SPDX-License-Identifier: MPL-2.0
// What a running mediator says of itself: readiness, metrics, and what it hears of its own parts.
#include "app/application_impl.hpp"
#include "app/catch_up_report.hpp"

#include <spdlog/spdlog.h>

namespace ocm::app {

void Application::Impl::target_refreshed(const opencrvs::RefreshReport& report) {
    if (report.error) {
        spdlog::warn("target {}: forms and locations could not be read: {}", config->active_target(),
                     report.error->message);
    } else if (report.changed || report.from_cache) {
        spdlog::info("target {}: {} locations, {} areas{}", config->active_target(), report.locations, report.areas,
                     report.from_cache ? " (as last known)" : "");
        for (const auto& problem : report.problems) spdlog::warn("country map {}: {}", problem.path, problem.message);
    }
    const std::lock_guard lock(target_mutex);
    target_report = report;
}

void Application::Impl::hub_synced(const Result<opencrvs::SyncReport>& done) {
    std::string trouble;
    if (!done) trouble = done.error().message;
    if (done && !done->failed.empty()) trouble = done->failed.front().message;
    if (!trouble.empty()) {
        spdlog::warn("target {}: webhooks: {}", config->active_target(), trouble);
    }
    if (done) {
        for (const auto& topic : done->subscribed)
            spdlog::info("target {}: subscribed to {}", config->active_target(), topic);
        if (done->removed != 0)
            spdlog::info("target {}: {} subscriptions of ours that were too many are removed", config->active_target(),
                         done->removed);
    }
    const std::lock_guard lock(target_mutex);
    hub_trouble = std::move(trouble);
}

Readiness Application::Impl::readiness() {
    Readiness out;
    const auto add = [&](std::string name, bool ok, std::string detail) {
        out.checks.push_back({std::move(name), ok, std::move(detail)});
    };
    out.ready = !stopping;
    add("server", !stopping, stopping ? "stopping" : "listening on port " + std::to_string(server->port()));
    const auto pressure = store->pressure();
    add("disk", pressure == store::Pressure::ok,
        pressure == store::Pressure::ok    ? "enough room"
        : pressure == store::Pressure::low ? "room is getting short"
                                           : "no room: new work is refused");
    if (pressure == store::Pressure::full) out.ready = false;
    const auto unrecorded = engine->unrecorded();
    add("record", unrecorded == 0,
        unrecorded == 0 ? "every answer is recorded" : std::to_string(unrecorded) + " answers wait to be recorded");
    if (const auto counts = dispatcher->counts()) {
        std::map<DeliveryState, std::int64_t> by_state;
        for (const auto& count : *counts) by_state[count.state] += count.count;
        const auto dead = by_state[DeliveryState::dead];
        const auto parked = by_state[DeliveryState::parked];
        add("outbox", dead == 0 && parked == 0,
            std::to_string(by_state[DeliveryState::pending] + by_state[DeliveryState::sending]) + " to be delivered, " +
                std::to_string(parked) + " parked, " + std::to_string(dead) + " dead letters");
    }
    {
        const std::lock_guard lock(target_mutex);
        const auto snapshot = target->snapshot();
        const bool stale = target_report && target_report->error;
        add("target", snapshot && !stale,
            !snapshot ? "forms and locations have not been read yet" +
                            (stale ? ": " + target_report->error->message : std::string())
            : stale ? "last known forms and locations in use: " + target_report->error->message
                    : "forms and locations are known");
        if (hub) {
            add("webhooks", hub_trouble && hub_trouble->empty(),
                !hub_trouble           ? "OpenCRVS has not been asked yet"
                : hub_trouble->empty() ? "subscribed"
                                       : *hub_trouble);
        }
        if (front) {
            const auto open = gaps.open();
            add("country-config", auth_key->known() && open == 0,
                !auth_key->known() ? "triggers cannot be verified: the key of OpenCRVS is not known yet"
                : open == 0        ? "every trigger is recorded"
                                   : std::to_string(open) + " triggers went on without a record");
        }
        if (catch_up) {
            const auto now = catch_up_check(catch_up->status(), clock.now());
            add("catch-up", now.ok, now.detail);
        }
        const auto problems = snapshot ? snapshot->problems.size() : 0;
        add("country-map", problems == 0,
            problems == 0 ? "fits the target's forms"
                          : std::to_string(problems) + " rows do not fit the target's forms; the log names them");
    }
    if (registrar) {
        const auto status = registrar->status();
        add("openhim", status.registered && !status.trouble,
            status.trouble      ? status.trouble->message
            : status.registered ? "registered"
                                : "not registered yet");
        add("openhim-configuration", !status.config_rejected,
            status.config_rejected
                ? "the configuration set in OpenHIM is not in effect: " + status.config_rejected->path +
                      (status.config_rejected->path.empty() ? "" : ": ") + status.config_rejected->message
                : "in effect");
        for (const auto& failed : status.channels_failed) add("openhim-channels", false, failed);
    }
    return out;
}

void Application::Impl::refresh_metrics() {
    const auto store_metrics = store->metrics();
    metrics.set("mediator_store_disk_free_bytes", static_cast<double>(store_metrics.disk_free_bytes));
    metrics.set("mediator_store_queue_units", static_cast<double>(store_metrics.writer.queued_units));
    metrics.set("mediator_store_units_failed", static_cast<double>(store_metrics.writer.failed));
    metrics.set("mediator_store_units_refused", static_cast<double>(store_metrics.writer.refused));
    metrics.set("mediator_store_log_pages", static_cast<double>(store_metrics.writer.wal_pages));
    metrics.set("mediator_store_batches", static_cast<double>(store_metrics.writer.batches));
    metrics.set("mediator_store_units_committed", static_cast<double>(store_metrics.writer.committed));
    const auto& stats = server->stats();
    metrics.set("mediator_connections", static_cast<double>(stats.connections));
    metrics.set("mediator_active_requests", static_cast<double>(stats.active_requests));
    metrics.set("mediator_bytes_in_flight", static_cast<double>(stats.bytes_in_flight));
    metrics.set("mediator_answers_waiting_to_be_recorded", static_cast<double>(engine->unrecorded()));
    metrics.set("mediator_gaps_open", static_cast<double>(gaps.open()));
    metrics.set("mediator_gaps", static_cast<double>(gaps.total()));
    if (const auto counts = dispatcher->counts()) metrics.outbox(*counts, clock.now());
    if (catch_up) show_catch_up(catch_up->status(), clock.now(), metrics);
    metrics.set("mediator_openhim_registered", registrar && registrar->status().registered ? 1 : 0);
}

}  // namespace ocm::app
