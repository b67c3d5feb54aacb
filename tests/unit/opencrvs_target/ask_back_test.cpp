// SPDX-License-Identifier: MPL-2.0
#include "channels/opencrvs/ask_back.hpp"

#include "unit/opencrvs_target/fakes.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

using namespace ocm;
using namespace ocm::opencrvs;
using namespace ocm::opencrvs::test;

namespace {

constexpr const char* record = "e7e40000-0000-4000-8000-000000000001";

class Asking : public testing::Test {
  protected:
    AskBack asker(const std::string& version) {
        const std::string url = "https://gateway.example.org";
        return AskBack({"national", version, url, {"national", "webhook", url + "/auth", "id", "secret"}}, clock);
    }
    Exchange exchange() {
        return {"t-1", "webhook-inbound", clock.steady() + std::chrono::seconds(30), {target, store, clock, ids}};
    }
    Result<Json> event() {
        auto ask = asker("2.0");
        auto in = exchange();
        return run(ask.event(in, record));
    }
    Result<std::optional<std::string>> registered() {
        auto ask = asker("1.9");
        auto in = exchange();
        return run(ask.registered(in, record));
    }
    FakeClock clock;
    FakeIds ids;
    FakeStore store;
    FakeOpenCrvs target{clock};
    const std::string path = "GET /events/events/" + std::string(record);
};

TEST_F(Asking, ReadsTheEventOf20) {
    target.script(path, 200, {{"id", record}, {"actions", Json::array()}});
    const auto shown = event();
    ASSERT_TRUE(shown) << shown.error().message;
    EXPECT_EQ(text_member(*shown, "id"), record);
}

TEST_F(Asking, TellsWhatIsNotThereFromOutagesAndRefusals) {
    struct Row {
        int status;
        ErrorCode code;
        const char* why;
    };
    for (const auto& row :
         {Row{404, ErrorCode::not_found, "OpenCRVS does not show this record"},
          Row{403, ErrorCode::bad_gateway,
              "OpenCRVS does not let the client webhook look at records: it needs the scope record.read"},
          Row{503, ErrorCode::unavailable, "OpenCRVS answered 503 where it was asked for a record"},
          Row{429, ErrorCode::unavailable, "OpenCRVS answered 429 where it was asked for a record"},
          Row{400, ErrorCode::bad_gateway, "OpenCRVS answered 400 where it was asked for a record"},
          Row{200, ErrorCode::bad_gateway, "what OpenCRVS answered is not the event that it was asked for"}}) {
        target.script(path, row.status, {{"id", "another"}});
        const auto shown = event();
        ASSERT_FALSE(shown) << row.status;
        EXPECT_EQ(shown.error().code, row.code) << row.status;
        EXPECT_EQ(shown.error().message, row.why);
    }
    target.script(path, Result<UpstreamReply>(fail(ErrorCode::target_timeout, "no answer in time")));
    EXPECT_EQ(event().error().code, ErrorCode::unavailable) << "reading is safe to repeat";
}

TEST_F(Asking, SearchesTheRegisteredRecordsOf19) {
    Json found;
    found["results"] = Json::array();
    target.script("POST /events/events/search", 200, found);
    EXPECT_EQ(registered().value(), std::optional<std::string>());
    Json result;
    result["id"] = record;
    result["legalStatuses"]["REGISTERED"]["registrationNumber"] = "2026B7Q2K1";
    found["results"].push_back({{"id", "another"}});
    found["results"].push_back(result);
    target.script("POST /events/events/search", 200, found);
    EXPECT_EQ(registered().value(), std::optional<std::string>("2026B7Q2K1"));
    EXPECT_EQ(target.calls().back().body,
              R"({"limit":1,"offset":0,"query":{"clauses":[{"id":"e7e40000-0000-4000-8000-000000000001",)"
              R"("status":{"term":"REGISTERED","type":"exact"}}],"type":"and"}})");
    target.script("POST /events/events/search", 200, Json::array());
    EXPECT_EQ(registered().error().code, ErrorCode::bad_gateway);
}

TEST_F(Asking, IsNothingForVersionsWithoutEvents) {
    EXPECT_TRUE(asker("2.0").reads_events());
    EXPECT_FALSE(asker("1.9").reads_events());
    EXPECT_THROW(asker("1.8"), std::logic_error);
}

}  // namespace
