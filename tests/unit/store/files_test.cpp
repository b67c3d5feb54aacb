// SPDX-License-Identifier: MPL-2.0
#include "store/schema.hpp"
#include "unit/store/store_fixture.hpp"

#include <array>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>

using namespace ocm;
using namespace ocm::store;
using namespace ocm::store_ops;
using namespace ocm::test;

namespace {

mode_t permissions(const std::string& path) {
    struct stat info{};
    EXPECT_EQ(::stat(path.c_str(), &info), 0);
    return info.st_mode & 0777U;
}

}  // namespace

TEST_F(StoreTest, ASecondOpenIsRefusedInASentence) {
    auto store = open();
    const auto second = Store::open({.path = path()});
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, ErrorCode::storage);
    EXPECT_NE(second.error().message.find(path() + " is in use by another process"), std::string::npos)
        << second.error().message;
    store->close();
    EXPECT_TRUE(Store::open({.path = path()}));
}

TEST_F(StoreTest, OnlyItsOwnerMayReadIt) {
    auto store = open();
    ASSERT_TRUE(commit(*store, whole_transaction(new_id())));
    EXPECT_EQ(permissions(folder.file("made")), 0700U);
    for (const auto* suffix : {"", "-wal", "-shm", ".lock"}) EXPECT_EQ(permissions(path() + suffix), 0600U) << suffix;
}

TEST_F(StoreTest, RefusesANewerStoreAndWhatIsNoStore) {
    open().reset();
    sql("PRAGMA user_version = 99");
    const auto newer = Store::open({.path = path()});
    ASSERT_FALSE(newer);
    EXPECT_NE(newer.error().message.find("newer version"), std::string::npos) << newer.error().message;

    const auto other = folder.file("other.db");
    {
        Database database(other, Database::Mode::read_write, {}, 1000);
        database.execute("CREATE TABLE theirs (a)");
    }
    EXPECT_NE(Store::open({.path = other}).error().message.find("not a store of this program"), std::string::npos);
    const auto text = folder.file("notes.txt");
    std::ofstream(text) << std::string(5000, 'n');
    const auto refused = Store::open({.path = text});
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message.find(text), std::string::npos);
    EXPECT_NE(Store::open({.path = "/proc/nowhere/store.db"}).error().message.find("/proc/nowhere"), std::string::npos);
}

TEST_F(StoreTest, MigratesForwardAndCopiesTheFileFirst) {
    const auto file = folder.file("old.db");
    constexpr std::array<std::string_view, 2> steps{"CREATE TABLE a (x)", "CREATE TABLE b (y)"};
    Database database(file, Database::Mode::read_write, {}, 1000);
    ASSERT_TRUE(migrate(database, file, std::span(steps).first(1)));
    EXPECT_FALSE(std::filesystem::exists(file + ".before-v1"));
    database.execute("INSERT INTO a VALUES (7)");
    ASSERT_TRUE(migrate(database, file, steps));
    EXPECT_EQ(database.integer("PRAGMA user_version"), 2);
    EXPECT_EQ(database.integer("SELECT count(*) FROM b"), 0);
    EXPECT_EQ(permissions(file + ".before-v2"), 0600U);
    Database copy(file + ".before-v2", Database::Mode::read_only, {}, 1000);
    EXPECT_EQ(copy.integer("SELECT x FROM a"), 7);
    EXPECT_EQ(copy.integer("PRAGMA user_version"), 1);

    constexpr std::array<std::string_view, 3> bad{steps[0], steps[1], "CREATE TABLE c (z); CREATE TABLE b (again)"};
    EXPECT_THROW(static_cast<void>(migrate(database, file, bad)), SqliteError);
    EXPECT_EQ(database.integer("PRAGMA user_version"), 2);
    EXPECT_EQ(database.integer("SELECT count(*) FROM sqlite_schema WHERE name = 'c'"), 0);
}
