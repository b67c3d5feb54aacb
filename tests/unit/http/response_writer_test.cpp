// SPDX-License-Identifier: MPL-2.0
#include "http/response_writer.hpp"

#include <gtest/gtest.h>

using namespace ocm;
using namespace ocm::http;

namespace {

constexpr std::time_t instant = 784111777;  // the example of RFC 9110

}  // namespace

TEST(ResponseWriter, WritesTheWholeHead) {
    EXPECT_EQ(response_head(json_response(201, "{}"), {}, instant),
              "HTTP/1.1 201 Created\r\ndate: Sun, 06 Nov 1994 08:49:37 GMT\r\nserver: opencrvs-mediator\r\n"
              "content-length: 2\r\ncontent-type: application/json; charset=utf-8\r\n\r\n");
}

TEST(ResponseWriter, FramingIsOursAlone) {
    auto response = text_response(200, "abc");
    for (const auto* name : {"Content-Length", "Transfer-Encoding", "Connection", "Keep-Alive", "Upgrade", "TE",
                             "Trailer", "Date", "Server"}) {
        response.headers.add(name, "7");
    }
    const auto head = response_head(response, {}, instant);
    EXPECT_EQ(head,
              "HTTP/1.1 200 OK\r\ndate: Sun, 06 Nov 1994 08:49:37 GMT\r\nserver: opencrvs-mediator\r\n"
              "content-length: 3\r\ncontent-type: text/plain; charset=utf-8\r\n\r\n");
}

TEST(ResponseWriter, HeadersCannotBreakTheMessage) {
    HttpResponse response;
    response.headers.add("X-A", "b\r\nSet-Cookie: c");
    response.headers.add("X B", "c");
    response.headers.add("X-C:", "d");
    response.headers.add("", "e");
    response.headers.add("X-Good", "caf\xc3\xa9");
    const auto head = response_head(response, {}, instant);
    EXPECT_EQ(head.find("Cookie"), std::string::npos);
    EXPECT_EQ(head.find("X B"), std::string::npos);
    EXPECT_EQ(head.find("X-C"), std::string::npos);
    EXPECT_NE(head.find("X-Good: caf\xc3\xa9\r\n"), std::string::npos);
}

TEST(ResponseWriter, BodiesWhereTheyBelong) {
    const auto full = text_response(200, "abc");
    EXPECT_TRUE(sends_body(full, {}));
    EXPECT_FALSE(sends_body(full, {.head_request = true}));
    EXPECT_NE(response_head(full, {.head_request = true}, instant).find("content-length: 3"), std::string::npos);
    for (const int status : {204, 304}) {
        const auto none = text_response(status, "abc");
        EXPECT_FALSE(sends_body(none, {}));
        EXPECT_EQ(response_head(none, {}, instant).find("content-length"), std::string::npos);
    }
}

TEST(ResponseWriter, ConnectionSaysWhatWillHappen) {
    const auto connection = [](ResponseFraming framing) {
        const auto head = response_head(HttpResponse{}, framing, instant);
        if (head.find("connection: close\r\n") != std::string::npos) return "close";
        return head.find("connection: keep-alive\r\n") != std::string::npos ? "keep-alive" : "";
    };
    EXPECT_STREQ(connection({}), "");
    EXPECT_STREQ(connection({.keep_alive = false}), "close");
    EXPECT_STREQ(connection({.http_1_0 = true}), "keep-alive");
    EXPECT_STREQ(connection({.http_1_0 = true, .keep_alive = false}), "close");
}

TEST(ResponseWriter, AnImpossibleStatusIsOurFault) {
    EXPECT_TRUE(response_head(HttpResponse{0, {}, ""}, {}, instant).starts_with("HTTP/1.1 500 "));
    EXPECT_TRUE(response_head(HttpResponse{100, {}, ""}, {}, instant).starts_with("HTTP/1.1 500 "));
}
