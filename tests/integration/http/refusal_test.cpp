// SPDX-License-Identifier: MPL-2.0
#include "integration/http/server_fixture.hpp"

using namespace ocm;
using namespace ocm::test;

namespace {

struct Hostile {
    const char* name;
    std::string bytes;
    int status = 400;
};

const std::string post_head = "POST /notification HTTP/1.1\r\nHost: a\r\n";

}  // namespace

class HostileBytes : public ServerTest, public testing::WithParamInterface<Hostile> {};

TEST_P(HostileBytes, AreRefusedRecordedAndTheConnectionClosed) {
    serve({.limits = {.max_body = 1000, .max_header = 2000}});
    const auto answer = exchange(GetParam().bytes + "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(status_of(answer), GetParam().status) << answer;
    EXPECT_NE(answer.find("connection: close"), std::string::npos);
    EXPECT_NE(answer.find("X-Refused: yes"), std::string::npos);
    EXPECT_EQ(answer.find("HTTP/1.1 200"), std::string::npos) << "a second answer";
    EXPECT_TRUE(requests().empty());
    ASSERT_EQ(refusals().size(), 1u);
    EXPECT_EQ(refusals()[0].status, GetParam().status);
    EXPECT_EQ(refusals()[0].request.peer.address, "127.0.0.1");
    EXPECT_EQ(stats().refused_by_status[static_cast<std::size_t>(GetParam().status)], 1u);
    EXPECT_EQ(get(host, port(), "/after").status, 200);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, HostileBytes,
    testing::Values(
        Hostile{"both_framings", post_head + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
        Hostile{"both_framings_other_order",
                post_head + "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n"},
        Hostile{"two_lengths", post_head + "Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcd"},
        Hostile{"two_equal_lengths", post_head + "Content-Length: 4\r\nContent-Length: 4\r\n\r\nabcd"},
        Hostile{"folded_line", post_head + "X-A: b\r\n c\r\n\r\n"},
        Hostile{"bare_lf", "POST /notification HTTP/1.1\nHost: a\n\n"},
        Hostile{"bare_lf_in_headers", post_head + "X-A: b\nX-B: c\r\n\r\n"},
        Hostile{"chunk_extension", post_head + "Transfer-Encoding: chunked\r\n\r\n4;a=b\r\nabcd\r\n0\r\n\r\n"},
        Hostile{"bad_chunk_size", post_head + "Transfer-Encoding: chunked\r\n\r\nxyz\r\nabcd\r\n0\r\n\r\n"},
        Hostile{"endless_chunk_size", post_head + "Transfer-Encoding: chunked\r\n\r\n" + std::string(3000, '0')},
        Hostile{"encoding_gzip", post_head + "Transfer-Encoding: gzip\r\n\r\n"},
        Hostile{"space_before_colon", post_head + "Content-Length : 4\r\n\r\nabcd"},
        Hostile{"nul_in_header", post_head + std::string("X-A: \0\r\n\r\n", 10)},
        Hostile{"odd_header_name", post_head + "X(A: b\r\n\r\n"},
        Hostile{"http_2_preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"}, Hostile{"http_0_9", "GET /\r\n\r\n"},
        Hostile{"no_host", "GET / HTTP/1.1\r\n\r\n"},
        Hostile{"two_hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"},
        Hostile{"broken_escape", "GET /%g1 HTTP/1.1\r\nHost: a\r\n\r\n"},
        Hostile{"escaped_nul", "GET /a%00 HTTP/1.1\r\nHost: a\r\n\r\n"}, Hostile{"tls_hello", "\x16\x03\x01\x02"},
        Hostile{"json_only", "{\"a\":1}\r\n\r\n"},
        Hostile{"length_over_limit", post_head + "Content-Length: 1001\r\n\r\n", 413},
        Hostile{"length_over_everything", post_head + "Content-Length: 99999999999999999999999999\r\n\r\n", 413},
        Hostile{"chunks_over_limit", post_head + "Transfer-Encoding: chunked\r\n\r\n3e9\r\n" + std::string(1001, 'x'),
                413},
        Hostile{"long_header", post_head + "X-A: " + std::string(2000, 'x') + "\r\n\r\n", 431},
        Hostile{"long_target", "GET /" + std::string(5000, 'x'), 431},
        Hostile{"odd_expectation", post_head + "Expect: cake\r\nContent-Length: 1\r\n\r\nx", 417}),
    [](const auto& row) { return row.param.name; });

TEST_F(ServerTest, RefusalCarriesWhatWasRead) {
    serve();
    exchange(post_head + "X-OpenHIM-TransactionID: 5f00\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx");
    const auto refusal = refusals().at(0);
    EXPECT_EQ(refusal.request.method, "POST");
    EXPECT_EQ(refusal.request.path, "/notification");
    EXPECT_EQ(refusal.request.headers.get("x-openhim-transactionid"), "5f00");
    EXPECT_EQ(refusal.request.body, "");
    EXPECT_EQ(refusal.reason, "the request has more than one Content-Length");
}

TEST_F(ServerTest, TooLargeIsSaidBeforeTheBodyIsRead) {
    serve({.limits = {.max_body = 1000}});
    RawConnection connection(host, port());
    connection.send(post_head + "Content-Length: 5000000\r\n\r\n");
    EXPECT_EQ(status_of(connection.read_until("\r\n\r\n")), 413);
    // A client that sends regardless can still read the answer.
    EXPECT_EQ(post(host, port(), "/a", std::string(3u << 20, 'x')).status, 413);
}

TEST_F(ServerTest, SlowHeadersEndInRequestTimeout) {
    serve({.limits = {.header_timeout = 300ms}});
    RawConnection connection(host, port());
    const auto start = std::chrono::steady_clock::now();
    std::string answer;
    connection.send(post_head);
    for (const char c : std::string(100, 'X')) {
        connection.send(std::string(1, c));
        answer += connection.read_all(50ms);
        if (!answer.empty()) break;
    }
    answer += connection.read_all();
    EXPECT_EQ(status_of(answer), 408) << answer;
    EXPECT_LT(std::chrono::steady_clock::now() - start, 3s);
    EXPECT_EQ(refusals().at(0).request.method, "POST");
}

TEST_F(ServerTest, SlowBodiesEndInRequestTimeout) {
    serve({.limits = {.body_timeout = 300ms}});
    RawConnection connection(host, port());
    connection.send(post_head + "Content-Length: 100\r\n\r\n");
    std::string answer;
    for (int i = 0; i < 60 && answer.empty(); ++i) {
        connection.send("x");
        answer += connection.read_all(50ms);
    }
    EXPECT_EQ(status_of(answer), 408);
    EXPECT_EQ(refusals().at(0).request.path, "/notification");
}

TEST_F(ServerTest, EveryRequestHasItsOwnTime) {
    serve({.limits = {.header_timeout = 400ms, .body_timeout = 400ms, .idle_timeout = 400ms}});
    HttpConnection connection(host, port());
    HttpRequest request;
    request.target = "/slow";
    for (int i = 0; i < 4; ++i) {
        EXPECT_EQ(connection.send(request).status, 200);
        std::this_thread::sleep_for(200ms);
    }
}

TEST_F(ServerTest, SilentAndIdleConnectionsAreClosedWithoutAWord) {
    serve({.limits = {.header_timeout = 200ms, .idle_timeout = 200ms}});
    RawConnection silent(host, port());
    EXPECT_EQ(silent.read_all(), "");
    EXPECT_TRUE(silent.closed());
    RawConnection idle(host, port());
    idle.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(status_of(idle.read_until("}")), 200);
    EXPECT_EQ(idle.read_all(), "");
    EXPECT_TRUE(idle.closed());
    EXPECT_TRUE(refusals().empty());
}

TEST_F(ServerTest, ClientsThatDoNotReadAreLetGo) {
    serve({.limits = {.write_timeout = 300ms}});
    RawConnection connection(host, port());
    connection.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_TRUE(eventually([&] { return stats().requests_total == 1 && stats().connections == 0; }));
    EXPECT_EQ(stats().bytes_in_flight, 0u);
}

TEST_F(ServerTest, RequestsThatBreakOffAreRefusedAndRecorded) {
    serve();
    for (const auto& bytes : {post_head, post_head + "Content-Length: 9\r\n\r\nabc",
                              post_head + "Transfer-Encoding: chunked\r\n\r\n5\r\nab"}) {
        RawConnection connection(host, port());
        connection.send(bytes);
        connection.shutdown_send();
        EXPECT_EQ(status_of(connection.read_all()), 400);
    }
    EXPECT_EQ(refusals().size(), 3u);
}

TEST_F(ServerTest, AResetMidBodyHarmsNobody) {
    serve();
    for (int i = 0; i < 20; ++i) {
        RawConnection connection(host, port());
        connection.send(post_head + "Content-Length: 100000\r\n\r\n" + std::string(5000, 'x'));
        if (i % 2 == 0) std::this_thread::sleep_for(2ms);
        connection.reset();
    }
    EXPECT_TRUE(eventually([&] { return stats().connections == 0; }));
    EXPECT_EQ(stats().bytes_in_flight, 0u);
    EXPECT_EQ(get(host, port(), "/").status, 200);
    EXPECT_EQ(requests().size(), 1u);
}

TEST_F(ServerTest, TooManyConnectionsAreTurnedAway) {
    serve({.limits = {.max_connections = 2}});
    RawConnection first(host, port());
    RawConnection second(host, port());
    ASSERT_TRUE(eventually([&] { return stats().connections == 2; }));
    const auto answer = exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(status_of(answer), 503);
    EXPECT_NE(answer.find("retry-after: 1\r\n"), std::string::npos);
    EXPECT_EQ(stats().refused_by_status[503], 1u);
    first.reset();
    ASSERT_TRUE(eventually([&] { return stats().connections == 1; }));
    EXPECT_EQ(get(host, port(), "/").status, 200);
}

TEST_F(ServerTest, TooManyBytesAreTurnedAway) {
    serve({.limits = {.max_bytes_in_flight = 10'000},
           .resets_when_busy = [](const HttpRequest& request) { return request.path == "/takes-any-answer"; }});
    RawConnection holder(host, port());
    holder.send(post_head + "Content-Length: 8000\r\n\r\n" + std::string(7000, 'x'));
    ASSERT_TRUE(eventually([&] { return stats().bytes_in_flight == 7000; }));
    const auto sized = exchange(post_head + "Content-Length: 5000\r\n\r\n" + std::string(5000, 'x'));
    EXPECT_EQ(status_of(sized), 503);
    EXPECT_NE(sized.find("retry-after: 1\r\n"), std::string::npos);
    const auto chunked =
        exchange(post_head + "Transfer-Encoding: chunked\r\n\r\n1388\r\n" + std::string(5000, 'x') + "\r\n0\r\n\r\n");
    EXPECT_EQ(status_of(chunked), 503);
    EXPECT_EQ(exchange("POST /takes-any-answer HTTP/1.1\r\nHost: a\r\nContent-Length: 5000\r\n\r\n"), "") << "reset";
    EXPECT_EQ(stats().refused_by_status[503], 3u);
    holder.send(std::string(1000, 'x'));
    EXPECT_EQ(status_of(holder.read_until("}")), 200);
    EXPECT_TRUE(eventually([&] { return stats().bytes_in_flight == 0; }));
}

TEST_F(ServerTest, ARefusalHandlerThatThrowsOrHangsDoesNotMatter) {
    serve({.limits = {.refusal_timeout = 200ms}});
    refuse_ = []() -> Task<void> { throw std::runtime_error("secret detail"); };
    auto answer = exchange("GET / HTTP/1.1\r\n\r\n");
    EXPECT_EQ(status_of(answer), 400);
    EXPECT_NE(answer.find("Host header is missing"), std::string::npos);
    EXPECT_EQ(answer.find("secret"), std::string::npos);
    refuse_ = []() -> Task<void> { return pause(1s); };
    answer = exchange("GET / HTTP/1.1\r\n\r\n");
    EXPECT_EQ(status_of(answer), 400);
    EXPECT_EQ(answer.find("X-Refused"), std::string::npos);
    refuse_ = []() -> Task<void> { return pause(20ms); };
    EXPECT_NE(exchange("GET / HTTP/1.1\r\n\r\n").find("X-Refused"), std::string::npos);
}
