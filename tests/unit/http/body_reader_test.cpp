// SPDX-License-Identifier: MPL-2.0
#include "http/body_reader.hpp"

#include <gtest/gtest.h>

using namespace ocm::http;

namespace {

const std::string chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";

std::string sized(std::size_t length) {
    return "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(length) + "\r\n\r\n";
}

/// Feeds in steps, as a socket would: what was not used is given again with more behind.
std::string feed(BodyReader& reader, std::string_view bytes, std::size_t step) {
    std::string pending;
    while (!bytes.empty() && reader.state() == BodyReader::State::more) {
        pending += bytes.substr(0, step);
        bytes.remove_prefix(std::min(step, bytes.size()));
        pending.erase(0, reader.feed(pending));
    }
    return pending + std::string(bytes);
}

}  // namespace

TEST(BodyReader, ReadsByLengthAndLeavesTheNextRequest) {
    for (const std::size_t step : {1u, 3u, 100u}) {
        BodyReader reader(sized(5), 100);
        EXPECT_EQ(feed(reader, "helloGET /", step), "GET /");
        ASSERT_EQ(reader.state(), BodyReader::State::complete);
        EXPECT_EQ(reader.take(), "hello");
    }
}

TEST(BodyReader, ReadsChunksAndLeavesTheNextRequest) {
    for (const std::size_t step : {1u, 2u, 7u, 100u}) {
        BodyReader reader(chunked, 100);
        EXPECT_EQ(feed(reader, "5\r\nhello\r\n00A\r\n, world!!!\r\n0\r\n\r\nGET /", step), "GET /") << step;
        ASSERT_EQ(reader.state(), BodyReader::State::complete) << reader.reason();
        EXPECT_EQ(reader.take(), "hello, world!!!");
    }
}

TEST(BodyReader, ReadsNoChunksAtAll) {
    for (const std::size_t step : {1u, 2u, 3u, 4u, 100u}) {
        BodyReader reader(chunked, 100);
        EXPECT_EQ(feed(reader, "0\r\n\r\nGET /", step), "GET /") << step;
        ASSERT_EQ(reader.state(), BodyReader::State::complete) << reader.reason();
        EXPECT_EQ(reader.take(), "");
    }
}

TEST(BodyReader, DropsTheTrailer) {
    BodyReader reader(chunked, 100);
    EXPECT_EQ(feed(reader, "1\r\na\r\n0\r\nX-OpenHIM-ClientID: me\r\n\r\n", 4), "");
    ASSERT_EQ(reader.state(), BodyReader::State::complete) << reader.reason();
    EXPECT_EQ(reader.take(), "a");
}

struct BadBody {
    const char* name;
    std::string bytes;
    int status;
};

class BadBodies : public testing::TestWithParam<BadBody> {};

TEST_P(BadBodies, AreRefused) {
    for (const std::size_t step : {1u, 5u, 1000u}) {
        BodyReader reader(chunked, 20);
        feed(reader, GetParam().bytes, step);
        ASSERT_EQ(reader.state(), BodyReader::State::refused) << step;
        EXPECT_EQ(reader.status(), GetParam().status);
        EXPECT_FALSE(reader.reason().empty());
    }
}

INSTANTIATE_TEST_SUITE_P(
    Rows, BadBodies,
    testing::Values(BadBody{"extension", "5;a=b\r\nhello\r\n0\r\n\r\n", 400},
                    BadBody{"bare_extension", "5;\r\nhello\r\n0\r\n\r\n", 400},
                    BadBody{"last_extension", "5\r\nhello\r\n0;a\r\n\r\n", 400},
                    BadBody{"space_after_size", "5 \r\nhello\r\n0\r\n\r\n", 400},
                    BadBody{"space_before_size", " 5\r\nhello\r\n0\r\n\r\n", 400},
                    BadBody{"not_hex", "g\r\nhello\r\n0\r\n\r\n", 400},
                    BadBody{"no_size", "\r\nhello\r\n0\r\n\r\n", 400},
                    BadBody{"prefixed", "0x5\r\nhello\r\n0\r\n\r\n", 400},
                    BadBody{"negative", "-5\r\nhello\r\n0\r\n\r\n", 400},
                    BadBody{"overflow", "fffffffffffffffff\r\nhello\r\n0\r\n\r\n", 400},
                    BadBody{"longer_than_said", "3\r\nhello\r\n0\r\n\r\n", 400},
                    BadBody{"bare_lf_after_size", "5\nhello\r\n0\r\n\r\n", 400},
                    BadBody{"bare_lf_after_data", "5\r\nhello\n0\r\n\r\n", 400},
                    BadBody{"bare_lf_everywhere", "5\nhello\n0\n\n", 400},
                    BadBody{"bare_lf_in_the_trailer", "5\r\nhello\r\n0\r\nX: y\n\n", 400},
                    BadBody{"bare_lf_in_a_trailer_value", "5\r\nhello\r\n0\r\nX: a\nb\r\n\r\n", 400},
                    BadBody{"bare_lf_in_a_trailer_name", "5\r\nhello\r\n0\r\nX\n: a\r\n\r\n", 400},
                    BadBody{"bare_lf_before_the_size", "5\r\nhello\r\n\n0\r\n\r\n", 400},
                    BadBody{"too_large", "15\r\n123456789012345678901\r\n0\r\n\r\n", 413},
                    BadBody{"too_large_together", "a\r\n1234567890\r\nb\r\n12345678901\r\n0\r\n\r\n", 413},
                    BadBody{"huge_trailer", "1\r\na\r\n0\r\nX: " + std::string(100'000, 'x') + "\r\n\r\n", 431}),
    [](const auto& row) { return row.param.name; });
