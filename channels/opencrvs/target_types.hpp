// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/account.hpp"
#include "channels/opencrvs/target_snapshot.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <functional>
#include <string>

namespace ocm::opencrvs {

/// What becomes of a notification when it is unclear whether a target without idempotency keys has taken it (ADR 11).
enum class AfterUnclear {
    ask,    // it waits for a person, who looks into OpenCRVS
    resend  // it is sent again: OpenCRVS may come to hold it twice
};

/// One configured OpenCRVS and how to reach it.
struct TargetOptions {
    std::string name;         // as in `targets.NAME`
    std::string version;      // of `versions()`
    std::string gateway_url;  // without a trailing '/'
    std::string auth_url;
    std::string client_id, client_secret;  // of its notification client
    Milliseconds timeout{10'000};          // of one call
    Milliseconds refresh_interval{900'000};
    AfterUnclear after_unclear = AfterUnclear::ask;
    boost::asio::any_io_executor background;               // parses large answers off the io threads; may be empty
    std::function<void(const RefreshReport&)> on_refresh;  // called on the thread that refreshed
};

/// The idempotency keys of a notification's two calls (design section 5.2): the same for every try of the same content.
/// 1.3 to 1.8 know none: there the ids inside the document are derived from the first.
struct NotifyIds {
    std::string create;
    std::string notify;
};

/// A notification OpenCRVS has taken.
struct Sent {
    std::string event_id, tracking_id;  // of a 1.x record the Composition's id; 1.3 to 1.5 tell no tracking id
    std::string office_id;
    bool pending = false;              // taken, and to be confirmed by the country configuration
    bool potential_duplicate = false;  // taken, and like a record that is there already (1.8 says so; 2.0 does not)
    Account account;                   // of the writer
};

}  // namespace ocm::opencrvs
