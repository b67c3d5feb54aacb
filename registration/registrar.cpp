// SPDX-License-Identifier: MPL-2.0
#include "registration/registrar.hpp"

#include "core/hash.hpp"
#include "registration/channels.hpp"
#include "registration/describe.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <typeinfo>

namespace ocm::registration {
namespace {

constexpr Milliseconds notable_skew{5'000};

void log(const action::Report& report) {
    using Level = action::Report::Level;
    switch (report.level) {
        case Level::info:
            spdlog::info("openhim: {}", report.text);
            break;
        case Level::warning:
            spdlog::warn("openhim: {}", report.text);
            break;
        case Level::error:
            spdlog::error("openhim: {}", report.text);
            break;
    }
}

}  // namespace

struct Registrar::Control {
    std::atomic<bool> stopping{false};
    std::mutex mutex;
    std::optional<boost::asio::any_io_executor> executor;  // while running
    boost::asio::cancellation_signal signal;               // used on that executor only
};

Registrar::Registrar(Upstream& upstream, Clock& clock, Ids& ids, OpenHimOptions options, Callbacks callbacks)
    : clock_(clock),
      ids_(ids),
      options_(std::move(options)),
      api_(upstream, clock, ids, options_),
      callbacks_(std::move(callbacks)),
      control_(std::make_shared<Control>()) {
    policy_.version = options_.version;
    policy_.heartbeat_interval = options_.heartbeat_interval;
    policy_.forced_config_every = options_.forced_config_every;
    policy_.install_channels = options_.install_channels;
}

Registrar::~Registrar() = default;

Task<void> Registrar::run() {
    auto control = control_;
    auto executor = co_await boost::asio::this_coro::executor;
    {
        const std::lock_guard lock(control->mutex);
        control->executor = executor;
    }
    co_await boost::asio::co_spawn(
        executor, loop(), boost::asio::bind_cancellation_slot(control->signal.slot(), boost::asio::use_awaitable));
    const std::lock_guard lock(control->mutex);
    control->executor.reset();
}

void Registrar::stop() {
    control_->stopping = true;
    const std::lock_guard lock(control_->mutex);
    if (!control_->executor) return;
    boost::asio::post(*control_->executor,
                      [control = control_] { control->signal.emit(boost::asio::cancellation_type::terminal); });
}

Status Registrar::status() const {
    const std::lock_guard lock(mutex_);
    return status_;
}

SteadyTime Registrar::deadline() const {
    return clock_.steady() + options_.call_timeout;
}

Task<void> Registrar::loop() {
    co_await boost::asio::this_coro::throw_if_cancelled(false);
    started_ = clock_.steady();
    Event event = event::Started{};
    while (!control_->stopping) {
        auto next = step(std::move(state_), policy_, clock_.steady(), event, ids_.random());
        state_ = std::move(next.state);
        publish();
        event = event::Woke{};
        bool performed = false;
        for (const auto& action : next.actions) {
            if (const auto* report = std::get_if<action::Report>(&action)) {
                log(*report);
                continue;
            }
            auto outcome = co_await perform_safely(action);
            event = std::move(outcome);
            performed = true;
        }
        if (performed) {
            watch_clock();
        } else if (next.next_wake) {
            const auto wait = std::chrono::ceil<Milliseconds>(*next.next_wake - clock_.steady());
            if (wait > Milliseconds{0}) co_await clock_.sleep(wait);
        } else {
            break;
        }
    }
    state_ = step(std::move(state_), policy_, clock_.steady(), event::Stopped{}, 0.0).state;
}

Task<Event> Registrar::perform_safely(Action action) {
    Error bug{ErrorCode::internal, "internal error while talking to OpenHIM", {}, std::nullopt};
    try {
        auto outcome = co_await perform(action);
        co_return outcome;
    } catch (const std::exception& failure) {
        // A bug of ours or of a callback; its text may quote anything.
        spdlog::error("openhim: failed on a bug of ours ({})", typeid(failure).name());
    }
    if (std::holds_alternative<action::Register>(action)) co_return event::RegistrationFailed{bug};
    if (std::holds_alternative<action::Verify>(action)) co_return event::VerifyFailed{bug};
    if (std::holds_alternative<action::Beat>(action)) co_return event::BeatFailed{bug};
    if (std::holds_alternative<action::ApplyConfig>(action)) co_return event::ConfigRejected{bug};
    co_return event::InstallFailed{bug};
}

Task<Event> Registrar::perform(Action action) {
    if (std::holds_alternative<action::Register>(action)) {
        described_ = callbacks_.describe();
        auto done = co_await api_.register_mediator(described_, deadline());
        if (!done) co_return event::RegistrationFailed{done.error()};
        co_return event::Registered{};
    }
    if (std::holds_alternative<action::Verify>(action)) {
        auto found = co_await api_.mediator(deadline());
        if (!found) co_return event::VerifyFailed{found.error()};
        std::string version(text_member(*found, "version"));
        {
            const std::lock_guard lock(mutex_);
            status_.version_in_openhim = version;
        }
        const bool same = same_endpoints(*found, described_);
        co_return event::Verified{std::move(version), same};
    }
    if (const auto* wanted = std::get_if<action::Beat>(&action)) {
        auto outcome = co_await beat(wanted->want_config);
        co_return outcome;
    }
    if (std::holds_alternative<action::ApplyConfig>(action)) {
        auto outcome = co_await apply();
        co_return outcome;
    }
    auto outcome = co_await install();
    co_return outcome;
}

Task<Event> Registrar::beat(bool want_config) {
    // Below the interval, so that a slow answer does not delay the next beat.
    const auto limit = std::min(options_.call_timeout, options_.heartbeat_interval * 4 / 5);
    auto reply = co_await api_.heartbeat(clock_.steady() - started_, want_config, clock_.steady() + limit);
    if (!reply) co_return event::BeatFailed{reply.error()};
    {
        const std::lock_guard lock(mutex_);
        status_.last_beat = clock_.now();
    }
    switch (reply->kind) {
        case BeatReply::Config::none:
            break;
        case BeatReply::Config::unreadable:
            co_return event::Beat{event::Config::unreadable, {}};
        case BeatReply::Config::given:
            // Keys are sorted in memory, so that the order in which the core sends them does not matter.
            config_ = std::move(reply->config);
            co_return event::Beat{event::Config::given, sha256_hex(dump_json(config_))};
    }
    co_return event::Beat{};
}

Task<Event> Registrar::apply() {
    auto done = co_await callbacks_.apply_config(config_);
    if (!done) co_return event::ConfigRejected{done.error()};
    {
        const std::lock_guard lock(mutex_);
        status_.config_applied = clock_.now();
    }
    co_return event::ConfigApplied{};
}

Task<Event> Registrar::install() {
    Json wanted = Json::array();
    if (const auto* channels = member(described_, "defaultChannelConfig"); channels != nullptr) wanted = *channels;
    auto changes = co_await install_missing(api_, std::move(wanted), clock_.steady() + 2 * options_.call_timeout);
    if (!changes) co_return event::InstallFailed{changes.error()};
    std::vector<std::string> failed;
    std::optional<Error> first;
    for (const auto& change : *changes) {
        if (change.kind == ChannelChange::Kind::installed) {
            spdlog::info("openhim: installed the channel {}", change.channel);
        }
        if (!change.error) continue;
        failed.push_back(change.channel + ": " + change.error->message);
        if (!first) first = Error{change.error->code, failed.back(), {}, std::nullopt};
    }
    {
        const std::lock_guard lock(mutex_);
        status_.channels_failed = std::move(failed);
    }
    if (first) co_return event::InstallFailed{*first};
    co_return event::ChannelsInstalled{};
}

void Registrar::publish() {
    Status snapshot;
    {
        const std::lock_guard lock(mutex_);
        status_.registered = state_.registered;
        status_.trouble = state_.trouble;
        status_.config_rejected = state_.config_rejected;
        status_.clock_skew = api_.clock_skew();
        snapshot = status_;
    }
    if (callbacks_.changed) callbacks_.changed(snapshot);
}

void Registrar::watch_clock() {
    const auto skew = api_.clock_skew();
    const bool notable = skew && std::chrono::abs(*skew) > notable_skew;
    if (notable && !skew_reported_) {
        const auto seconds = std::chrono::round<std::chrono::seconds>(*skew).count();
        spdlog::warn("openhim: OpenHIM's clock is {} s {} ours; transaction times will not agree. Set both by NTP",
                     std::abs(seconds), seconds > 0 ? "ahead of" : "behind");
    }
    skew_reported_ = notable;
}

}  // namespace ocm::registration
