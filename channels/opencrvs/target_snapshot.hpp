// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/opencrvs/country_map.hpp"
#include "channels/opencrvs/form_config.hpp"
#include "channels/opencrvs/places.hpp"
#include "channels/opencrvs/token.hpp"
#include "channels/opencrvs/versions.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace ocm::opencrvs {

/// What a target's forms and places were when they were last read. Immutable.
struct Snapshot {
    FormConfig form;
    Places places;
    std::vector<MapProblem> problems;  // what the country map names and the form does not have
    std::string digest;                // of the answers it was made from; empty where it came from our cache
};

/// What a refresh found, for the log and for health.
struct RefreshReport {
    bool from_cache = false;  // what the store kept, at start
    bool changed = false;
    std::size_t locations = 0, areas = 0;
    std::vector<MapProblem> problems;
    std::optional<Error> error;        // it could not be read; what was known stays in use
    std::optional<Error> cache_error;  // read, but the store could not keep it for the next start
};

struct SnapshotOptions {
    std::string target;
    std::string gateway_url;
    const Version* version = nullptr;
    Milliseconds timeout{10'000};             // of one call
    boost::asio::any_io_executor background;  // parses off the io threads; empty: parsed where it was read
    std::function<void(const RefreshReport&)> on_refresh;
};

/// Keeps the snapshot of one target: read from the store's cache at start, so that a restart with OpenCRVS down works,
/// then from the target itself. Thread-safe; one refresh at a time.
class SnapshotSource {
  public:
    /// `map` and `tokens` outlive it.
    SnapshotSource(SnapshotOptions options, const CountryMap& map, TokenSource& tokens, Ports ports);

    /// nullptr until forms and places have been read once, ever.
    std::shared_ptr<const Snapshot> current() const { return current_.load(); }

    /// Takes what the store kept. Nothing kept is no error.
    Task<void> load_cached();

    /// Reads the target, unless it was tried within `unless_within`. Calls are not recorded: they belong to no
    /// transaction and carry no message.
    Task<Result<void>> refresh(SteadyTime deadline, Milliseconds unless_within);

  private:
    struct Answers;
    struct Built;
    Task<Result<void>> refresh_now(SteadyTime deadline);
    Task<Result<Answers>> read_target(SteadyTime deadline);
    Task<Result<std::string>> get(Way& way, std::string name, std::string path);
    Task<Result<Built>> build_aside(Answers answers);
    static Task<Result<Built>> build_task(Answers answers);
    static Result<Built> build(const Answers& answers);
    std::string cache_key(std::string_view what) const;
    void tell(const RefreshReport& report) const;

    SnapshotOptions options_;
    const CountryMap& map_;
    TokenSource& tokens_;
    Ports ports_;
    Published<Snapshot> current_;
    SingleFlight flight_;
    std::mutex mutex_;
    std::optional<SteadyTime> tried_;  // start of the last refresh
    std::optional<Error> failure_;     // of the last refresh
};

}  // namespace ocm::opencrvs
