// SPDX-License-Identifier: MPL-2.0
#include "integration/http/server_fixture.hpp"

#include <atomic>

using namespace ocm;
using namespace ocm::test;

TEST_F(ServerTest, DrainsRunningRequestsAndClosesIdleOnes) {
    serve();
    RawConnection idle(host, port());
    idle.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    idle.read_until("}");
    std::vector<std::unique_ptr<RawConnection>> running;
    for (int i = 0; i < 8; ++i) {
        running.push_back(std::make_unique<RawConnection>(host, port()));
        running.back()->send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
    }
    ASSERT_TRUE(eventually([&] { return stats().active_requests == 8; }));
    server_->stop_accepting();
    server_->stop_accepting();
    auto drained = drain(5s);
    EXPECT_EQ(idle.read_all(), "");
    EXPECT_TRUE(idle.closed());
    for (auto& connection : running) {
        const auto answer = connection->read_all();
        EXPECT_EQ(status_of(answer), 200);
        EXPECT_NE(answer.find("connection: close"), std::string::npos);
    }
    EXPECT_TRUE(drained.get());
    EXPECT_THROW(RawConnection(host, port()), std::runtime_error);
    EXPECT_TRUE(eventually([&] { return stats().connections == 0; }));
}

TEST_F(ServerTest, ARequestOnItsWayIsStillAnswered) {
    serve();
    RawConnection fresh(host, port());
    RawConnection half(host, port());
    half.send("GET / HTTP/1.1\r\nHo");
    ASSERT_TRUE(eventually([&] { return stats().connections == 2; }));
    std::this_thread::sleep_for(20ms);
    server_->stop_accepting();
    auto drained = drain(5s);
    std::this_thread::sleep_for(50ms);
    fresh.send("GET /fresh HTTP/1.1\r\nHost: a\r\n\r\n");
    half.send("st: a\r\n\r\n");
    EXPECT_EQ(status_of(fresh.read_all()), 200);
    EXPECT_EQ(status_of(half.read_all()), 200);
    EXPECT_TRUE(drained.get());
}

TEST_F(ServerTest, SilentConnectionsDoNotHoldUpTheEnd) {
    serve();
    RawConnection silent(host, port());
    ASSERT_TRUE(eventually([&] { return stats().connections == 1; }));
    const auto start = std::chrono::steady_clock::now();
    server_->stop_accepting();
    EXPECT_TRUE(drain(5s).get());
    EXPECT_LT(std::chrono::steady_clock::now() - start, 2s);
}

TEST_F(ServerTest, WhatDoesNotEndInTimeIsCutOff) {
    serve();
    RawConnection running(host, port());
    running.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
    ASSERT_TRUE(eventually([&] { return stats().active_requests == 1; }));
    server_->stop_accepting();
    EXPECT_FALSE(drain(50ms).get());
    EXPECT_EQ(running.read_all(), "");
    EXPECT_TRUE(running.closed());
}

TEST_F(ServerTest, StoppingUnderLoadLosesNoAnswer) {
    serve();
    std::atomic<bool> go{true};
    std::atomic<int> broken{0};
    std::atomic<int> answered{0};
    std::vector<std::thread> clients;
    for (int c = 0; c < 6; ++c) {
        clients.emplace_back([&] {
            while (go) {
                try {
                    RawConnection connection(host, port());
                    connection.send("GET /load HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
                    ++(status_of(connection.read_all()) == 200 ? answered : broken);
                } catch (const std::runtime_error&) {
                    break;  // nobody listens any more
                }
            }
        });
    }
    ASSERT_TRUE(eventually([&] { return answered > 200; }));
    server_->stop_accepting();
    EXPECT_TRUE(drain(5s).get());
    go = false;
    for (auto& client : clients) client.join();
    // One connection per client may have been completed by the kernel in the instant before the close.
    EXPECT_LE(broken, 6);
}

TEST_F(ServerTest, AbandoningThePoolWithRequestsRunningIsClean) {
    serve();
    RawConnection running(host, port());
    running.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
    ASSERT_TRUE(eventually([&] { return stats().active_requests == 1; }));
    pool_->stop();
    server_.reset();
    pool_.reset();
    running.read_all();
    EXPECT_TRUE(running.closed());
}
