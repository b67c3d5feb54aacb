// SPDX-License-Identifier: MPL-2.0
#include "app/one_shot.hpp"

#include "app/country.hpp"
#include "app/hearing.hpp"
#include "app/options.hpp"

namespace ocm::app {

Task<Result<store_ops::UnitResult>> NoStore::commit(store_ops::Unit) {
    co_return store_ops::UnitResult{};
}

Task<Result<store_ops::RecordedAnswer>> NoStore::recorded_answer(std::string) {
    co_return fail(ErrorCode::not_found, "nothing is recorded here");
}

Task<Result<void>> NoStore::wait_answered(std::string, SteadyTime) {
    co_return fail(ErrorCode::not_found, "nothing is recorded here");
}

Task<Result<store_ops::TransactionState>> NoStore::transaction_state(std::string) {
    co_return fail(ErrorCode::not_found, "nothing is recorded here");
}

Task<Result<std::optional<std::string>>> NoStore::cached(std::string) {
    co_return std::optional<std::string>{};
}

Task<Result<store_ops::QueuedEvents>> NoStore::queued_events(store_ops::QueuedQuery) {
    co_return store_ops::QueuedEvents{};
}

Task<Result<std::optional<store_ops::Notified>>> NoStore::notified(std::string, store_ops::RecordIds) {
    co_return std::optional<store_ops::Notified>{};
}

Task<Result<std::optional<std::string>>> NoStore::last_published(std::string, store_ops::RecordIds) {
    co_return std::optional<std::string>{};
}

OneShot::OneShot(const config::Config& config) : upstream_(pool_, upstream_options(config)) {
    pool_.start();
}

OneShot::~OneShot() {
    upstream_.shutdown();
    pool_.stop();
}

Result<std::unique_ptr<OneShot>> OneShot::make(const std::shared_ptr<const config::Config>& config) {
    std::unique_ptr<OneShot> out(new OneShot(*config));
    auto map = load_country_map(*config);
    if (!map) return fail(map.error());
    out->target_ = std::make_unique<opencrvs::Target>(target_options(*config), std::move(*map), out->ports());
    auto mapping = load_dhis2_mapping(*config);
    if (!mapping) return fail(mapping.error());
    ChannelDeps deps{*out->target_, out->settings_};
    deps.inbound = inbound_deps(*config);
    deps.webhook.fhir_base = fhir_base(*config);  // its paths are offered where it is set
    out->channels_ = all_channels(deps);
    return out;
}

Result<std::shared_ptr<const opencrvs::Snapshot>> read_target(const std::shared_ptr<const config::Config>& config) {
    constexpr std::chrono::seconds patience{60};
    auto shot = OneShot::make(config);
    if (!shot) return fail(shot.error());
    auto found = (*shot)->run((*shot)->target().check_online((*shot)->clock().steady() + patience));
    if (!found) return fail(found.error());
    auto snapshot = (*shot)->target().snapshot();
    if (!snapshot) return fail(ErrorCode::unavailable, "the target's forms could not be read");
    return snapshot;
}

opencrvs::TargetOptions target_options(const config::Config& config) {
    const auto configured = config.target(config.active_target());
    opencrvs::TargetOptions out;
    out.name = configured.name;
    out.version = configured.version;
    out.gateway_url = configured.gateway_url;
    out.auth_url = configured.auth_url;
    if (configured.notification) {
        out.client_id = configured.notification->client_id;
        out.client_secret = configured.notification->client_secret;
    }
    out.timeout = configured.timeout;
    out.refresh_interval = configured.refresh_interval;
    if (configured.resend_unclear) out.after_unclear = opencrvs::AfterUnclear::resend;
    return out;
}

}  // namespace ocm::app
