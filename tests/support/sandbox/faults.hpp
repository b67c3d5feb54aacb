// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/json.hpp"
#include "core/time.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ocm::sandbox {

/// What goes wrong with the requests it matches.
struct Fault {
    enum class Kind {
        latency,         // answered, `ms` later
        reset,           // the connection is reset
        status,          // `status` with `body`
        garbage,         // 200 with what is no JSON
        truncate,        // the answer is cut in its middle
        hang,            // nothing comes for `ms`
        country_config,  // the country configuration answers a NOTIFY trigger with `status`
    };
    std::string method;  // "*": any
    std::string path;    // segments; "*" stands for any one
    Kind kind = Kind::status;
    int status = 500;
    std::string body;
    Milliseconds wait{0};
    long times = -1;     // how often; -1: until removed
    bool after = false;  // the request is carried out first: its outcome is unclear to the caller
};

class Faults {
  public:
    /// Adds `{"rules":[{"match":"POST /events/events/*/notify","kind",...}]}`. Fails naming what is not understood,
    /// and adds nothing then.
    Result<void> add(const Json& document);
    void clear() { rules_.clear(); }
    /// The first rule that matches, counted as used.
    std::optional<Fault> take(std::string_view method, std::string_view path);

  private:
    std::vector<Fault> rules_;
};

}  // namespace ocm::sandbox
