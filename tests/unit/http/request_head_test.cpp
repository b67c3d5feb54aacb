// SPDX-License-Identifier: MPL-2.0
#include "http/request_head.hpp"

#include <gtest/gtest.h>

using namespace ocm;
using namespace ocm::http;

namespace {

std::string label(std::string text) {
    for (auto& c : text) c = std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
    return text;
}

struct BadHead {
    std::string name;
    std::string head;
    std::string reason;  // part of it
    int status = 400;
};

const std::string host = "Host: a\r\n";

std::vector<BadHead> bad_heads() {
    return {
        {"both framings", "POST / HTTP/1.1\r\n" + host + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
         "both"},
        {"two lengths", "POST / HTTP/1.1\r\n" + host + "Content-Length: 3\r\nContent-Length: 4\r\n\r\n",
         "more than one"},
        {"two equal lengths", "POST / HTTP/1.1\r\n" + host + "Content-Length: 3\r\nContent-Length: 3\r\n\r\n",
         "more than one"},
        {"length list", "POST / HTTP/1.1\r\n" + host + "Content-Length: 3, 3\r\n\r\n", "not a number"},
        {"length plus", "POST / HTTP/1.1\r\n" + host + "Content-Length: +3\r\n\r\n", "not a number"},
        {"length negative", "POST / HTTP/1.1\r\n" + host + "Content-Length: -3\r\n\r\n", "not a number"},
        {"length hex", "POST / HTTP/1.1\r\n" + host + "Content-Length: 0x3\r\n\r\n", "not a number"},
        {"length empty", "POST / HTTP/1.1\r\n" + host + "Content-Length:\r\n\r\n", "not a number"},
        {"folded", "GET / HTTP/1.1\r\n" + host + "X-A: b\r\n c\r\n\r\n", "folded"},
        {"folded with tab", "GET / HTTP/1.1\r\n" + host + "X-A: b\r\n\tc\r\n\r\n", "folded"},
        {"folded first line", "GET / HTTP/1.1\r\n " + host + "\r\n", "folded"},
        {"space before colon", "GET / HTTP/1.1\r\n" + host + "Content-Length : 3\r\n\r\n", "white space"},
        {"empty name", "GET / HTTP/1.1\r\n" + host + ": b\r\n\r\n", "name is empty"},
        {"name with space", "GET / HTTP/1.1\r\n" + host + "X A: b\r\n\r\n", "not allowed"},
        {"name with non-ASCII", "GET / HTTP/1.1\r\n" + host + "X-\xc3\xa9: b\r\n\r\n", "not allowed"},
        {"no colon", "GET / HTTP/1.1\r\n" + host + "nonsense\r\n\r\n", "no colon"},
        {"NUL in value", "GET / HTTP/1.1\r\n" + host + std::string("X-A: b\0c\r\n\r\n", 12), "control"},
        {"bare CR in value", "GET / HTTP/1.1\r\n" + host + "X-A: b\rc\r\n\r\n", "control"},
        {"DEL in value", "GET / HTTP/1.1\r\n" + host + "X-A: \x7f\r\n\r\n", "control"},
        {"identity", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: identity\r\n\r\n", "chunked"},
        {"gzip chunked", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: gzip, chunked\r\n\r\n", "chunked"},
        {"xchunked", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: xchunked\r\n\r\n", "chunked"},
        {"two encodings",
         "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
         "more than one"},
        {"chunked in 1.0", "POST / HTTP/1.0\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n", "HTTP/1.0"},
        {"no host", "GET / HTTP/1.1\r\n\r\n", "Host"},
        {"two hosts", "GET / HTTP/1.1\r\n" + host + host + "\r\n", "Host"},
        {"empty host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", "Host"},
        {"host with path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", "Host"},
        {"host with user", "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", "Host"},
        {"version 2", "GET / HTTP/2.0\r\n" + host + "\r\n", "HTTP/1.1"},
        {"version 1.2", "GET / HTTP/1.2\r\n" + host + "\r\n", "HTTP/1.1"},
        {"version lower case", "GET / http/1.1\r\n" + host + "\r\n", "HTTP/1.1"},
        {"no version", "GET /\r\n" + host + "\r\n", "request line"},
        {"two spaces", "GET  / HTTP/1.1\r\n" + host + "\r\n", "percent-encoded"},
        {"space in target", "GET /a b HTTP/1.1\r\n" + host + "\r\n", "percent-encoded"},
        {"tab in target", "GET /a\tb HTTP/1.1\r\n" + host + "\r\n", "percent-encoded"},
        {"non-ASCII target", "GET /\xc3\xa9 HTTP/1.1\r\n" + host + "\r\n", "percent-encoded"},
        {"NUL in target", std::string("GET /\0 HTTP/1.1\r\n", 17) + host + "\r\n", "percent-encoded"},
        {"escaped NUL", "GET /a%00b HTTP/1.1\r\n" + host + "\r\n", "percent escape"},
        {"broken escape", "GET /a%4 HTTP/1.1\r\n" + host + "\r\n", "percent escape"},
        {"bad escape", "GET /a%zz HTTP/1.1\r\n" + host + "\r\n", "percent escape"},
        {"fragment", "GET /a#b HTTP/1.1\r\n" + host + "\r\n", "fragment"},
        {"asterisk GET", "GET * HTTP/1.1\r\n" + host + "\r\n", "OPTIONS"},
        {"relative", "GET a/b HTTP/1.1\r\n" + host + "\r\n", "neither"},
        {"other scheme", "GET ftp://a/b HTTP/1.1\r\n" + host + "\r\n", "neither"},
        {"absolute with a bad host", "GET http://m\\diator:8480/a HTTP/1.1\r\n" + host + "\r\n", "neither"},
        {"authority form", "CONNECT a:443 HTTP/1.1\r\n" + host + "\r\n", "neither"},
        {"lower case method", "get / HTTP/1.1\r\n" + host + "\r\n", "upper case"},
        {"odd method", "GE(T / HTTP/1.1\r\n" + host + "\r\n", "method"},
        {"leading space", " GET / HTTP/1.1\r\n" + host + "\r\n", "method"},
        {"long method", std::string(33, 'A') + " / HTTP/1.1\r\n" + host + "\r\n", "method"},
        {"expectation", "POST / HTTP/1.1\r\n" + host + "Expect: cake\r\n\r\n", "expectation", 417},
        {"not ended", "GET / HTTP/1.1\r\n" + host, "empty line"},
        {"more behind", "GET / HTTP/1.1\r\n" + host + "\r\nX", "empty line"},
        {"empty", "", "not complete"},
    };
}

}  // namespace

class BadHeads : public testing::TestWithParam<BadHead> {};

TEST_P(BadHeads, AreRefusedInPlainWords) {
    const auto read = read_head(GetParam().head);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().status, GetParam().status);
    EXPECT_NE(read.error().reason.find(GetParam().reason), std::string::npos) << read.error().reason;
}

INSTANTIATE_TEST_SUITE_P(Rows, BadHeads, testing::ValuesIn(bad_heads()),
                         [](const auto& row) { return label(row.param.name); });

TEST(RequestHead, ReadsAnOrdinaryHead) {
    const auto read = read_head(
        "POST /crvs/notification%20s?a=1&b=%zz HTTP/1.1\r\nHost: mediator:8080\r\nContent-Type:  application/json \r\n"
        "content-length: 12\r\nX-Name: caf\xc3\xa9\r\nX-Empty:\r\n\r\n");
    ASSERT_TRUE(read);
    const auto& request = read->request;
    EXPECT_EQ(request.method, "POST");
    EXPECT_EQ(request.target, "/crvs/notification%20s?a=1&b=%zz");
    EXPECT_EQ(request.path, "/crvs/notification s");
    EXPECT_EQ(request.query, "a=1&b=%zz");
    EXPECT_EQ(request.headers.get("content-type"), "application/json");
    EXPECT_EQ(request.headers.get("X-NAME"), "caf\xc3\xa9");
    ASSERT_NE(request.headers.find("x-empty"), nullptr);
    EXPECT_EQ(read->framing, RequestHead::Framing::length);
    EXPECT_EQ(read->content_length, 12u);
    EXPECT_TRUE(read->keep_alive);
}

TEST(RequestHead, AbsoluteTargetReplacesTheHost) {
    const auto read = read_head("GET http://mediator:8080/a?b=c HTTP/1.1\r\nHost: other\r\n\r\n");
    ASSERT_TRUE(read);
    EXPECT_EQ(read->request.target, "/a?b=c");
    EXPECT_EQ(read->request.path, "/a");
    EXPECT_EQ(read->request.headers.get("host"), "mediator:8080");
}

TEST(RequestHead, AsteriskIsForOptions) {
    const auto read = read_head("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n");
    ASSERT_TRUE(read);
    EXPECT_EQ(read->request.path, "*");
}

TEST(RequestHead, KeepAliveFollowsTheVersion) {
    const auto keeps = [](const std::string& version, const std::string& connection) {
        const auto head = "GET / HTTP/" + version + "\r\nHost: a\r\n" +
                          (connection.empty() ? "" : "Connection: " + connection + "\r\n") + "\r\n";
        const auto read = read_head(head);
        return read && read->keep_alive;
    };
    EXPECT_TRUE(keeps("1.1", ""));
    EXPECT_FALSE(keeps("1.1", "close"));
    EXPECT_FALSE(keeps("1.1", "upgrade, Close"));
    EXPECT_FALSE(keeps("1.0", ""));
    EXPECT_TRUE(keeps("1.0", "Keep-Alive"));
    EXPECT_FALSE(keeps("1.0", "keep-alive, close"));
}

TEST(RequestHead, ZerosBeforeALengthMeanNothing) {
    const auto none = read_head("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::string(36, '0') + "\r\n\r\n");
    ASSERT_TRUE(none);
    EXPECT_EQ(none->framing, RequestHead::Framing::none);
    EXPECT_EQ(none->content_length, 0u);
    const auto some = read_head("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::string(36, '0') + "12\r\n\r\n");
    ASSERT_TRUE(some);
    EXPECT_EQ(some->framing, RequestHead::Framing::length);
    EXPECT_EQ(some->content_length, 12u);
}

TEST(RequestHead, AnnouncedLengthsThatFitNowhereAreTheLargest) {
    const auto read = read_head("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999999\r\n\r\n");
    ASSERT_TRUE(read);
    EXPECT_EQ(read->content_length, std::numeric_limits<std::uint64_t>::max());
}

TEST(RequestHead, TooManyHeaderLinesAreRefused) {
    std::string head = "GET / HTTP/1.1\r\nHost: a\r\n";
    for (int i = 0; i < 250; ++i) head += "a:b\r\n";
    const auto read = read_head(head + "\r\n");
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().status, 431);
}

TEST(RequestHead, RefusalKeepsWhatWasUnderstood) {
    const auto read = read_head(
        "POST /notification HTTP/1.1\r\nHost: a\r\nX-OpenHIM-TransactionID: 5f00\r\nBad : x\r\nX-After: y\r\n\r\n");
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().request.method, "POST");
    EXPECT_EQ(read.error().request.path, "/notification");
    EXPECT_EQ(read.error().request.headers.get("x-openhim-transactionid"), "5f00");
    EXPECT_EQ(read.error().request.headers.get("x-after"), "y");
}

TEST(RequestHead, PartialHeadIsWhatCameWhole) {
    const auto request = partial_head("POST /a HTTP/1.1\r\nHost: a\r\nX-Na");
    EXPECT_EQ(request.method, "POST");
    EXPECT_EQ(request.path, "/a");
    EXPECT_EQ(request.headers.size(), 1u);
    EXPECT_EQ(partial_head("POST /a").method, "");
}

TEST(HeadScanner, FindsTheEndByteByByte) {
    const std::string head = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    const auto bytes = head + "GET /next";
    HeadScanner scanner;
    for (std::size_t i = 1; i < head.size(); ++i) {
        ASSERT_EQ(scanner.feed(std::string_view(bytes).substr(0, i)), HeadScanner::State::more) << i;
    }
    EXPECT_EQ(scanner.feed(bytes), HeadScanner::State::complete);
    EXPECT_EQ(scanner.size(), head.size());
}

TEST(HeadScanner, RefusesEarly) {
    const auto malformed = [](std::string_view bytes) {
        return HeadScanner().feed(bytes) == HeadScanner::State::malformed;
    };
    EXPECT_TRUE(malformed("GET / HTTP/1.1\n"));
    EXPECT_TRUE(malformed("GET / HTTP/1.1\r\nHost: a\n"));
    EXPECT_TRUE(malformed("\n"));
    EXPECT_TRUE(malformed("\r\nGET / HTTP/1.1\r\n"));
    EXPECT_TRUE(malformed(std::string_view("\0", 1)));
    EXPECT_TRUE(malformed("\x16\x03\x01"));
    EXPECT_TRUE(malformed("{\"a\":1}"));
    EXPECT_FALSE(malformed("P"));
}
