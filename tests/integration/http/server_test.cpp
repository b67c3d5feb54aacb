// SPDX-License-Identifier: MPL-2.0
#include "integration/http/server_fixture.hpp"

#include <atomic>
#include <sys/resource.h>
#include <unistd.h>

using namespace ocm;
using namespace ocm::test;

TEST_F(ServerTest, AnswersARequest) {
    serve();
    const auto response = post(host, port(), "/crvs/notification?a=b", "{\"x\":1}");
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, R"({"path":"/crvs/notification","body":7})");
    EXPECT_EQ(response.headers.get("server"), "opencrvs-mediator");
    EXPECT_EQ(response.headers.get("connection"), "close");
    EXPECT_FALSE(response.headers.get("date").empty());
    const auto seen = requests();
    ASSERT_EQ(seen.size(), 1u);
    EXPECT_EQ(seen[0].method, "POST");
    EXPECT_EQ(seen[0].query, "a=b");
    EXPECT_EQ(seen[0].body, "{\"x\":1}");
    EXPECT_EQ(seen[0].headers.get("content-type"), "application/json");
    EXPECT_EQ(seen[0].peer.address, "127.0.0.1");
    EXPECT_FALSE(seen[0].peer.tls);
}

TEST_F(ServerTest, MappedAddressesAreGivenAsIPv4) {
    serve({.host = "::"});
    EXPECT_EQ(get(host, port(), "/").status, 200);
    EXPECT_EQ(requests().at(0).peer.address, "127.0.0.1");
}

TEST_F(ServerTest, KeepsTheConnectionAndServesInOrder) {
    serve();
    HttpConnection connection(host, port());
    HttpRequest request;
    request.method = "POST";
    for (int i = 0; i < 20; ++i) {
        request.target = "/" + std::to_string(i);
        request.body = std::string(static_cast<std::size_t>(i) * 1000, 'x');
        const auto response = connection.send(request);
        EXPECT_EQ(response.body, R"({"path":"/)" + std::to_string(i) + R"(","body":)" + std::to_string(i * 1000) + "}");
        ASSERT_TRUE(connection.keeps_alive());
    }
    EXPECT_EQ(stats().accepted_total, 1u);
    EXPECT_EQ(stats().requests_total, 20u);
}

TEST_F(ServerTest, HTTP10ClosesUnlessAskedNotTo) {
    serve();
    const auto closed = exchange("GET /a HTTP/1.0\r\n\r\n");
    EXPECT_EQ(status_of(closed), 200);
    RawConnection kept(host, port());
    for (int i = 0; i < 2; ++i) {
        kept.send("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
        EXPECT_NE(kept.read_until("}").find("connection: keep-alive"), std::string::npos);
    }
}

TEST_F(ServerTest, PipelinedRequestsAreAnsweredInOrderOneAtATime) {
    serve();
    const auto answers = exchange(
        "POST /slow HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabcGET /second HTTP/1.1\r\nHost: a\r\n\r\n"
        "GET /third HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    const auto first = answers.find("\"/slow\"");
    const auto second = answers.find("\"/second\"");
    const auto third = answers.find("\"/third\"");
    ASSERT_NE(first, std::string::npos);
    ASSERT_NE(third, std::string::npos);
    EXPECT_LT(first, second);
    EXPECT_LT(second, third);
}

TEST_F(ServerTest, HeadHasTheLengthButNotTheBody) {
    serve();
    const auto answer = exchange("HEAD /abc HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    EXPECT_NE(answer.find("content-length: 24\r\n"), std::string::npos) << answer;
    EXPECT_TRUE(answer.ends_with("\r\n\r\n"));
}

TEST_F(ServerTest, NoContentHasNoBody) {
    serve();
    HttpConnection connection(host, port());
    HttpRequest request;
    request.target = "/empty";
    EXPECT_EQ(connection.send(request).status, 204);
    request.target = "/x";
    EXPECT_EQ(connection.send(request).body, R"({"path":"/x","body":0})");
}

TEST_F(ServerTest, LengthWithoutBytesIsNotWaitedFor) {
    serve();
    for (const auto* method : {"GET", "DELETE", "OPTIONS", "HEAD"}) {
        const auto start = std::chrono::steady_clock::now();
        RawConnection connection(host, port());
        connection.send(std::string(method) + " /webhooks HTTP/1.1\r\nHost: a\r\nContent-Length: 20\r\n\r\n");
        const auto answer = connection.read_until("\r\n\r\n");
        EXPECT_EQ(status_of(answer), 200) << method;
        EXPECT_NE(answer.find("connection: close"), std::string::npos);
        EXPECT_LT(std::chrono::steady_clock::now() - start, 1s);
    }
    // Bytes that do come are no second request.
    const auto answer =
        exchange("DELETE /a HTTP/1.1\r\nHost: a\r\nContent-Length: 36\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(status_of(answer), 200);
    EXPECT_EQ(answer.find("\"/b\""), std::string::npos);
    EXPECT_EQ(requests().size(), 5u);
    for (const auto& request : requests()) EXPECT_EQ(request.body, "");
}

TEST_F(ServerTest, ChunkedBodiesAreRead) {
    serve();
    const auto answer = exchange(
        "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
        "5\r\nhello\r\n6\r\n world\r\n0\r\nX-OpenHIM-ClientID: me\r\n\r\n");
    EXPECT_EQ(status_of(answer), 200) << answer;
    const auto seen = requests().at(0);
    EXPECT_EQ(seen.body, "hello world");
    EXPECT_EQ(seen.headers.find("x-openhim-clientid"), nullptr) << "a trailer became a header";
}

TEST_F(ServerTest, ContinueIsSaidOnlyWhereTheBodyIsWelcome) {
    serve({.limits = {.max_body = 100}});
    RawConnection welcome(host, port());
    welcome.send("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(welcome.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
    welcome.send("hello");
    EXPECT_EQ(status_of(welcome.read_until("}")), 200);

    RawConnection refused(host, port());
    refused.send("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 101\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(status_of(refused.read_until("\r\n\r\n")), 413);
}

TEST_F(ServerTest, AThrowingHandlerIsABareFiveHundred) {
    serve();
    for (const auto* path : {"/throw", "/throw-odd"}) {
        const auto response = get(host, port(), path);
        EXPECT_EQ(response.status, 500);
        EXPECT_EQ(response.body.find("secret"), std::string::npos);
        EXPECT_NE(response.body.find("internal"), std::string::npos);
    }
    EXPECT_EQ(stats().handler_failures_total, 2u);
    EXPECT_EQ(get(host, port(), "/").status, 200);
}

TEST_F(ServerTest, LargeBodiesBothWays) {
    serve();
    std::string body(9u << 20, 'b');
    EXPECT_EQ(post(host, port(), "/up", body).status, 200);
    EXPECT_EQ(requests().at(0).body, body);
    EXPECT_EQ(get(host, port(), "/large").body.size(), 8u << 20);
    EXPECT_TRUE(eventually([&] { return stats().bytes_in_flight == 0; }));
}

TEST_F(ServerTest, AHalfClosedClientGetsItsAnswer) {
    serve();
    RawConnection connection(host, port());
    connection.send("POST /slow HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nok");
    connection.shutdown_send();
    EXPECT_EQ(status_of(connection.read_all()), 200);
}

TEST_F(ServerTest, ThousandQuickConnections) {
    serve();
    for (int i = 0; i < 1000; ++i) ASSERT_EQ(get(host, port(), "/q").status, 200) << i;
    EXPECT_EQ(stats().accepted_total, 1000u);
    EXPECT_TRUE(eventually([&] { return stats().connections == 0; }));
}

TEST_F(ServerTest, ManyKeepAliveClientsAtOnce) {
    serve();
    std::atomic<int> good{0};
    std::vector<std::thread> clients;
    for (int c = 0; c < 32; ++c) {
        clients.emplace_back([this, &good] {
            HttpConnection connection(host, port());
            HttpRequest request;
            request.method = "POST";
            request.target = "/k";
            request.body = std::string(700, 'k');
            for (int i = 0; i < 20; ++i) good += connection.send(request).status == 200;
        });
    }
    for (auto& client : clients) client.join();
    EXPECT_EQ(good, 32 * 20);
    EXPECT_EQ(stats().accepted_total, 32u);
}

TEST_F(ServerTest, OneAddressIsNotTakenTwice) {
    serve();
    IoPool other(1);
    const auto application = [](HttpRequest) -> Task<HttpResponse> { co_return HttpResponse{}; };
    const auto refusal = [](http::Refusal) -> Task<HttpResponse> { co_return HttpResponse{}; };
    http::Server second(other, {.port = port()}, application, refusal);
    const auto listening = second.listen();
    ASSERT_FALSE(listening);
    EXPECT_NE(listening.error().message.find(std::to_string(port())), std::string::npos);
    http::Server third(other, {.host = "not-an-address"}, application, refusal);
    EXPECT_FALSE(third.listen());
}

namespace {

/// No descriptor can be made while it lives; those that are open stay.
class NoDescriptors {
  public:
    NoDescriptors() {
        getrlimit(RLIMIT_NOFILE, &before_);
        const rlimit none{0, before_.rlim_max};
        setrlimit(RLIMIT_NOFILE, &none);
    }
    ~NoDescriptors() { setrlimit(RLIMIT_NOFILE, &before_); }
    NoDescriptors(const NoDescriptors&) = delete;
    NoDescriptors& operator=(const NoDescriptors&) = delete;

  private:
    rlimit before_{};
};

}  // namespace

TEST_F(ServerTest, RunningOutOfDescriptorsDoesNotSpinAndPasses) {
#ifdef __SANITIZE_ADDRESS__
    GTEST_SKIP() << "the undefined-behaviour sanitizer needs descriptors of its own to check a virtual call";
#endif
    serve();
    RawConnection starved;
    {
        const NoDescriptors scarce;
        starved.connect(host, port());  // the kernel takes it; there is nothing to accept it with
        EXPECT_TRUE(eventually([&] { return stats().accept_errors_total > 0; }));
        std::this_thread::sleep_for(300ms);
        EXPECT_LT(stats().accept_errors_total, 10u);
    }
    starved.send("GET /late HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(status_of(starved.read_until("}")), 200);
}

TEST_F(ServerTest, ResetsWhereItIsToldNotToAnswer) {
    serve();
    EXPECT_EQ(exchange("GET /reset HTTP/1.1\r\nHost: a\r\n\r\n"), "");
    EXPECT_EQ(get(host, port(), "/after").status, 200);
}
