// SPDX-License-Identifier: MPL-2.0
#include "app/parked.hpp"

#include "app/dispatcher.hpp"
#include "store/store.hpp"

#include <algorithm>
#include <map>

namespace ocm::app {
namespace {

constexpr std::size_t page_size = 256;

/// Those that wait for codes, in order of acceptance.
Task<Result<std::vector<Delivery>>> parked(store::Store& store) {
    store::DeliveryFilter filter;
    filter.state = DeliveryState::parked;
    filter.limit = page_size;
    std::vector<Delivery> out;
    for (;;) {
        auto rows = co_await store.list_deliveries(filter);
        if (!rows) co_return fail(rows.error());
        const bool last = rows->size() < page_size;
        if (!last) filter.after = rows->back().seq;
        for (auto& row : *rows)
            if (!row.waits_for.empty()) out.push_back(std::move(row));
        if (last) break;
    }
    std::reverse(out.begin(), out.end());
    co_return out;
}

}  // namespace

Task<Result<std::size_t>> release_known(store::Store& store, Clock& clock, std::function<bool(const PlaceCode&)> knows,
                                        std::string actor) {
    auto waiting = co_await parked(store);
    if (!waiting) co_return fail(waiting.error());
    std::size_t released = 0;
    for (const auto& delivery : *waiting) {
        if (!std::all_of(delivery.waits_for.begin(), delivery.waits_for.end(), knows)) continue;
        store_ops::Unit unit;
        unit.emplace_back(administer(delivery, DeliveryStep::release, clock.now(), actor));
        auto committed = co_await store.commit(std::move(unit));
        // Released, replaced or discarded by somebody else meanwhile.
        const bool gone = !committed && (committed.error().code == ErrorCode::conflict ||
                                         committed.error().code == ErrorCode::not_found);
        if (committed) ++released;
        if (!committed && !gone) co_return fail(committed.error());
    }
    co_return released;
}

Task<Result<std::vector<WaitedFor>>> waited_for(store::Store& store) {
    auto waiting = co_await parked(store);
    if (!waiting) co_return fail(waiting.error());
    std::map<PlaceCode, WaitedFor> by_code;
    for (const auto& delivery : *waiting) {
        for (const auto& code : delivery.waits_for) {
            auto& one = by_code.try_emplace(code, WaitedFor{code, 0, delivery.created}).first->second;
            ++one.deliveries;
        }
    }
    std::vector<WaitedFor> out;
    out.reserve(by_code.size());
    for (auto& [code, one] : by_code) out.push_back(std::move(one));
    std::stable_sort(out.begin(), out.end(),
                     [](const WaitedFor& a, const WaitedFor& b) { return a.deliveries > b.deliveries; });
    co_return out;
}

}  // namespace ocm::app
