// SPDX-License-Identifier: MPL-2.0
#include "app/stored.hpp"

#include "app/one_shot.hpp"
#include "store/reader.hpp"

#include <set>

namespace ocm::app {
namespace {

/// The cache of a store, and nothing else of it.
class StoredCache final : public NoStore {
  public:
    explicit StoredCache(store::Reader& reader) : reader_(reader) {}
    Task<Result<std::optional<std::string>>> cached(std::string key) override { co_return reader_.cached(key); }

  private:
    store::Reader& reader_;
};

std::shared_ptr<const opencrvs::Snapshot> cached_snapshot(store::Reader& reader, const opencrvs::TargetOptions& options,
                                                          const opencrvs::CountryMap& map) {
    IoPool pool(1);
    pool.start();
    SystemClock clock;
    SystemIds ids;
    upstream::CurlUpstream upstream(pool, {});
    StoredCache cache(reader);
    std::shared_ptr<const opencrvs::Snapshot> out;
    {
        opencrvs::Target target(options, map, Ports{upstream, cache, clock, ids});
        boost::asio::co_spawn(pool.context(0), target.start(), boost::asio::use_future).get();
        out = target.snapshot();
    }
    upstream.shutdown();
    pool.stop();
    return out;
}

}  // namespace

Result<Stored> read_stored(const std::string& file, const opencrvs::TargetOptions* target,
                           const opencrvs::CountryMap& map) {
    auto reader = store::Reader::open(file);
    if (!reader) return fail(reader.error());
    auto entries = (*reader)->crosswalk();
    if (!entries) return fail(entries.error());
    Stored out;
    if (target != nullptr) {
        out.target = target->name;
        out.snapshot = cached_snapshot(**reader, *target, map);
    } else {
        std::set<std::string> targets;
        for (const auto& entry : *entries) targets.insert(entry.key.target);
        if (targets.size() > 1) {
            return fail(ErrorCode::bad_request,
                        "the crosswalk of the store is of several targets: name the configuration that says which",
                        "--config");
        }
        if (!targets.empty()) out.target = *targets.begin();
    }
    out.crosswalk = Crosswalk(std::move(*entries));
    return out;
}

}  // namespace ocm::app
