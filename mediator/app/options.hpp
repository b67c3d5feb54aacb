// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "app/engine.hpp"
#include "channels/webhook/proof.hpp"
#include "config/config.hpp"
#include "core/dispatch.hpp"
#include "http/server.hpp"
#include "registration/options.hpp"
#include "registration/outgoing.hpp"
#include "store/store.hpp"
#include "upstream/options.hpp"

#include <map>
#include <string>

/// From the settings to each module's own options. Pure: what a setting means is decided here and nowhere else.
namespace ocm::app {

inline constexpr const char* mediator_name = "OpenCRVS mediator";
inline constexpr const char* mediator_host = "opencrvs-mediator";  // where no setting says what we are known by

http::ServerOptions server_options(const config::Config& config);
http::ServerOptions admin_options(const config::Config& config);
store::StoreOptions store_options(const config::Config& config);
upstream::UpstreamOptions upstream_options(const config::Config& config);
/// How deliveries go through OpenHIM; absent where they do not.
std::optional<registration::OutgoingOptions> outgoing_options(const config::Config& config);
registration::OpenHimOptions openhim_options(const config::Config& config);
EngineSettings engine_settings(const config::Config& config, const std::vector<ChannelDefinition>& channels);

EnvelopeOptions envelope_options(const config::Config& config);
/// How each kind of delivery is sent.
std::map<std::string, dispatch::Policy> delivery_policies(const config::Config& config);

/// Where subscribers may be called.
webhook::CallbackPolicy callback_policy(const config::Config& config);

/// Address of our FHIR interface as subscribers know it, without a slash at its end; empty where none is set.
std::string fhir_base(const config::Config& config);

/// How callbacks are asked whether they want a subscription.
webhook::ProofOptions proof_options(const config::Config& config);

/// How many io threads: the setting, or one for each core.
std::size_t io_threads(const config::Config& config);

}  // namespace ocm::app
