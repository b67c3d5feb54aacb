// SPDX-License-Identifier: MPL-2.0
#include "integration/upstream/raw_server.hpp"
#include "upstream/curl_upstream.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>

#include <mutex>
#include <string>
#include <utility>
#include <vector>

/// One call after another goes over one handle of libcurl's: nothing of the first may be seen in the second.
using namespace ocm;
using namespace ocm::upstream;
using ocm::test::Certificate;
using ocm::test::fingerprint;
using ocm::test::RawServer;
using ocm::test::TempDir;
using ocm::test::Wire;
using namespace std::chrono_literals;

namespace {

/// A client whose calls come one by one, so that all of them have the same handle.
class OneHandle {
  public:
    explicit OneHandle(UpstreamOptions options = {}) : client_(pool_, std::move(options)) { pool_.start(); }
    ~OneHandle() {
        client_.shutdown();
        pool_.stop();
    }
    OneHandle(const OneHandle&) = delete;
    OneHandle& operator=(const OneHandle&) = delete;

    /// What became of the call, in words.
    std::string send(UpstreamCall call) {
        auto future = boost::asio::co_spawn(pool_.context(0),
                                            client_.send(std::move(call), std::chrono::steady_clock::now() + 5s),
                                            boost::asio::use_future);
        if (future.wait_for(10s) != std::future_status::ready) return "the test hung";
        const auto reply = future.get();
        if (!reply) return std::string(name(reply.error().code)) + ": " + reply.error().message;
        return std::to_string(reply->status) + " " + std::to_string(reply->headers.size()) + " " + reply->body;
    }

  private:
    IoPool pool_{1};
    CurlUpstream client_;
};

/// Keeps what it reads. "/slow" is not answered, "/long" at some length.
class WatchedPeer {
  public:
    std::string url(const std::string& path) const { return server_.url(path); }
    int connections() const { return server_.connections(); }
    std::vector<std::string> take() {
        const std::lock_guard lock(mutex_);
        return std::exchange(requests_, {});
    }

  private:
    void serve(Wire& wire) {
        for (auto request = wire.read_request(); !request.empty(); request = wire.read_request()) {
            const bool slow = request.find("/slow") != std::string::npos;
            const bool head = request.starts_with("HEAD");
            const auto body = request.find("/long") == std::string::npos ? std::string("ok") : std::string(500, 'x');
            {
                const std::lock_guard lock(mutex_);
                requests_.push_back(std::move(request));
            }
            if (slow) {
                wire.wait_closed();
                return;
            }
            if (head) {
                wire.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n");
            } else {
                wire.answer(200, body);
            }
        }
    }
    std::mutex mutex_;
    std::vector<std::string> requests_;
    RawServer server_{[this](Wire& wire) { serve(wire); }};
};

UpstreamCall call_to(const WatchedPeer& peer, std::string method, const std::string& path, std::string body = {}) {
    UpstreamCall call;
    call.name = "test";
    call.method = std::move(method);
    call.url = peer.url(path);
    call.body = std::move(body);
    return call;
}

/// Calls that differ in everything that a call may have of its own.
std::vector<UpstreamCall> all_kinds(const WatchedPeer& peer) {
    std::vector<UpstreamCall> out{call_to(peer, "GET", "/a/../b"),      call_to(peer, "HEAD", "/head"),
                                  call_to(peer, "POST", "/once", "1"),  call_to(peer, "POST", "/empty"),
                                  call_to(peer, "PUT", "/put", "{}"),   call_to(peer, "DELETE", "/gone"),
                                  call_to(peer, "PATCH", "/p", "more"), call_to(peer, "GET", "/long")};
    auto repeatable = call_to(peer, "POST", "/again", "a longer body than the others");
    repeatable.repeatable = true;
    repeatable.headers = {{"Content-Type", "application/json"}, {"Authorization", "Bearer planted"}, {"X-Empty", ""}};
    out.push_back(std::move(repeatable));
    auto verbatim = call_to(peer, "GET", "/a/../b");
    verbatim.verbatim = true;
    verbatim.headers = {{"Host", "elsewhere:3040"}, {"Accept-Encoding", "br"}};
    out.push_back(std::move(verbatim));
    auto passed = call_to(peer, "POST", "/c/../d", "passed");
    passed.verbatim = true;
    out.push_back(std::move(passed));
    auto small = call_to(peer, "GET", "/long");
    small.max_response = 100;
    out.push_back(std::move(small));
    auto impatient = call_to(peer, "GET", "/slow");
    impatient.timeout = 60ms;
    out.push_back(std::move(impatient));
    auto outside = call_to(peer, "GET", "/inside");
    outside.public_only = true;
    out.push_back(std::move(outside));
    return out;
}

}  // namespace

TEST(CurlHandle, ACallIsTheSameAfterAnyOther) {
    WatchedPeer peer;
    const auto kinds = all_kinds(peer);
    struct Seen {
        std::string outcome;
        std::vector<std::string> requests;
    };
    const auto see = [&peer](OneHandle& handle, const UpstreamCall& call) {
        auto outcome = handle.send(call);
        return Seen{std::move(outcome), peer.take()};
    };
    for (std::size_t second = 0; second < kinds.size(); ++second) {
        OneHandle untouched;
        const auto expected = see(untouched, kinds[second]);
        for (std::size_t first = 0; first < kinds.size(); ++first) {
            OneHandle handle;
            const auto before = see(handle, kinds[first]);
            const auto after = see(handle, kinds[second]);
            const auto which = std::to_string(first) + " before " + std::to_string(second);
            EXPECT_EQ(after.outcome, expected.outcome) << which;
            EXPECT_EQ(after.requests, expected.requests) << which;
            // And so both ways round: a third of the first kind.
            const auto again = see(handle, kinds[first]);
            EXPECT_EQ(again.outcome, before.outcome) << which;
            EXPECT_EQ(again.requests, before.requests) << which;
        }
    }
}

TEST(CurlHandle, OnlyACallThatMustNotBeRepeatedTakesAFreshConnection) {
    WatchedPeer peer;
    OneHandle handle;
    handle.send(call_to(peer, "GET", "/"));
    EXPECT_EQ(peer.connections(), 1);
    handle.send(call_to(peer, "POST", "/empty"));
    EXPECT_EQ(peer.connections(), 2);
    handle.send(call_to(peer, "GET", "/"));
    handle.send(call_to(peer, "POST", "/once", "body"));
    EXPECT_EQ(peer.connections(), 2);
}

TEST(CurlHandle, TrustAndCertificateOfOneServerAreNotAnothers) {
    const TempDir directory;
    const auto authority = make_certificate(directory, "Test Authority", {.authority = true});
    const auto identity = make_certificate(directory, "server", {.issuer = &authority});
    const auto stranger = make_certificate(directory, "stranger");
    const auto ours = make_certificate(directory, "mediator", {.issuer = &authority, .alternatives = {"mediator"}});
    const auto answer_all = [](Wire& wire) {
        while (!wire.read_request().empty()) wire.answer(200, "ok");
    };
    RawServer with_certificate(answer_all, &identity, &authority);
    RawServer without_certificate(answer_all, &identity, &authority);
    RawServer by_authority(answer_all, &identity);
    RawServer pinned(answer_all, &stranger);
    RawServer any(answer_all, &stranger);
    RawServer unknown(answer_all, &stranger);
    RawServer other_authority(answer_all, &stranger);
    RawServer plain(answer_all);
    const auto origin = [](const RawServer& server) { return "https://127.0.0.1:" + std::to_string(server.port()); };
    const UpstreamOptions options{
        .trust = {{.url_prefix = origin(with_certificate),
                   .ca_file = authority.certificate_file,
                   .client_cert_file = ours.certificate_file,
                   .client_key_file = ours.key_file},
                  {.url_prefix = origin(without_certificate), .ca_file = authority.certificate_file},
                  {.url_prefix = origin(by_authority), .ca_file = authority.certificate_file},
                  {.url_prefix = origin(pinned), .pinned_sha256 = fingerprint(stranger)},
                  {.url_prefix = origin(any), .trust_any = true},
                  {.url_prefix = origin(other_authority), .ca_file = authority.certificate_file}}};
    struct Row {
        std::string url, outcome;
    };
    const std::vector<Row> rows{{origin(with_certificate), "200"},
                                {origin(without_certificate), "client certificate"},
                                {origin(by_authority), "200"},
                                {origin(pinned), "200"},
                                {origin(any), "200"},
                                {origin(unknown), "is not trusted"},
                                {origin(other_authority), "is not trusted"},
                                {plain.url(), "200"}};
    for (const auto& first : rows) {
        for (const auto& second : rows) {
            OneHandle handle(options);
            for (const auto* row : {&first, &second, &first}) {
                UpstreamCall call;
                call.name = "test";
                call.method = "GET";
                call.url = row->url;
                const auto outcome = handle.send(std::move(call));
                EXPECT_NE(outcome.find(row->outcome), std::string::npos)
                    << outcome << " at " << row->url << " of " << first.url << " and " << second.url;
            }
        }
    }
}
