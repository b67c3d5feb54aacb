// SPDX-License-Identifier: MPL-2.0
#include "store/check.hpp"

#include "unit/store/store_fixture.hpp"

#include <algorithm>

using namespace ocm;
using namespace ocm::store;
using namespace ocm::store_ops;
using namespace ocm::test;

TEST_F(StoreTest, EntriesAreAppendOnly) {
    auto store = open();
    ASSERT_TRUE(commit(*store, whole_transaction(new_id())));
    store->close();
    EXPECT_THROW(sql("UPDATE entry SET canonical = '{}'"), SqliteError);
    EXPECT_THROW(sql("DELETE FROM entry"), SqliteError);
}

struct Tampering {
    const char* label;
    const char* sql;
    const char* words;
};

class StoreCheck : public StoreTest, public testing::WithParamInterface<Tampering> {};

TEST_P(StoreCheck, SaysWhatWasTamperedWith) {
    auto store = open();
    ASSERT_TRUE(commit(*store, whole_transaction(new_id())));
    claim_of(*store, new_id(), claim("doc-1", "content-1"));
    ASSERT_TRUE(commit(*store, whole_transaction(new_id())));
    store->close();
    expect_sound();
    sql("DROP TRIGGER entry_is_append_only_update; DROP TRIGGER entry_is_append_only_delete; PRAGMA foreign_keys = "
        "OFF");
    sql(GetParam().sql);
    const auto report = checked();
    EXPECT_FALSE(report.sound());
    EXPECT_NE(testing::PrintToString(report.words).find(GetParam().words), std::string::npos)
        << testing::PrintToString(report.words);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, StoreCheck,
    testing::Values(
        Tampering{"row", "UPDATE txn SET http_status = 200 WHERE id = 1", "is not what the entries say"},
        Tampering{"row removed", "DELETE FROM txn WHERE id = 1", "as the entries say it is not there"},
        Tampering{"claim", "UPDATE claim SET state = 'delivered'", "of table claim is not what the entries say"},
        Tampering{"entry removed", "DELETE FROM entry WHERE seq = 2", "the entries before entry 3 are missing"},
        Tampering{"entry changed", "UPDATE entry SET canonical = replace(canonical, '201', '202') WHERE seq = 3",
                  "is not what the entries say"},
        Tampering{"entry spaced", "UPDATE entry SET canonical = replace(canonical, ',', ', ') WHERE seq = 3",
                  "not in canonical form"},
        Tampering{"entry nonsense", "UPDATE entry SET canonical = '{' WHERE seq = 3", "is not JSON"},
        Tampering{"entry kind", "UPDATE entry SET kind = 'attempt' WHERE seq = 3", "filed under another kind"},
        Tampering{"entry time", "UPDATE entry SET at = at + 1 WHERE seq = 3", "filed under another time"},
        Tampering{"entry transaction", "UPDATE entry SET txn = 4 WHERE seq = 3", "filed under another transaction"},
        Tampering{"part removed", "DELETE FROM part WHERE id = 65", "is missing"},
        Tampering{"part swapped",
                  "UPDATE part SET bytes = (SELECT bytes FROM part WHERE id = 64), size ="
                  " (SELECT size FROM part WHERE id = 64) WHERE id = 65",
                  "its hash differs"},
        Tampering{"part salted", "UPDATE part SET salt = zeroblob(32) WHERE id = 65", "its hash differs"},
        Tampering{"part damaged", "UPDATE part SET bytes = x'00' WHERE id = 65", "cannot be decompressed"},
        Tampering{"part added", "INSERT INTO part SELECT 90, 1, 'x', salt, bytes, size FROM part WHERE id = 65",
                  "is not named by its entry"},
        Tampering{"part astray", "INSERT INTO part SELECT 9000, 1, 'x', salt, bytes, size FROM part WHERE id = 65",
                  "belong to no entry"}),
    [](const auto& row) {
        std::string label = row.param.label;
        std::replace(label.begin(), label.end(), ' ', '_');
        return label;
    });

TEST_F(StoreTest, CheckTellsItsProgressAndRunsBesideTheWriter) {
    auto store = open();
    for (int i = 0; i < 400; ++i) ASSERT_TRUE(store->commit_blocking(whole_transaction(new_id())));
    std::int64_t last = 0;
    const auto report = run(store->check([&last](std::int64_t done, std::int64_t total) {
        EXPECT_LE(done, total);
        EXPECT_GE(done, last);
        last = done;
    }));
    ASSERT_TRUE(report);
    EXPECT_TRUE(report->sound());
    EXPECT_EQ(last, 1200);
}
