// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/json.hpp"
#include "core/ports.hpp"
#include "core/task.hpp"
#include "registration/core_api.hpp"
#include "registration/options.hpp"

#include <set>
#include <string>
#include <string_view>

/// Calls of ours that go out through OpenHIM: its router takes them under a path of their own for each place they go to
/// (openhim.md 4.1, 4.2). A channel's route has one host and one port, so each place has its own channel.
namespace ocm::registration {

/// Our client in OpenHIM needs this role.
inline constexpr std::string_view outgoing_role = "opencrvs-webhook-out";

struct OutgoingOptions {
    std::string router_url;  // "https://openhim.example.org:5000"
    std::string client_id;   // of our client in OpenHIM
    std::string password;
};

/// Where OpenHIM's router takes what is for that place: "/crvs/out/https/ministry.example.org/443".
std::string outgoing_path(const UrlParts& place, std::string_view path_prefix);

/// The channel that passes it on: of this role only, POST only, nothing is kept of bodies, no retry by OpenHIM.
Json outgoing_channel(const UrlParts& place, const OpenHimOptions& options);

class Outgoing {
  public:
    Outgoing(Upstream& upstream, Clock& clock, Ids& ids, OpenHimOptions api, OutgoingOptions options);

    /// The call as OpenHIM's router takes it, for the same place; its channel is made where OpenHIM has none and
    /// `openhim.install_channels` allows. `bad_request` where OpenHIM cannot pass it on: it has an Authorization header
    /// of its own, or its host is an IPv6 address. `unavailable` where OpenHIM cannot be asked now; `forbidden` where
    /// an administrator has to make the channel.
    Task<Result<UpstreamCall>> through(UpstreamCall call, SteadyTime deadline);

    /// Whether what was answered comes from that place; else OpenHIM refused to pass the call on, and says so in words.
    /// `url` is that of the call before `through`.
    Result<void> passed(const std::string& url, const UpstreamReply& reply);

  private:
    Task<Result<void>> make_channel(UrlParts place, SteadyTime deadline);

    Clock& clock_;
    OpenHimOptions api_options_;
    OutgoingOptions options_;
    CoreApi api_;
    bool asking_ = false;           // the API belongs to one call at a time
    std::set<std::string> places_;  // with a channel
};

}  // namespace ocm::registration
