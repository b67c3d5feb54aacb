// SPDX-License-Identifier: MPL-2.0
#include "upstream/curl_upstream.hpp"

#include "core/hash.hpp"
#include "integration/upstream/raw_server.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>

#include <future>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace ocm;
using namespace ocm::upstream;
using ocm::test::RawServer;
using ocm::test::Wire;
using namespace std::chrono_literals;

namespace {

SteadyTime in(Milliseconds time) {
    return std::chrono::steady_clock::now() + time;
}

UpstreamCall get(std::string url) {
    UpstreamCall call;
    call.name = "test";
    call.method = "GET";
    call.url = std::move(url);
    call.timeout = 5s;
    return call;
}

UpstreamCall post(std::string url, std::string body) {
    auto call = get(std::move(url));
    call.method = "POST";
    call.body = std::move(body);
    return call;
}

class CurlUpstreamTest : public testing::Test {
  protected:
    explicit CurlUpstreamTest(std::size_t threads = 1) : pool(threads) { pool.start(); }
    ~CurlUpstreamTest() override {
        client.reset();
        pool.stop();
    }

    CurlUpstream& use(UpstreamOptions options = {}) {
        client = std::make_unique<CurlUpstream>(pool, std::move(options));
        return *client;
    }

    std::future<Result<UpstreamReply>> start(UpstreamCall call, Milliseconds deadline = 5s) {
        if (!client) use();
        return boost::asio::co_spawn(pool.context(0), client->send(std::move(call), in(deadline)),
                                     boost::asio::use_future);
    }

    Result<UpstreamReply> send(UpstreamCall call, Milliseconds deadline = 5s) {
        auto future = start(std::move(call), deadline);
        if (future.wait_for(10s) != std::future_status::ready) return fail(ErrorCode::internal, "the test hung");
        return future.get();
    }

    IoPool pool;
    std::unique_ptr<CurlUpstream> client;
};

void expect_error(const Result<UpstreamReply>& result, ErrorCode code, const std::string& words) {
    ASSERT_FALSE(result);
    EXPECT_EQ(name(result.error().code), name(code)) << result.error().message;
    EXPECT_NE(result.error().message.find(words), std::string::npos) << result.error().message;
}

/// 100,000 times 'x', as gzip.
std::string compressed() {
    return *base64_decode(
        "H4sIAAAAAAACA+3BMQEAAADCoNqLbw0PoAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAIBXA3ERB/6ghgEA");
}

void answer_all(Wire& wire) {
    while (!wire.read_request().empty()) wire.answer(200, "ok");
}

}  // namespace

TEST_F(CurlUpstreamTest, SendsWhatItIsGivenAndNothingElse) {
    std::promise<std::string> seen;
    RawServer peer([&](Wire& wire) {
        seen.set_value(wire.read_request());
        wire.answer(201, "made", "X-Id: 1\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n");
    });
    auto call = post(peer.url("/events/events?x=1"), R"({"a":1})");
    call.headers = {{"content-type", "application/json"}, {"Authorization", "Bearer t"}, {"X-Empty", ""}};
    const auto reply = send(std::move(call));
    ASSERT_TRUE(reply) << reply.error().message;
    EXPECT_EQ(reply->status, 201);
    EXPECT_EQ(reply->body, "made");
    EXPECT_EQ(reply->headers.get("x-id"), "1");
    EXPECT_EQ(std::count_if(reply->headers.begin(), reply->headers.end(),
                            [](const auto& field) { return field.first == "Set-Cookie"; }),
              2);
    const auto request = seen.get_future().get();
    EXPECT_TRUE(request.starts_with("POST /events/events?x=1 HTTP/1.1\r\n")) << request;
    EXPECT_NE(request.find("Authorization: Bearer t\r\n"), std::string::npos);
    EXPECT_NE(request.find("X-Empty:"), std::string::npos);
    EXPECT_NE(request.find("content-type: application/json\r\n"), std::string::npos);
    EXPECT_EQ(request.find("urlencoded"), std::string::npos);
    EXPECT_EQ(request.find("Expect"), std::string::npos);
    EXPECT_TRUE(request.ends_with("\r\n\r\n{\"a\":1}"));
}

TEST_F(CurlUpstreamTest, SendsEachMethod) {
    std::mutex mutex;
    std::vector<std::string> lines;
    RawServer peer([&](Wire& wire) {
        for (auto request = wire.read_request(); !request.empty(); request = wire.read_request()) {
            const std::lock_guard lock(mutex);
            lines.push_back(request.substr(0, request.find('\r')));
            if (request.starts_with("HEAD")) {
                wire.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n");
            } else {
                wire.answer(200, "ok");
            }
        }
    });
    for (const char* method : {"GET", "POST", "PUT", "DELETE", "HEAD", "PATCH"}) {
        auto call = get(peer.url());
        call.method = method;
        const auto reply = send(std::move(call));
        EXPECT_TRUE(reply) << method;
    }
    auto call = post(peer.url(), "x");
    call.method = "PUT";
    EXPECT_TRUE(send(std::move(call)));
    const std::vector<std::string> expected{"GET / HTTP/1.1",    "POST / HTTP/1.1", "PUT / HTTP/1.1",
                                            "DELETE / HTTP/1.1", "HEAD / HTTP/1.1", "PATCH / HTTP/1.1",
                                            "PUT / HTTP/1.1"};
    EXPECT_EQ(lines, expected);
}

TEST_F(CurlUpstreamTest, KeepsAndReusesConnections) {
    RawServer peer(answer_all);
    for (int i = 0; i < 20; ++i) ASSERT_TRUE(send(i % 2 == 0 ? get(peer.url()) : post(peer.url(), "body")));
    EXPECT_EQ(peer.connections(), 1);
}

TEST_F(CurlUpstreamTest, OpensAFreshConnectionWhereTheOldOneWasClosed) {
    RawServer peer([](Wire& wire) {
        wire.read_request();
        wire.answer(200, "ok");
    });
    for (int i = 0; i < 5; ++i) {
        ASSERT_TRUE(send(post(peer.url(), "body")));
        std::this_thread::sleep_for(20ms);
    }
    EXPECT_EQ(peer.connections(), 5);
}

TEST_F(CurlUpstreamTest, SixtyFourAtOnceOnOneThread) {
    std::atomic<int> waiting{0};
    std::promise<void> all;
    auto gate = all.get_future().share();
    RawServer peer([&](Wire& wire) {
        wire.read_request();
        if (++waiting == 64) all.set_value();
        gate.wait_for(5s);
        wire.answer(200, "ok");
    });
    std::vector<std::future<Result<UpstreamReply>>> calls;
    for (int i = 0; i < 64; ++i) calls.push_back(start(get(peer.url())));
    for (auto& call : calls) {
        ASSERT_EQ(call.wait_for(10s), std::future_status::ready);
        EXPECT_TRUE(call.get());
    }
}

TEST_F(CurlUpstreamTest, ReadsChunkedAndCompressedAnswers) {
    const std::string text(100'000, 'x');
    RawServer peer([&](Wire& wire) {
        while (true) {
            const auto request = wire.read_request();
            if (request.empty()) return;
            if (request.starts_with("GET /chunked")) {
                wire.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
                std::this_thread::sleep_for(10ms);
                wire.write("2\r\nde\r\n0\r\n\r\n");
            } else if (request.starts_with("GET /interim")) {
                wire.write("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n");
                wire.answer(200, "final");
            } else if (request.starts_with("GET /broken")) {
                wire.answer(200, "this is not gzip", "Content-Encoding: gzip\r\n");
            } else {
                wire.answer(200, compressed(), "Content-Encoding: gzip\r\n");
            }
        }
    });
    auto reply = send(get(peer.url("/chunked")));
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->body, "abcde");
    reply = send(get(peer.url("/interim")));
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->body, "final");
    EXPECT_EQ(reply->headers.find("link"), nullptr);
    reply = send(get(peer.url("/gzip")));
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->body, text);
    EXPECT_EQ(reply->headers.find("content-encoding"), nullptr);
    EXPECT_EQ(reply->headers.find("content-length"), nullptr);
    expect_error(send(get(peer.url("/broken"))), ErrorCode::bad_gateway, "cannot be decoded");
    auto bomb = get(peer.url("/gzip"));
    bomb.max_response = 50'000;
    expect_error(send(std::move(bomb)), ErrorCode::bad_gateway, "larger than the 50000 bytes");
}

TEST_F(CurlUpstreamTest, StopsReadingWhatIsTooLarge) {
    RawServer peer([&](Wire& wire) {
        const auto request = wire.read_request();
        if (request.starts_with("GET /announced")) {
            wire.write("HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\nx");
            wire.wait_closed();
        } else if (request.starts_with("GET /fields")) {
            wire.write("HTTP/1.1 200 OK\r\n");
            for (int i = 0; i < 2000; ++i) wire.write("X-Field: " + std::string(60, 'x') + "\r\n");
            wire.write("\r\n");
        } else {
            wire.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
            for (int i = 0; i < 1000; ++i) wire.write("400\r\n" + std::string(1024, 'x') + "\r\n");
            wire.write("0\r\n\r\n");
        }
    });
    for (const char* path : {"/announced", "/endless"}) {
        auto call = get(peer.url(path));
        call.max_response = 100'000;
        expect_error(send(std::move(call)), ErrorCode::bad_gateway, "larger than the 100000 bytes");
    }
    expect_error(send(get(peer.url("/fields"))), ErrorCode::bad_gateway, "header fields");
}

TEST_F(CurlUpstreamTest, TellsATimeoutAfterSendingFromOneBefore) {
    RawServer silent([](Wire& wire) {
        wire.read_request();
        wire.wait_closed();
    });
    auto call = post(silent.url(), "x");
    call.timeout = 150ms;
    expect_error(send(std::move(call)), ErrorCode::target_timeout, "did not answer within 150 ms");
    const auto began = std::chrono::steady_clock::now();
    expect_error(send(get(silent.url()), 200ms), ErrorCode::target_timeout, "did not answer within");
    EXPECT_LT(std::chrono::steady_clock::now() - began, 2s);
    expect_error(send(get(silent.url()), 0ms), ErrorCode::unavailable, "no time was left");

    RawServer slow([](Wire& wire) {
        wire.read_request();
        wire.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nsome");
        wire.wait_closed();
    });
    expect_error(send(get(slow.url()), 200ms), ErrorCode::target_timeout, "did not answer within");

    // A TLS handshake that never gets an answer: nothing of the request was sent.
    RawServer mute([](Wire& wire) {
        wire.wait_closed();
        std::this_thread::sleep_for(300ms);
    });
    expect_error(send(get(mute.url("/", "https")), 200ms), ErrorCode::unavailable, "TLS handshake in time");
}

TEST_F(CurlUpstreamTest, NothingListens) {
    int port = 0;
    {
        RawServer gone(answer_all);
        port = gone.port();
    }
    const auto address = "http://127.0.0.1:" + std::to_string(port) + "/";
    expect_error(send(get(address)), ErrorCode::unavailable, "refused the connection");
}

TEST_F(CurlUpstreamTest, ACallThatMayOnlyGoOutReachesNoAddressOfOurOwn) {
    std::atomic<int> requests{0};
    RawServer server([&requests](Wire& wire) {
        while (!wire.read_request().empty()) {
            ++requests;
            wire.answer(200, "ok");
        }
    });
    auto inside = post(server.url("/"), "{}");
    inside.public_only = true;
    expect_error(send(inside), ErrorCode::unavailable, "is not at a public address");
    EXPECT_EQ(server.connections(), 0);
    // Nor by a name, nor over a connection that another call has left.
    auto named = inside;
    named.url = "http://localhost:" + std::to_string(server.port()) + "/";
    expect_error(send(named), ErrorCode::unavailable, "is not at a public address");
    ASSERT_TRUE(send(get(server.url("/"))));
    EXPECT_EQ(server.connections(), 1);
    expect_error(send(inside), ErrorCode::unavailable, "is not at a public address");
    EXPECT_EQ(requests, 1);
}

TEST_F(CurlUpstreamTest, TheNameIsNotFound) {
    expect_error(send(get("http://no-such-host.invalid/"), 8s), ErrorCode::unavailable, "no-such-host.invalid");
}

TEST_F(CurlUpstreamTest, AFullBacklogCountsAsNoConnection) {
    // A listener whose backlog is full drops connection attempts: the connect phase hangs.
    const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ASSERT_EQ(::bind(listener, reinterpret_cast<sockaddr*>(&address), size), 0);
    ASSERT_EQ(::listen(listener, 0), 0);
    ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
    std::vector<int> fillers;
    for (int i = 0; i < 4; ++i) {
        const int filler = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        ::connect(filler, reinterpret_cast<sockaddr*>(&address), size);
        fillers.push_back(filler);
    }
    use(UpstreamOptions{.connect_timeout = 200ms});
    expect_error(send(get("http://127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/")), ErrorCode::unavailable,
                 "did not accept a connection in time");
    for (const int filler : fillers) ::close(filler);
    ::close(listener);
}

TEST_F(CurlUpstreamTest, ConnectionsCutShort) {
    RawServer peer([](Wire& wire) {
        const auto request = wire.read_request();
        if (request.starts_with("GET /silent")) return wire.close();
        if (request.starts_with("GET /reset")) return wire.reset();
        if (request.starts_with("GET /half")) {
            wire.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf of it");
            return wire.close();
        }
        if (request.starts_with("GET /chunk")) {
            wire.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n400\r\nhalf");
            return wire.close();
        }
        wire.write("220 mail.example.org ESMTP\r\n");
    });
    expect_error(send(get(peer.url("/silent"))), ErrorCode::target_timeout, "may have been done");
    expect_error(send(get(peer.url("/reset"))), ErrorCode::target_timeout, "without answering");
    expect_error(send(get(peer.url("/half"))), ErrorCode::target_timeout, "in the middle of its answer");
    expect_error(send(get(peer.url("/chunk"))), ErrorCode::target_timeout, "in the middle of its answer");
    expect_error(send(get(peer.url("/other"))), ErrorCode::bad_gateway, "did not answer in HTTP");
}

TEST_F(CurlUpstreamTest, OnlyARepeatableCallIsSentAgainWhenAKeptConnectionDies) {
    std::atomic<int> posts{0};
    RawServer peer([&](Wire& wire) {
        const auto first = wire.read_request();
        if (first.empty()) return;
        if (first.starts_with("POST")) ++posts;
        wire.answer(200, "first");
        // The second request of a connection is read, perhaps done, and never answered.
        if (!wire.read_request().empty()) {
            ++posts;
            wire.reset();
        }
    });
    ASSERT_TRUE(send(get(peer.url())));
    auto once = post(peer.url(), "do it");
    expect_error(send(std::move(once)), ErrorCode::target_timeout, "may have been done");
    EXPECT_EQ(posts, 1);

    ASSERT_TRUE(send(get(peer.url())));
    auto again = post(peer.url(), "do it");
    again.repeatable = true;
    EXPECT_TRUE(send(std::move(again)));
    EXPECT_EQ(posts, 3);
}

TEST_F(CurlUpstreamTest, AnEmptyCallThatMustNotBeRepeatedTakesAFreshConnection) {
    RawServer peer(answer_all);
    ASSERT_TRUE(send(get(peer.url())));
    ASSERT_TRUE(send(post(peer.url(), "")));
    EXPECT_EQ(peer.connections(), 2);
}

TEST_F(CurlUpstreamTest, PassesOnVerbatim) {
    std::promise<std::string> seen;
    RawServer peer([&](Wire& wire) {
        seen.set_value(wire.read_request());
        wire.answer(200, "not decoded", "Content-Encoding: gzip\r\n");
    });
    auto call = get(peer.url("/a/../b//c?x=%2F"));
    call.verbatim = true;
    call.headers = {{"Host", "countryconfig:3040"}, {"Accept-Encoding", "br"}};
    const auto reply = send(std::move(call));
    ASSERT_TRUE(reply) << reply.error().message;
    EXPECT_EQ(reply->body, "not decoded");
    EXPECT_EQ(reply->headers.get("content-encoding"), "gzip");
    EXPECT_EQ(seen.get_future().get(),
              "GET /a/../b//c?x=%2F HTTP/1.1\r\nHost: countryconfig:3040\r\nAccept-Encoding: br\r\n\r\n");
}

TEST_F(CurlUpstreamTest, AVerbatimCallThatMustNotBeRepeatedTakesAFreshConnection) {
    RawServer peer(answer_all);
    ASSERT_TRUE(send(get(peer.url())));
    auto passed = post(peer.url(), "{}");
    passed.verbatim = true;
    ASSERT_TRUE(send(std::move(passed)));
    EXPECT_EQ(peer.connections(), 2);
}

TEST_F(CurlUpstreamTest, WaitsForAFreeConnectionButNotBeyondTheDeadline) {
    std::atomic<int> active{0}, most{0};
    RawServer peer([&](Wire& wire) {
        while (true) {
            const auto request = wire.read_request();
            if (request.empty()) return;
            most = std::max<int>(most, ++active);
            std::this_thread::sleep_for(request.starts_with("GET /long") ? 600ms : 30ms);
            --active;
            wire.answer(200, "ok");
        }
    });
    use(UpstreamOptions{.max_connections_per_host = 2});
    std::vector<std::future<Result<UpstreamReply>>> calls;
    for (int i = 0; i < 8; ++i) calls.push_back(start(get(peer.url())));
    for (auto& call : calls) EXPECT_TRUE(call.get());
    EXPECT_EQ(most, 2);

    auto first = start(get(peer.url("/long")));
    auto second = start(get(peer.url("/long")));
    std::this_thread::sleep_for(50ms);
    const auto began = std::chrono::steady_clock::now();
    expect_error(send(get(peer.url()), 150ms), ErrorCode::unavailable, "busy");
    EXPECT_LT(std::chrono::steady_clock::now() - began, 400ms);
    EXPECT_TRUE(first.get());
    EXPECT_TRUE(second.get());
}

TEST_F(CurlUpstreamTest, CancellingEndsTheCallAndItsConnection) {
    std::promise<void> arrived, closed;
    RawServer peer([&](Wire& wire) {
        wire.read_request();
        arrived.set_value();
        if (wire.wait_closed()) closed.set_value();
    });
    use();
    boost::asio::cancellation_signal signal;
    std::promise<Result<UpstreamReply>> done;
    boost::asio::co_spawn(
        pool.context(0), client->send(get(peer.url()), in(5s)),
        boost::asio::bind_cancellation_slot(signal.slot(), [&](std::exception_ptr, Result<UpstreamReply> result) {
            done.set_value(std::move(result));
        }));
    ASSERT_EQ(arrived.get_future().wait_for(5s), std::future_status::ready);
    boost::asio::post(pool.context(0), [&] { signal.emit(boost::asio::cancellation_type::terminal); });
    auto result = done.get_future();
    ASSERT_EQ(result.wait_for(5s), std::future_status::ready);
    expect_error(result.get(), ErrorCode::cancelled, "abandoned");
    EXPECT_EQ(closed.get_future().wait_for(5s), std::future_status::ready);
}

TEST_F(CurlUpstreamTest, ShutdownEndsWhatIsInFlightAndWhatComesAfter) {
    RawServer peer([](Wire& wire) {
        wire.read_request();
        wire.wait_closed();
    });
    std::vector<std::future<Result<UpstreamReply>>> calls;
    for (int i = 0; i < 5; ++i) calls.push_back(start(get(peer.url())));
    std::this_thread::sleep_for(50ms);
    client->shutdown();
    for (auto& call : calls) {
        ASSERT_EQ(call.wait_for(5s), std::future_status::ready);
        expect_error(call.get(), ErrorCode::cancelled, "abandoned");
    }
    expect_error(send(get(peer.url())), ErrorCode::cancelled, "abandoned");
}

TEST(CurlUpstreamLifetime, ThePoolMayStopWithCallsInFlight) {
    RawServer peer([](Wire& wire) {
        wire.read_request();
        wire.wait_closed();
    });
    IoPool pool(2);
    CurlUpstream client(pool, {});
    pool.start();
    for (std::size_t i = 0; i < 4; ++i) {
        boost::asio::co_spawn(pool.context(i % 2), client.send(get(peer.url()), in(5s)), boost::asio::detached);
    }
    std::this_thread::sleep_for(50ms);
    pool.stop();
}

TEST(CurlUpstreamLifetime, ACallFromAnotherContextComesBackToIt) {
    RawServer peer(answer_all);
    IoPool pool(2);
    pool.start();
    CurlUpstream client(pool, {});
    boost::asio::io_context own;
    auto future = boost::asio::co_spawn(own, client.send(get(peer.url()), in(5s)), boost::asio::use_future);
    own.run();  // returns only once the call is back
    ASSERT_EQ(future.wait_for(0s), std::future_status::ready);
    EXPECT_TRUE(future.get());
    client.shutdown();
    pool.stop();
}

TEST_F(CurlUpstreamTest, RefusesWhatCannotBeSent) {
    expect_error(send(get("ftp://127.0.0.1/")), ErrorCode::internal, "not an http(s) URL");
    expect_error(send(get("http://user:secret@127.0.0.1/")), ErrorCode::internal, "not an http(s) URL");
    auto call = get("http://127.0.0.1:1/");
    call.headers = {{"X-A", "b\r\nX-Forged: 1"}};
    expect_error(send(std::move(call)), ErrorCode::internal, "header field");
}
