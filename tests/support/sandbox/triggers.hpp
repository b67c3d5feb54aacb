// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/json.hpp"
#include "support/sandbox/sandbox.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

/// Actions of 2.0 that take effect once the country configuration has agreed (contracts section 7.10).
namespace ocm::sandbox {

/// What became of an action.
struct Triggered {
    int status = 0;      // of the country configuration's answer; 0: there was none
    int told = 0;        // what whoever asked for the action is told: 200, or 500 where it failed
    std::string action;  // id of the action that was asked for
};

/// Somebody in OpenCRVS asks for an action of a record: it is stored as Requested, then the country configuration at
/// `url` is called with the record and a token for this one action, once and without a time limit; 200 accepts the
/// action with what the answer adds, 400 rejects it, 202 leaves it open, anything else fails and leaves it too. Blocks.
/// Throws std::runtime_error where there is no such record.
Triggered trigger(Sandbox& sandbox, std::string_view id, std::string_view type, const std::string& url);

/// A country configuration: answers triggers that the sandbox signed (401 else) and `GET /ping`, and sends a copy of
/// each record on to where it is told. Has threads of its own. Thread-safe.
class CountryConfig {
  public:
    /// `forward_to`: FORWARD_ACTIONS_TO (section 7.11).
    explicit CountryConfig(const Sandbox& sandbox, std::vector<std::string> forward_to = {});
    ~CountryConfig();
    CountryConfig(const CountryConfig&) = delete;
    CountryConfig& operator=(const CountryConfig&) = delete;

    std::string url() const;
    /// How triggers are answered from now on.
    void answers(int status);
    /// The records it was triggered with, oldest first.
    std::vector<Json> triggers() const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace ocm::sandbox
