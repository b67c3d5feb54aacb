// SPDX-License-Identifier: MPL-2.0
#include "app/operations.hpp"
#include "support/fakes/fakes.hpp"
#include "unit/store/store_fixture.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

using namespace ocm;
using namespace ocm::app;
using namespace ocm::test;

namespace {

/// Commands of operators over a store as it is.
class TransactionCommands : public StoreTest {
  protected:
    TransactionCommands() : store(open()), operations({*store, clock, ids, {}}) {}

    Result<Json> call(const std::string& command, Json args) {
        return run(operations.run(command, std::move(args), "cli:tester"));
    }
    std::size_t listed(Json args) {
        const auto found = call("transactions.list", std::move(args));
        EXPECT_TRUE(found) << (found ? "" : found.error().message);
        return found ? (*found)["transactions"].size() : 0;
    }
    Result<Json> add(const std::string& name, const std::string& openhim = "") {
        return call("clients.add", {{"name", name}, {"kind", "event-notification"}, {"openhim_client", openhim}});
    }

    fakes::FakeClock clock;
    fakes::FakeIds ids;
    std::unique_ptr<store::Store> store;
    Operations operations;
};

}  // namespace

TEST_F(TransactionCommands, AFilterThatCanFindNothingIsAMistake) {
    ASSERT_TRUE(add("hospital"));
    EXPECT_EQ(listed({}), 0u);
    EXPECT_EQ(listed({{"client", "hospital"}}), 0u);
    EXPECT_EQ(listed({{"client", "0198c1f2-7c1a-7000-8000-00000000000f"}}), 0u) << "it may have been removed";
    EXPECT_EQ(listed({{"from", "2026-01-15T00:00:00Z"}, {"to", "2026-01-16T00:00:00Z"}}), 0u);

    struct Row {
        Json args;
        ErrorCode code;
        const char *path, *message;
    };
    const std::vector<Row> rows{
        {{{"client", "hopsital"}}, ErrorCode::not_found, "client", "there is no such client"},
        {{{"from", "2026-01-16T00:00:00Z"}, {"to", "2026-01-15T00:00:00Z"}},
         ErrorCode::bad_request,
         "to",
         "is not later than from"},
        {{{"to", "tomorrow"}}, ErrorCode::bad_request, "to", "an instant looks like 2026-01-15T00:00:00Z"},
    };
    for (const auto& row : rows) {
        const auto found = call("transactions.list", row.args);
        ASSERT_FALSE(found) << row.args;
        EXPECT_EQ(found.error(), (Error{row.code, row.message, row.path, std::nullopt}));
    }
}

TEST_F(TransactionCommands, DeliveriesAreNotOfAClientThatIsNone) {
    ASSERT_TRUE(add("hospital"));
    for (const auto* client : {"hospital", "0198c1f2-7c1a-7000-8000-00000000000f"})
        EXPECT_EQ(call("deliveries.list", {{"client", client}}).value()["deliveries"], Json::array());
    for (const auto* command : {"deliveries.list", "deliveries.retry", "deliveries.discard"}) {
        const auto done = call(command, {{"client", "hopsital"}});
        ASSERT_FALSE(done) << command;
        EXPECT_EQ(done.error().message, "there is no such client");
    }
}

TEST_F(TransactionCommands, NamesOfClientsCanBeShownAsTheyAre) {
    EXPECT_TRUE(add("Hôpital régional, 2nd wing", "hospital 2"));
    const std::string long_name(129, 'a');
    for (const std::string name : {"", " a", "a ", "a\nb", "a\tb", "\x1b[31mred", "a\x7f", long_name.c_str()}) {
        const auto added = add(name);
        ASSERT_FALSE(added) << name;
        EXPECT_EQ(added.error().path, "name");
    }
    const auto linked = add("clinic", "hospital\r\n3");
    ASSERT_FALSE(linked);
    EXPECT_EQ(linked.error().path, "openhim_client");
}
