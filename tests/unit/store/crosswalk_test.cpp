// SPDX-License-Identifier: MPL-2.0
#include "store/schema.hpp"
#include "unit/store/store_fixture.hpp"

using namespace ocm;
using namespace ocm::store;
using namespace ocm::store_ops;
using namespace ocm::test;

namespace {

CrosswalkEntry entry(std::string code, std::string location, std::string system = "dhis2") {
    CrosswalkEntry out;
    out.key = {"main", {PlaceKind::facility, std::move(system), std::move(code)}};
    out.location = std::move(location);
    out.name = "Invented clinic";
    out.origin = CrosswalkOrigin::imported;
    out.note = "from the list of 2026";
    return out;
}

ChangeCrosswalk change(std::vector<CrosswalkEntry> put, std::vector<CrosswalkKey> remove = {}) {
    ChangeCrosswalk op;
    op.put = std::move(put);
    op.remove = std::move(remove);
    op.record = {wall_now(), "cli:tester", "crosswalk.import", "{}"};
    return op;
}

const std::vector<PlaceCode> codes{{PlaceKind::facility, "dhis2", "DiszpKrYNg8"}, {PlaceKind::office, "", "O 7"}};

/// A notification that waits for codes.
std::string park(store::Store& store) {
    const auto id = new_id();
    auto op = enqueue(id);
    op.parked = true;
    op.carries_claim = true;
    op.why = {ErrorCode::bad_request, "the facility is not known", "", {}};
    op.waits_for = codes;
    Unit unit;
    unit.emplace_back(receive_with(id, claim("doc-" + id, "content")));
    unit.emplace_back(settle(id, ClaimState::parked, 202));
    unit.emplace_back(op);
    const auto committed = store.commit_blocking(std::move(unit));
    EXPECT_TRUE(committed) << committed.error().message;
    return op.delivery;
}

}  // namespace

TEST_F(StoreTest, KeepsTheCrosswalkAndWhoSaidWhat) {
    auto store = open();
    ASSERT_TRUE(commit(*store, unit_of(change({entry("B", "b"), entry("A", "a"), entry("A", "any", "*")}))));
    auto all = run(store->crosswalk());
    ASSERT_TRUE(all) << all.error().message;
    ASSERT_EQ(all->size(), 3u);
    EXPECT_EQ((*all)[0].key.from.system, "*");
    EXPECT_EQ((*all)[1].key, (CrosswalkKey{"main", {PlaceKind::facility, "dhis2", "A"}}));
    EXPECT_EQ((*all)[1].location, "a");
    EXPECT_EQ((*all)[1].name, "Invented clinic");
    EXPECT_EQ((*all)[1].origin, CrosswalkOrigin::imported);
    EXPECT_EQ((*all)[1].note, "from the list of 2026");
    EXPECT_EQ((*all)[1].actor, "cli:tester");

    // Replaced, and removed, in one change.
    auto corrected = change({entry("B", "c")}, {(*all)[0].key});
    corrected.record.actor = "cli:other";
    ASSERT_TRUE(commit(*store, unit_of(corrected)));
    all = run(store->crosswalk());
    ASSERT_EQ(all->size(), 2u);
    EXPECT_EQ((*all)[1].location, "c");
    EXPECT_EQ((*all)[1].actor, "cli:other");
    store->close();
    expect_sound();
    store = open();
    EXPECT_EQ(run(store->crosswalk())->size(), 2u);
}

TEST_F(StoreTest, AChangeOfTheCrosswalkIsKeptWholeOrNotAtAll) {
    auto store = open();
    const auto refused =
        commit(*store, unit_of(change({entry("A", "a")}, {{"main", {PlaceKind::area, "dhis2", "nothing"}}})));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::not_found);
    EXPECT_TRUE(run(store->crosswalk())->empty());
}

TEST_F(StoreTest, ACountrysCrosswalkIsOneEntry) {
    auto store = open();
    std::vector<CrosswalkEntry> all;
    for (int i = 0; i < 20'000; ++i) all.push_back(entry("code-" + std::to_string(i), "location-" + std::to_string(i)));
    ASSERT_TRUE(commit(*store, unit_of(change(std::move(all)))));
    EXPECT_EQ(run(store->crosswalk())->size(), 20'000u);
    store->close();
    EXPECT_EQ(checked().entries, 1);
    expect_sound();
}

TEST_F(StoreTest, CheckRebuildsTheCrosswalk) {
    auto store = open();
    ASSERT_TRUE(commit(*store, unit_of(change({entry("A", "a")}))));
    store->close();
    expect_sound();
    sql("UPDATE crosswalk SET location = 'elsewhere'");
    EXPECT_FALSE(checked().sound());
    sql("DELETE FROM crosswalk");
    EXPECT_FALSE(checked().sound());
}

TEST_F(StoreTest, AParkedDeliverySaysWhatItWaitsFor) {
    auto store = open();
    const auto id = park(*store);
    auto row = run(store->delivery(id));
    ASSERT_TRUE(row);
    EXPECT_EQ(row->waits_for, codes);
    StepDelivery step;
    step.delivery = id;
    step.transaction = row->transaction;
    step.at = step.due = wall_now();
    step.step = DeliveryStep::release;
    ASSERT_TRUE(commit(*store, unit_of(step)));
    EXPECT_TRUE(run(store->delivery(id))->waits_for.empty()) << "released, it waits for nothing";
    step.step = DeliveryStep::start;
    ASSERT_TRUE(commit(*store, unit_of(step)));
    step.step = DeliveryStep::park;
    step.why = {ErrorCode::bad_request, "the office is not known", "", {}};
    step.waits_for = {codes[1]};
    ASSERT_TRUE(commit(*store, unit_of(step)));
    row = run(store->delivery(id));
    EXPECT_EQ(row->state, DeliveryState::parked);
    EXPECT_EQ(row->waits_for, std::vector{codes[1]});
    EXPECT_EQ(run(store->transaction_state(row->transaction))->claim, ClaimState::parked);
    store->close();
    expect_sound();
}

TEST_F(StoreTest, AStoreOfTheFirstSchemaIsBroughtUpToDate) {
    std::string parked;
    {
        auto store = open();
        ASSERT_TRUE(commit(*store, whole_transaction(new_id())));
        const auto id = new_id();
        auto op = enqueue(id);
        op.parked = true;
        Unit unit;
        unit.emplace_back(receive(id));
        unit.emplace_back(op);
        ASSERT_TRUE(commit(*store, std::move(unit)));
        parked = op.delivery;
    }
    // Exactly what the first schema had.
    sql("DROP INDEX txn_record; DROP TABLE subscription; DROP TABLE published; ALTER TABLE client DROP COLUMN "
        "signing_secret;"
        "ALTER TABLE client DROP COLUMN old_signing_secret; ALTER TABLE client DROP COLUMN old_signing_until;"
        "ALTER TABLE client DROP COLUMN fields; ALTER TABLE outbox DROP COLUMN subscription;"
        "ALTER TABLE outbox DROP COLUMN sequence; ALTER TABLE outbox DROP COLUMN published;");
    sql("DROP TABLE crosswalk; ALTER TABLE outbox DROP COLUMN waits_for;"
        "ALTER TABLE client DROP COLUMN contract_version; PRAGMA user_version = 1");
    auto store = open();
    ASSERT_TRUE(store);
    EXPECT_TRUE(std::filesystem::exists(path() + ".before-v" + std::to_string(migrations().size())));
    auto row = run(store->delivery(parked));
    ASSERT_TRUE(row) << row.error().message;
    EXPECT_EQ(row->state, DeliveryState::parked);
    EXPECT_TRUE(row->waits_for.empty());
    ASSERT_TRUE(commit(*store, unit_of(change({entry("A", "a")}))));
    store->close();
    expect_sound();
}
