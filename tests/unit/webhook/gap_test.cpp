// SPDX-License-Identifier: MPL-2.0
#include "channels/webhook/gap.hpp"

#include <gtest/gtest.h>

using namespace ocm;
using namespace ocm::webhook;

namespace {

WallTime at(int seconds) {
    return WallTime(std::chrono::seconds(1'772'442'900 + seconds));
}

TEST(Gaps, AreTakenOnceTheOldestFirst) {
    GapLog log;
    log.add({"national", at(20), "e-2"});
    log.add({"national", at(10), "e-1"});
    EXPECT_EQ(log.open(), 2U);
    EXPECT_EQ(log.take(), (std::vector<Gap>{{"national", at(10), "e-1"}, {"national", at(20), "e-2"}}));
    EXPECT_TRUE(log.take().empty());
    EXPECT_EQ(log.open(), 0U);
    EXPECT_EQ(log.total(), 2U);
}

TEST(Gaps, CloseWhereTheRecordCameAfterAll) {
    GapLog log;
    const auto first = log.add({"national", at(10), "e-1"});
    log.add({"national", at(20), "e-2"});
    log.close(first);
    log.close(first);
    EXPECT_EQ(log.take(), (std::vector<Gap>{{"national", at(20), "e-2"}}));
}

TEST(Gaps, BecomeOneWhereTheyAreTooMany) {
    GapLog log;
    log.add({"other", at(5), "o-1"});
    std::uint64_t last = 0;
    for (std::size_t i = 0; i < GapLog::most + 10; ++i) last = log.add({"national", at(static_cast<int>(i)), "e"});
    EXPECT_LE(log.open(), GapLog::most);
    log.close(last);
    const auto gaps = log.take();
    EXPECT_EQ(gaps.front(), (Gap{"national", at(0), ""})) << "as old as the oldest of them, and not closed with one";
    EXPECT_NE(std::find(gaps.begin(), gaps.end(), Gap{"other", at(5), "o-1"}), gaps.end());
    EXPECT_EQ(log.total(), GapLog::most + 11);
}

}  // namespace
