// SPDX-License-Identifier: MPL-2.0
#include "store/entry_of.hpp"
#include "store/part.hpp"

#include <exception>
#include <utility>

/// A whole unit made ready for the writer.
namespace ocm::store {
namespace {

using namespace store_ops;

struct Prepare {
    PreparedUnit& unit;
    WallTime now;

    void weigh(const PreparedEntry& entry) const {
        unit.bytes += 256 + entry.canonical.size();
        for (const auto& part : entry.parts) unit.bytes += part.packed.size() + part.plain.size() + 128;
    }
    void add(PreparedEntry entry) const {
        finish(entry);
        weigh(entry);
        unit.ops.emplace_back(std::move(entry));
    }
    void add(PreparedPublication publication) const {
        if (publication.published) {
            finish(*publication.published);
            weigh(*publication.published);
        }
        for (const auto& delivery : publication.deliveries) weigh(delivery);
        unit.ops.emplace_back(std::move(publication));
    }

    void operator()(Receive&& op) const {
        unit.begins = true;
        add(entry_of(std::move(op)));
    }
    void operator()(Attempt&& op) const { add(entry_of(std::move(op))); }
    void operator()(Answer&& op) const {
        unit.answered.push_back(op.transaction);
        unit.settles.push_back(op.transaction);
        add(entry_of(std::move(op)));
    }
    void operator()(Enqueue&& op) const { add(entry_of(std::move(op))); }
    void operator()(StepDelivery&& op) const { add(entry_of(op)); }
    void operator()(Complete&& op) const {
        unit.settles.push_back(op.transaction);
        add(entry_of(std::move(op)));
    }
    void operator()(Disclose&& op) const { add(entry_of(std::move(op))); }
    void operator()(Administer&& op) const { add(administered_entry(op.at, op.actor, op.action, op.detail)); }
    void operator()(PutClient&& op) const { add(entry_of(op)); }
    void operator()(RemoveClient&& op) const { add(entry_of(op)); }
    void operator()(ChangeCrosswalk&& op) const { add(entry_of(op)); }
    void operator()(PutSubscription&& op) const { add(entry_of(op)); }
    void operator()(RemoveSubscription&& op) const { add(entry_of(op)); }
    void operator()(Publish&& op) const { add(publication_of(std::move(op))); }
    void operator()(Tell&& op) const { add(publication_of(std::move(op))); }
    void operator()(PutCache&& op) const {
        auto packed = compress(op.value);
        unit.bytes += 256 + packed.size();
        unit.ops.emplace_back(PreparedCache{std::move(op.key), op.at, std::move(packed), op.value.size()});
    }
};

struct RawSize {
    static std::size_t of(const std::vector<Part>& parts) {
        std::size_t size = 0;
        for (const auto& part : parts) size += part.bytes.size();
        return size;
    }
    std::size_t operator()(const Receive& op) const { return of(op.parts); }
    std::size_t operator()(const Attempt& op) const {
        return of(op.parts) + op.step.body.size() + (op.step.response ? op.step.response->body.size() : 0);
    }
    std::size_t operator()(const Answer& op) const { return of(op.parts); }
    std::size_t operator()(const Complete& op) const { return of(op.parts); }
    std::size_t operator()(const Enqueue& op) const { return op.payload.size(); }
    std::size_t operator()(const Publish& op) const { return op.payload.size(); }
    std::size_t operator()(const Tell& op) const { return op.delivery.payload.size(); }
    std::size_t operator()(const PutCache& op) const { return op.value.size(); }
    std::size_t operator()(const ChangeCrosswalk& op) const {
        constexpr std::size_t of_entry = 256;
        return (op.put.size() + op.remove.size()) * of_entry;
    }
    template <class Small>
    std::size_t operator()(const Small&) const {
        return 0;
    }
};

}  // namespace

Result<PreparedUnit> prepare(Unit unit, WallTime now) {
    PreparedUnit prepared;
    prepared.ops.reserve(unit.size());
    try {
        for (auto& op : unit) std::visit(Prepare{prepared, now}, std::move(op));
    } catch (const std::exception& error) {
        return fail(ErrorCode::storage, std::string("a unit cannot be recorded: ") + error.what());
    }
    return prepared;
}

std::size_t raw_size(const Unit& unit) {
    std::size_t size = 0;
    for (const auto& op : unit) size += std::visit(RawSize{}, op);
    return size;
}

}  // namespace ocm::store
