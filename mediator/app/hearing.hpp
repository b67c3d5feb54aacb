// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "app/catch_up.hpp"
#include "app/country_config.hpp"
#include "channels/opencrvs/ask_back.hpp"
#include "channels/opencrvs/webhook_subscriptions.hpp"
#include "channels/webhook/inbound.hpp"
#include "config/config.hpp"
#include "http/server.hpp"

#include <cstdint>
#include <optional>

/// What the configuration says of hearing from the active target.
namespace ocm::app {

/// Absent where the channel is switched off.
std::optional<webhook::InboundDeps> inbound_deps(const config::Config& config);

/// How the target is asked back; absent where it forwards nothing or no client of ours may ask.
std::optional<opencrvs::AskOptions> ask_options(const config::Config& config);

/// How what was missed is looked up; absent where it is switched off or no client of ours may search.
std::optional<CatchUpOptions> catch_up_options(const config::Config& config);

/// What is subscribed to; absent where nothing is. `port` is the one that is listened on.
std::optional<opencrvs::WebhookSubscriptionOptions> subscription_options(const config::Config& config,
                                                                         std::uint16_t port);

/// How we stand in front of the country configuration; absent where we do not.
std::optional<CountryConfigOptions> country_config_options(const config::Config& config);
/// What is listened on in its place.
http::ServerOptions country_config_server(const config::Config& config);

}  // namespace ocm::app
