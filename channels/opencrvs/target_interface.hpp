// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/opencrvs/target_types.hpp"
#include "channels/opencrvs/token.hpp"
#include "channels/vital_event.hpp"

#include <memory>

/// What a generation of OpenCRVS does its own way, behind `Target`.
namespace ocm::opencrvs {

/// One notification in the target's own form, not sent yet.
class Prepared {
  public:
    virtual ~Prepared() = default;
    /// Errors as `Target::notify` describes them.
    virtual Task<Result<Sent>> send(Way& way) = 0;

    Account account;
};

class Interface {
  public:
    virtual ~Interface() = default;
    /// Pure. What is prepared keeps nothing of the event but what it has to send.
    virtual Result<std::unique_ptr<Prepared>> prepare(const Snapshot& snapshot, const VitalEvent& event,
                                                      const NotifyIds& ids, WallTime now) const = 0;
};

/// Options, map and tokens outlive what these make. 1.9 and 2.0; 1.3 to 1.8.
std::unique_ptr<Interface> events_interface(const TargetOptions& options, const Version& version, const CountryMap& map,
                                            TokenSource& tokens);
std::unique_ptr<Interface> legacy_interface(const TargetOptions& options, const Version& version, const CountryMap& map,
                                            TokenSource& tokens);

}  // namespace ocm::opencrvs
