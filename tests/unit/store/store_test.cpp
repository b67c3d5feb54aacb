// SPDX-License-Identifier: MPL-2.0
#include "store/store.hpp"

#include "store/files.hpp"
#include "store/schema.hpp"
#include "unit/store/store_fixture.hpp"

#include <fstream>

using namespace ocm;
using namespace ocm::store;
using namespace ocm::store_ops;
using namespace ocm::test;

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

TEST_F(StoreTest, CountsAttemptsWithAndWithoutAnAnswer) {
    auto store = open();
    const auto row = [&store](const std::string& id) {
        return run(store->show_transaction(id, PartBytes::leave))->row;
    };
    const auto open_one = new_id(), two = new_id(), one = new_id(), later = new_id(), refused = new_id();
    for (const auto& id : {open_one, two, one, later, refused}) ASSERT_TRUE(commit(*store, unit_of(receive(id))));
    Unit unit;
    unit.emplace_back(attempt(open_one));
    unit.emplace_back(attempt(two));
    unit.emplace_back(attempt(two));
    unit.emplace_back(answer(two));
    unit.emplace_back(attempt(later));
    unit.emplace_back(attempt(one));
    // Between an attempt and the answer of its transaction stands something about another.
    unit.emplace_back(answer(later));
    unit.emplace_back(answer(one));
    unit.emplace_back(attempt(later));
    ASSERT_TRUE(commit(*store, std::move(unit)));
    // What is refused counts nothing, neither then nor with what comes next.
    Unit wrong;
    wrong.emplace_back(attempt(refused));
    wrong.emplace_back(attempt("11111111-0000-7000-8000-000000000000"));
    EXPECT_FALSE(commit(*store, std::move(wrong)));
    ASSERT_TRUE(commit(*store, unit_of(answer(refused))));

    EXPECT_EQ(row(open_one).attempts, 1);
    EXPECT_FALSE(row(open_one).answered);
    EXPECT_EQ(row(two).attempts, 2);
    EXPECT_EQ(row(one).attempts, 1);
    EXPECT_EQ(row(later).attempts, 2);
    EXPECT_EQ(row(refused).attempts, 0);
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

TEST_F(StoreTest, EndsWhatTheLastProcessLeftUnanswered) {
    const auto answered = new_id(), left = new_id(), tried = new_id(), queued = new_id();
    {
        auto store = open();
        ASSERT_TRUE(commit(*store, whole_transaction(answered)));
        claim_of(*store, left, claim("doc-1", "content-1"));
        ASSERT_TRUE(commit(*store, unit_of(receive(tried))));
        ASSERT_TRUE(commit(*store, unit_of(attempt(tried))));
        Unit unit;
        unit.emplace_back(receive(queued));
        unit.emplace_back(enqueue(queued));
        ASSERT_TRUE(commit(*store, std::move(unit)));
    }
    const auto row = [](Store& store, const std::string& id) {
        return run(store.show_transaction(id, PartBytes::leave))->row;
    };
    for (int opened = 0; opened < 2; ++opened) {
        auto store = open();
        for (const auto& id : {left, tried}) {
            EXPECT_EQ(row(*store, id).status, TransactionStatus::failed);
            EXPECT_EQ(row(*store, id).error_code, "interrupted");
            EXPECT_TRUE(row(*store, id).completed);
            EXPECT_FALSE(row(*store, id).answered);
            EXPECT_EQ(run(store->recorded_answer(id)).error().code, ErrorCode::not_found);
        }
        EXPECT_EQ(run(store->show_transaction(tried, PartBytes::leave))->entries.size(), 3U);
        EXPECT_EQ(row(*store, answered).status, TransactionStatus::successful);
        EXPECT_EQ(row(*store, queued).status, TransactionStatus::processing);
        store->close();
        expect_sound();
    }
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

TEST_F(StoreTest, TakesClientsOfAnOlderStoreForOnesOf18) {
    ASSERT_TRUE(store::make_store_file(path()));
    {
        store::Database database(path(), store::Database::Mode::read_write, {}, 1000);
        ASSERT_TRUE(store::migrate(database, path(), store::migrations().first(1)));
        database.execute(
            "INSERT INTO client VALUES ('c', 'Hospital', 'event-notification', 1, '', '', '', NULL, 1, 'queue')");
    }
    const auto store = open();
    const auto clients = run(store->clients());
    ASSERT_TRUE(clients);
    ASSERT_EQ(clients->size(), 1u);
    EXPECT_EQ(clients->front().contract_version, ContractVersion::v1_8);
    EXPECT_EQ(clients->front().on_outage, OnOutage::queue);
}

TEST_F(StoreTest, KeepsClients) {
    auto store = open();
    const auto made = *parse_rfc3339("2026-01-15T09:30:00Z");
    Client client{new_id(),   "District hospital",  ClientKind::event_notification, true,
                  "hospital", std::string(64, 'a'), std::string(64, 'b'),           made + std::chrono::hours(1),
                  made};
    client.contract_version = ContractVersion::v1_3;
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

TEST_F(StoreTest, AfterCloseEverythingIsRefused) {
    auto store = open();
    store->close();
    EXPECT_EQ(commit(*store, whole_transaction(new_id())).error().code, ErrorCode::unavailable);
    EXPECT_EQ(run(store->list_transactions({})).error().code, ErrorCode::unavailable);
}
