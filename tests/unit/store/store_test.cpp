// SPDX-License-Identifier: MPL-2.0
#include "store/store.hpp"

#include "core/json.hpp"
#include "store/schema.hpp"
#include "unit/store/fixture.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <atomic>
#include <fstream>
#include <sys/stat.h>

using namespace ocm;
using namespace ocm::store;
using namespace ocm::store_ops;
using namespace ocm::test;

namespace {

class StoreTest : public testing::Test {
  protected:
    std::unique_ptr<Store> open(StoreOptions options = {}) {
        options.path = path();
        auto opened = Store::open(std::move(options));
        EXPECT_TRUE(opened) << opened.error().message;
        return opened ? std::move(*opened) : nullptr;
    }
    std::string path() const { return folder.file("made/store.db"); }
    std::string sql_text(const std::string& sql) {
        Database database(path(), Database::Mode::read_write, {}, 1000);
        return database.text(sql);
    }
    void sql(const std::string& statement) {
        Database database(path(), Database::Mode::read_write, {}, 1000);
        database.execute(statement);
    }
    CheckReport checked() {
        auto report = store::check(path());
        EXPECT_TRUE(report) << report.error().message;
        return report.value_or(CheckReport{});
    }
    void expect_sound() {
        const auto report = checked();
        EXPECT_TRUE(report.sound()) << testing::PrintToString(report.words);
        EXPECT_GT(report.entries, 0);
    }
    Result<UnitResult> commit(Store& store, Unit unit) { return run(store.commit(std::move(unit))); }
    ClaimResult claim_of(Store& store, const std::string& id, Claim made) {
        auto committed = commit(store, unit_of(receive_with(id, std::move(made))));
        EXPECT_TRUE(committed) << committed.error().message;
        return committed && committed->claim ? *committed->claim : ClaimResult{};
    }

    TemporaryFolder folder;
};

mode_t permissions(const std::string& path) {
    struct stat info{};
    EXPECT_EQ(::stat(path.c_str(), &info), 0);
    return info.st_mode & 0777U;
}

}  // namespace

TEST_F(StoreTest, RecordsATransactionAndShowsIt) {
    auto store = open();
    const auto id = new_id();
    auto answered = answer(id);
    answered.subjects = {"BXYZ123", "event-1", "2026B000001", "source-1", "office-1"};
    ASSERT_TRUE(commit(*store, unit_of(receive(id))));
    Unit rest;
    rest.emplace_back(attempt(id));
    rest.emplace_back(answered);
    ASSERT_TRUE(commit(*store, std::move(rest)));

    const auto record = run(store->show_transaction(id, PartBytes::read));
    ASSERT_TRUE(record) << record.error().message;
    EXPECT_EQ(record->row.id, id);
    EXPECT_EQ(record->row.status, TransactionStatus::successful);
    EXPECT_EQ(record->row.http_status, 201);
    EXPECT_EQ(record->row.attempts, 1);
    EXPECT_EQ(record->row.subjects.tracking_id, "BXYZ123");
    EXPECT_EQ(record->row.subjects.office, "office-1");
    ASSERT_EQ(record->entries.size(), 3U);
    EXPECT_EQ(record->entries[1].kind, "attempt");
    bool seen = false;
    for (const auto& part : record->parts) {
        EXPECT_TRUE(part.present);
        EXPECT_EQ(part.sha256.size(), 64U);
        if (part.name != "request") continue;
        seen = true;
        EXPECT_EQ(part.bytes,
                  "POST http://gateway:7070/events\r\ncontent-type: application/json\r\n\r\n{\"child\":\"Invented\"}");
    }
    EXPECT_TRUE(seen);
    const auto without = run(store->show_transaction(id, PartBytes::leave));
    ASSERT_TRUE(without);
    for (const auto& part : without->parts) EXPECT_TRUE(part.bytes.empty());

    const auto recorded = run(store->recorded_answer(id));
    ASSERT_TRUE(recorded);
    EXPECT_EQ(recorded->body, "{\"ok\":true}");
    EXPECT_EQ(recorded->content_type, "application/fhir+json");
    EXPECT_EQ(recorded->http_status, 201);
    EXPECT_EQ(recorded->subjects.registration_number, "2026B000001");
    EXPECT_EQ(run(store->show_transaction("nowhere", PartBytes::leave)).error().code, ErrorCode::not_found);
    store->close();
    expect_sound();
}

TEST_F(StoreTest, AnswersOnlyWhatWasAnswered) {
    auto store = open();
    const auto id = new_id();
    EXPECT_EQ(run(store->recorded_answer(id)).error().code, ErrorCode::not_found);
    ASSERT_TRUE(commit(*store, unit_of(receive(id))));
    EXPECT_EQ(run(store->recorded_answer(id)).error().code, ErrorCode::not_found);
}

TEST_F(StoreTest, ListsWithFiltersAndPages) {
    auto store = open();
    std::vector<std::string> ids;
    for (int i = 0; i < 7; ++i) {
        const auto id = new_id();
        ids.push_back(id);
        auto received = receive(id);
        received.at = *parse_rfc3339("2026-01-15T09:30:00Z") + std::chrono::hours(i);
        received.openhim_transaction = "openhim-" + std::to_string(i);
        received.channel = i == 3 ? "search" : "notification";
        auto answered = answer(id, i % 2 == 0 ? 201 : 400);
        answered.subjects.tracking_id = "T" + std::to_string(i);
        Unit unit;
        unit.emplace_back(received);
        unit.emplace_back(answered);
        ASSERT_TRUE(commit(*store, std::move(unit)));
    }
    const auto list = [&](TransactionFilter filter) {
        auto rows = run(store->list_transactions(std::move(filter)));
        EXPECT_TRUE(rows);
        std::vector<std::string> found;
        for (const auto& row : *rows) found.push_back(row.id);
        return found;
    };
    using Ids = std::vector<std::string>;
    EXPECT_EQ(list({}), Ids(ids.rbegin(), ids.rend()));
    TransactionFilter filter;
    filter.channel = "search";
    EXPECT_EQ(list(filter), Ids{ids[3]});
    filter = {};
    filter.status = TransactionStatus::completed;
    EXPECT_EQ(list(filter), (Ids{ids[5], ids[3], ids[1]}));
    filter.channel = "notification";
    EXPECT_EQ(list(filter), (Ids{ids[5], ids[1]}));
    filter = {};
    filter.tracking_id = "T4";
    EXPECT_EQ(list(filter), Ids{ids[4]});
    filter = {};
    filter.openhim_transaction = "openhim-2";
    EXPECT_EQ(list(filter), Ids{ids[2]});
    filter = {};
    filter.from = *parse_rfc3339("2026-01-15T10:30:00Z");
    filter.to = *parse_rfc3339("2026-01-15T12:30:00Z");
    EXPECT_EQ(list(filter), (Ids{ids[2], ids[1]}));

    filter = {};
    filter.limit = 3;
    filter.oldest_first = true;
    Ids exported;
    while (true) {
        auto page = run(store->list_transactions(filter));
        ASSERT_TRUE(page);
        if (page->empty()) break;
        for (const auto& row : *page) exported.push_back(row.id);
        filter.after = page->back().seq;
    }
    EXPECT_EQ(exported, ids);
}

TEST_F(StoreTest, ABadUnitFailsAloneInItsBatch) {
    IoPool pool(1);
    auto store = open();
    std::vector<std::future<Result<UnitResult>>> results;
    const auto known = new_id();
    ASSERT_TRUE(commit(*store, unit_of(receive(known))));
    for (int i = 0; i < 40; ++i) {
        Unit unit;
        if (i == 20) {
            unit.emplace_back(receive(new_id()));
            unit.emplace_back(answer(new_id()));  // never received
        } else if (i == 21) {
            unit.emplace_back(receive(known));  // an id that exists
        } else {
            unit = whole_transaction(new_id());
        }
        results.push_back(
            boost::asio::co_spawn(pool.context(0), store->commit(std::move(unit)), boost::asio::use_future));
    }
    pool.start();
    for (std::size_t i = 0; i < results.size(); ++i) {
        const auto result = results[i].get();
        if (i == 20 || i == 21) {
            ASSERT_FALSE(result);
            EXPECT_EQ(result.error().code, ErrorCode::storage);
        } else {
            EXPECT_TRUE(result);
        }
    }
    EXPECT_LT(store->metrics().writer.batches, 40U);
    EXPECT_EQ(store->metrics().writer.failed, 2U);
    EXPECT_EQ(run(store->list_transactions({}))->size(), 39U);
    pool.stop();
    store->close();
    expect_sound();
}

TEST_F(StoreTest, DecidesClaimsInTheWriter) {
    auto store = open();
    const auto first = new_id();
    auto made = claim_of(*store, first, claim("doc-1", "content-1"));
    EXPECT_EQ(made.verdict, ClaimVerdict::fresh);
    EXPECT_EQ(made.create_key, first);
    EXPECT_EQ(made.version, 1U);

    auto waiting = claim_of(*store, new_id(), claim("doc-1", "content-1"));
    EXPECT_EQ(waiting.verdict, ClaimVerdict::wait);
    EXPECT_EQ(waiting.held_transaction, first);

    auto refused = settle(first, ClaimState::refused, 400);
    refused.subjects.tracking_id = "T1";
    ASSERT_TRUE(commit(*store, unit_of(refused)));
    const auto second = new_id();
    made = claim_of(*store, second, claim("doc-1", "content-1"));
    EXPECT_EQ(made.verdict, ClaimVerdict::again);
    EXPECT_EQ(made.create_key, first);
    EXPECT_EQ(made.version, 1U);
    EXPECT_EQ(made.held_subjects.tracking_id, "T1");
    ASSERT_TRUE(commit(*store, unit_of(settle(second, ClaimState::refused, 400))));

    const auto third = new_id();
    made = claim_of(*store, third, claim("doc-1", "content-2"));
    EXPECT_EQ(made.verdict, ClaimVerdict::again);
    EXPECT_EQ(made.create_key, first);
    EXPECT_EQ(made.version, 2U);
    ASSERT_TRUE(commit(*store, unit_of(settle(third, ClaimState::queued, 202))));

    const auto fourth = new_id();
    made = claim_of(*store, fourth, claim("doc-1", "content-1"));
    EXPECT_EQ(made.verdict, ClaimVerdict::replaces_queued);
    EXPECT_EQ(made.version, 1U);
    ASSERT_TRUE(commit(*store, unit_of(settle(fourth, ClaimState::delivered))));

    const auto replayed = claim_of(*store, new_id(), claim("doc-1", "content-1"));
    EXPECT_EQ(replayed.verdict, ClaimVerdict::replay);
    EXPECT_EQ(replayed.held_transaction, fourth);
    EXPECT_EQ(claim_of(*store, new_id(), claim("doc-1", "content-3")).verdict, ClaimVerdict::correction);

    auto other = claim("doc-1", "content-4");
    other.subject = {"person-b", "2026-02-01", "parent-b", "male", false};
    const auto fifth = new_id();
    made = claim_of(*store, fifth, other);
    EXPECT_EQ(made.verdict, ClaimVerdict::another_subject);
    EXPECT_EQ(made.create_key, fifth);
    EXPECT_EQ(made.version, 1U);

    auto elsewhere = claim("doc-1", "content-1");
    elsewhere.client = "hospital";
    EXPECT_EQ(claim_of(*store, new_id(), elsewhere).verdict, ClaimVerdict::fresh);
    EXPECT_EQ(claim_of(*store, new_id(), claim("key", "a", KeyKind::explicit_key)).verdict, ClaimVerdict::fresh);
    EXPECT_EQ(claim_of(*store, new_id(), claim("key", "b", KeyKind::explicit_key)).verdict, ClaimVerdict::key_reused);
    store->close();
    expect_sound();
}

TEST_F(StoreTest, AClaimRunningWhenTheProcessEndedIsEvaluatedAfresh) {
    const auto id = new_id();
    {
        auto store = open();
        ASSERT_EQ(claim_of(*store, id, claim("doc-1", "content-1")).verdict, ClaimVerdict::fresh);
    }
    auto store = open();
    const auto again = claim_of(*store, new_id(), claim("doc-1", "content-1"));
    EXPECT_EQ(again.verdict, ClaimVerdict::again);
    EXPECT_EQ(again.create_key, id);
    EXPECT_EQ(again.version, 1U);
    store->close();
    expect_sound();
}

TEST_F(StoreTest, AnAnswerThatDoesNotSettleItsClaimLeavesNothingRunning) {
    auto store = open();
    const auto id = new_id();
    claim_of(*store, id, claim("doc-1", "content-1"));
    ASSERT_TRUE(commit(*store, unit_of(answer(id, 500))));
    EXPECT_EQ(claim_of(*store, new_id(), claim("doc-1", "content-1")).verdict, ClaimVerdict::again);
}

TEST_F(StoreTest, OneOfManyWithTheSameKeyIsFresh) {
    IoPool pool(2);  // outlives the store, whose threads resume on it
    auto store = open();
    std::vector<std::future<Result<UnitResult>>> results;
    for (std::size_t i = 0; i < 100; ++i) {
        auto unit = unit_of(receive_with(new_id(), claim("doc-1", "content-1")));
        results.push_back(
            boost::asio::co_spawn(pool.context(i % 2), store->commit(std::move(unit)), boost::asio::use_future));
    }
    pool.start();
    std::map<ClaimVerdict, int> verdicts;
    for (auto& result : results) ++verdicts[result.get()->claim->verdict];
    EXPECT_EQ(verdicts[ClaimVerdict::fresh], 1);
    EXPECT_EQ(verdicts[ClaimVerdict::wait], 99);
    pool.stop();
}

TEST_F(StoreTest, ManyUnitsFromTwoIoThreads) {
    IoPool pool(2);  // outlives the store, whose threads resume on it
    auto store = open();
    std::vector<std::future<Result<UnitResult>>> results;
    for (std::size_t i = 0; i < 3000; ++i) {
        results.push_back(boost::asio::co_spawn(pool.context(i % 2), store->commit(whole_transaction(new_id())),
                                                boost::asio::use_future));
    }
    pool.start();
    for (auto& result : results) ASSERT_TRUE(result.get());
    pool.stop();
    EXPECT_EQ(store->metrics().writer.committed, 3000U);
    EXPECT_EQ(store->metrics().writer.latency.count, 3000U);
    store->close();
    const auto report = checked();
    EXPECT_TRUE(report.sound());
    EXPECT_EQ(report.transactions, 3000);
    EXPECT_EQ(report.entries, 9000);
}

TEST_F(StoreTest, AWaiterIsWokenByTheAnswerOrByItsDeadline) {
    IoPool pool(2);
    auto store = open();
    const auto id = new_id();
    ASSERT_TRUE(commit(*store, unit_of(receive(id))));
    EXPECT_EQ(run(store->wait_answered(new_id(), std::chrono::steady_clock::now())).error().code, ErrorCode::not_found);
    const auto soon = std::chrono::steady_clock::now() + Milliseconds(30);
    EXPECT_EQ(run(store->wait_answered(id, soon)).error().code, ErrorCode::target_timeout);

    pool.start();
    const auto late = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    auto waiting = boost::asio::co_spawn(pool.context(0), store->wait_answered(id, late), boost::asio::use_future);
    auto too = boost::asio::co_spawn(pool.context(1), store->wait_answered(id, late), boost::asio::use_future);
    EXPECT_EQ(waiting.wait_for(Milliseconds(50)), std::future_status::timeout);
    ASSERT_TRUE(commit(*store, unit_of(answer(id))));
    EXPECT_TRUE(waiting.get());
    EXPECT_TRUE(too.get());
    EXPECT_TRUE(run(store->wait_answered(id, late)));

    const auto never = new_id();
    ASSERT_TRUE(commit(*store, unit_of(receive(never))));
    auto cancelled = boost::asio::co_spawn(pool.context(0), store->wait_answered(never, late), boost::asio::use_future);
    EXPECT_EQ(cancelled.wait_for(Milliseconds(50)), std::future_status::timeout);
    store->close();
    EXPECT_EQ(cancelled.get().error().code, ErrorCode::cancelled);
    pool.stop();
}

TEST_F(StoreTest, KeepsClients) {
    auto store = open();
    const auto made = *parse_rfc3339("2026-01-15T09:30:00Z");
    Client client{new_id(),   "District hospital",  ClientKind::event_notification, true,
                  "hospital", std::string(64, 'a'), std::string(64, 'b'),           made + std::chrono::hours(1),
                  made};
    const Administer record{made, "cli", "client.add", "{}"};
    ASSERT_TRUE(commit(*store, unit_of(PutClient{client, record})));
    EXPECT_EQ(run(store->clients()).value(), std::vector<Client>{client});

    auto twin = client;
    twin.id = new_id();
    const auto conflict = commit(*store, unit_of(PutClient{twin, record}));
    ASSERT_FALSE(conflict);
    EXPECT_EQ(conflict.error().code, ErrorCode::conflict);

    client.enabled = false;
    client.old_key_until.reset();
    ASSERT_TRUE(store->commit_blocking(unit_of(PutClient{client, record})));
    EXPECT_EQ(run(store->clients()).value(), std::vector<Client>{client});
    EXPECT_EQ(commit(*store, unit_of(RemoveClient{"nobody", record})).error().code, ErrorCode::not_found);
    ASSERT_TRUE(commit(*store, unit_of(RemoveClient{client.id, record})));
    EXPECT_TRUE(run(store->clients())->empty());
    store->close();
    expect_sound();
}

TEST_F(StoreTest, KeepsTheCache) {
    auto store = open();
    EXPECT_EQ(run(store->cached("settings")).value(), std::nullopt);
    ASSERT_TRUE(commit(*store, unit_of(PutCache{"settings", "{\"a\":1}", wall_now()})));
    ASSERT_TRUE(commit(*store, unit_of(PutCache{"settings", "{\"a\":2}", wall_now()})));
    EXPECT_EQ(run(store->cached("settings")).value(), "{\"a\":2}");
    store->close();
    EXPECT_TRUE(checked().sound());
}

TEST_F(StoreTest, ALargeMessageIsPreparedOffTheIoThread) {
    auto store = open();
    const auto id = new_id();
    std::string body(4u << 20, 'x');
    for (std::size_t i = 0; i < body.size(); i += 7) body[i] = static_cast<char>('a' + i % 23);
    ASSERT_TRUE(commit(*store, unit_of(receive(id, body))));
    const auto record = run(store->show_transaction(id, PartBytes::read));
    ASSERT_TRUE(record);
    EXPECT_EQ(record->parts[0].bytes, body);
}

TEST_F(StoreTest, ShedsWhenTheQueueIsFull) {
    StoreOptions options;
    options.limits.max_units = 4;
    auto store = open(std::move(options));
    boost::asio::io_context context(1);
    std::vector<std::future<Result<UnitResult>>> results;
    for (int i = 0; i < 300; ++i) {
        results.push_back(
            boost::asio::co_spawn(context, store->commit(whole_transaction(new_id())), boost::asio::use_future));
    }
    context.run();
    std::uint64_t kept = 0;
    for (auto& result : results) {
        const auto got = result.get();
        if (got) {
            ++kept;
        } else {
            EXPECT_EQ(got.error().code, ErrorCode::unavailable);
            EXPECT_EQ(got.error().retry_after, std::chrono::seconds(1));
        }
    }
    EXPECT_GT(kept, 0U);
    EXPECT_GT(store->metrics().writer.refused, 0U);
    EXPECT_EQ(store->metrics().writer.committed, kept);
    EXPECT_EQ(store->metrics().writer.queued_bytes, 0U);
}

TEST_F(StoreTest, ShedsNewWorkBeforeTheDiskIsFullAndFinishesWhatHasBegun) {
    auto free = std::make_shared<std::atomic<std::uint64_t>>(2u << 30);
    StoreOptions options;
    options.free_bytes = [free] { return free->load(); };
    auto store = open(std::move(options));
    const auto id = new_id();
    EXPECT_EQ(store->pressure(), Pressure::ok);
    claim_of(*store, id, claim("doc-1", "content-1"));
    *free = 500u << 20;
    EXPECT_EQ(store->pressure(), Pressure::low);
    EXPECT_TRUE(commit(*store, unit_of(receive(new_id()))));
    *free = 100u << 20;
    EXPECT_EQ(store->pressure(), Pressure::full);
    EXPECT_EQ(commit(*store, unit_of(receive(new_id()))).error().code, ErrorCode::unavailable);
    *free = 1u << 20;
    EXPECT_EQ(commit(*store, unit_of(settle(id, ClaimState::delivered))).error().code, ErrorCode::unavailable);
    *free = 2u << 30;
    // The answer could not be recorded, so nobody may wait for it.
    EXPECT_EQ(claim_of(*store, new_id(), claim("doc-1", "content-1")).verdict, ClaimVerdict::again);
}

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

TEST_F(StoreTest, EntriesAreAppendOnly) {
    auto store = open();
    ASSERT_TRUE(commit(*store, whole_transaction(new_id())));
    store->close();
    EXPECT_THROW(sql("UPDATE entry SET canonical = '{}'"), SqliteError);
    EXPECT_THROW(sql("DELETE FROM entry"), SqliteError);
}

TEST_F(StoreTest, ErasesPartsAndKeepsEntries) {
    auto store = open();
    const auto old_time = *parse_rfc3339("2020-01-15T09:30:00Z");
    std::vector<std::string> old_ids;
    for (int i = 0; i < 150; ++i) {
        auto received = receive_with(new_id(), claim("doc-" + std::to_string(i), "content"));
        received.at = old_time;
        old_ids.push_back(received.transaction);
        auto answered = settle(received.transaction, ClaimState::delivered);
        answered.subjects.tracking_id = "ERASEME" + std::to_string(i);
        Unit unit;
        unit.emplace_back(std::move(received));
        unit.emplace_back(std::move(answered));
        if (i == 0) unit.emplace_back(Disclose{wall_now(), "cli:root", "a check", old_ids[0], {"request.body"}});
        ASSERT_TRUE(commit(*store, std::move(unit)));
    }
    const auto queued = new_id();
    auto received = receive(queued);
    received.at = old_time;
    Unit unit;
    unit.emplace_back(std::move(received));
    unit.emplace_back(enqueue(queued));
    ASSERT_TRUE(commit(*store, std::move(unit)));
    const auto fresh = new_id();
    ASSERT_TRUE(commit(*store, whole_transaction(fresh)));

    EraseRequest request;
    request.older_than = wall_now() - std::chrono::hours(24);
    request.actor = "retention";
    const auto erased = run(store->erase_parts(request));
    ASSERT_TRUE(erased) << erased.error().message;
    EXPECT_EQ(erased->transactions, 150);
    EXPECT_EQ(erased->parts, 150 * 6);

    const auto record = run(store->show_transaction(old_ids[0], PartBytes::read));
    ASSERT_TRUE(record);
    EXPECT_TRUE(record->row.erased);
    EXPECT_EQ(record->row.subjects.tracking_id, "");
    EXPECT_EQ(record->entries.size(), 3U);
    EXPECT_EQ(run(store->recorded_answer(old_ids[0])).error().code, ErrorCode::not_found);
    EXPECT_FALSE(run(store->show_transaction(queued, PartBytes::leave))->row.erased);
    EXPECT_TRUE(run(store->recorded_answer(fresh)));
    EXPECT_EQ(claim_of(*store, new_id(), claim("doc-3", "content")).verdict, ClaimVerdict::fresh);

    request = {};
    request.transactions = {fresh, "nobody"};
    EXPECT_EQ(run(store->erase_parts(request))->transactions, 1);
    store->close();
    expect_sound();
    EXPECT_EQ(checked().erased_parts, 150 * 6 + 6);
    std::ifstream file(path(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    EXPECT_EQ(bytes.find("ERASEME"), std::string::npos);
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

TEST_F(StoreTest, TheLogIsMovedIntoTheDatabaseWhileCommitsGoOn) {
    StoreOptions options;
    options.checkpoint_pages = 50;
    auto store = open(std::move(options));
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (store->metrics().checkpoints < 3 && std::chrono::steady_clock::now() < deadline) {
        ASSERT_TRUE(store->commit_blocking(whole_transaction(new_id())));
    }
    EXPECT_GE(store->metrics().checkpoints, 3);
    EXPECT_EQ(store->metrics().failed_checkpoints, 0);
    store->close();
    EXPECT_TRUE(!std::filesystem::exists(path() + "-wal") || std::filesystem::file_size(path() + "-wal") == 0);
    expect_sound();
}

TEST_F(StoreTest, AfterCloseEverythingIsRefused) {
    auto store = open();
    store->close();
    EXPECT_EQ(commit(*store, whole_transaction(new_id())).error().code, ErrorCode::unavailable);
    EXPECT_EQ(run(store->list_transactions({})).error().code, ErrorCode::unavailable);
}
