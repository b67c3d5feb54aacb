// SPDX-License-Identifier: MPL-2.0
#include "app/parked.hpp"

#include "app/dispatcher.hpp"
#include "store/store.hpp"

#include <algorithm>

namespace ocm::app {
namespace {

constexpr std::size_t page_size = 256;

}  // namespace

Task<Result<std::size_t>> release_known(store::Store& store, Clock& clock, std::function<bool(const PlaceCode&)> knows,
                                        std::string actor) {
    store::DeliveryFilter filter;
    filter.state = DeliveryState::parked;
    filter.limit = page_size;
    std::size_t released = 0;
    for (;;) {
        auto rows = co_await store.list_deliveries(filter);
        if (!rows) co_return fail(rows.error());
        // In order of acceptance, as far as a page goes.
        for (auto row = rows->rbegin(); row != rows->rend(); ++row) {
            const auto& codes = row->waits_for;
            if (codes.empty() || !std::all_of(codes.begin(), codes.end(), knows)) continue;
            store_ops::Unit unit;
            unit.emplace_back(administer(*row, DeliveryStep::release, clock.now(), actor));
            auto committed = co_await store.commit(std::move(unit));
            // Released, replaced or discarded by somebody else meanwhile.
            const bool gone = !committed && (committed.error().code == ErrorCode::conflict ||
                                             committed.error().code == ErrorCode::not_found);
            if (committed) ++released;
            if (!committed && !gone) co_return fail(committed.error());
        }
        if (rows->size() < page_size) break;
        filter.after = rows->back().seq;
    }
    co_return released;
}

}  // namespace ocm::app
