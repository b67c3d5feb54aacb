// SPDX-License-Identifier: MPL-2.0
#include "http/session.hpp"

#include "http/body_reader.hpp"
#include "http/log.hpp"
#include "http/request_head.hpp"
#include "http/response_writer.hpp"
#include "http/tls.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/core/demangle.hpp>

#include <algorithm>
#include <array>
#include <ctime>
#include <typeinfo>

namespace ocm::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr Milliseconds fresh_stop_timeout{500};  // for the first request of a new connection while stopping
constexpr Milliseconds linger_timeout{2'000};
constexpr std::size_t linger_bytes = 16u << 20;
constexpr std::size_t max_rejecting = 128;
constexpr std::size_t first_read = 8u << 10;
constexpr std::size_t body_read = 64u << 10;

HttpResponse busy_response() {
    auto response = text_response(503, "the mediator has too much to do, try again\n");
    response.headers.add("retry-after", "1");
    return response;
}

/// OpenHIM forwards the Content-Length of these without the bytes, so their body is never waited for.
bool is_bodiless(std::string_view method) {
    return method == "GET" || method == "HEAD" || method == "DELETE" || method == "OPTIONS" || method == "TRACE";
}

std::string type_name(const std::exception& error) {
    return boost::core::demangle(typeid(error).name());
}

/// Bytes a request holds, counted for the cap until it is answered.
class InFlight {
  public:
    explicit InFlight(ServerStats& stats) : stats_(stats) {}
    ~InFlight() { stats_.bytes_in_flight -= held_; }
    InFlight(const InFlight&) = delete;
    InFlight& operator=(const InFlight&) = delete;
    void grow_to(std::size_t bytes) {
        if (bytes <= held_) return;
        stats_.bytes_in_flight += bytes - held_;
        held_ = bytes;
    }
    void add(std::size_t bytes) { grow_to(held_ + bytes); }

  private:
    ServerStats& stats_;
    std::size_t held_ = 0;
};

class Active {
  public:
    explicit Active(ServerStats& stats) : stats_(stats) { ++stats_.active_requests; }
    ~Active() { --stats_.active_requests; }
    Active(const Active&) = delete;
    Active& operator=(const Active&) = delete;

  private:
    ServerStats& stats_;
};

/// The answer to a refusal while it is being made; outlives the connection where the handler is slow.
struct PendingRefusal {
    explicit PendingRefusal(const asio::any_io_executor& executor) : timer(executor) {}
    asio::steady_timer timer;
    std::optional<HttpResponse> response;
    bool ended = false;
};

Task<void> make_refusal(std::shared_ptr<Shared> shared, std::shared_ptr<PendingRefusal> pending, Refusal refusal) {
    try {
        auto response = co_await shared->on_refusal(std::move(refusal));
        pending->response = std::move(response);
    } catch (const std::exception& error) {
        warn(shared->options.name, "the refusal handler threw " + type_name(error));
    }
    pending->ended = true;
    pending->timer.cancel();
}

}  // namespace

/// One connection. Everything happens on its slot's thread.
class Session : public std::enable_shared_from_this<Session> {
  public:
    Session(std::shared_ptr<Shared> shared, Slot& slot, tcp::socket socket, bool reject)
        : shared_(std::move(shared)),
          slot_(slot),
          socket_(std::move(socket)),
          timer_(socket_.get_executor()),
          reject_(reject) {
        ++shared_->stats.connections;
        ++shared_->owing;
        if (reject_) ++shared_->rejecting;
    }
    ~Session() {
        settle();
        --shared_->stats.connections;
        if (reject_) --shared_->rejecting;
    }
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    static Task<void> run(std::shared_ptr<Session> self) {
        self->slot_.sessions.insert(self.get());
        try {
            if (!self->shared_->aborted) co_await self->serve();
        } catch (const std::exception& error) {
            warn(self->shared_->options.name, "a connection ended by " + type_name(error));
        }
        self->close();
        self->slot_.sessions.erase(self.get());
    }

    void stop() {
        if (phase_ == Phase::idle) close();
        if (phase_ == Phase::fresh && deadline_ > now() + fresh_stop_timeout) arm(fresh_stop_timeout);
    }

    void close() {
        error_code ignored;
        if (socket_.is_open()) {
            socket_.shutdown(tcp::socket::shutdown_both, ignored);
            socket_.close(ignored);
        }
        deadline_ = SteadyTime::max();
        timer_.cancel();
    }

  private:
    enum class Phase { fresh, idle, busy, settled };
    enum class Read { data, end, timeout, failed };

    static SteadyTime now() { return std::chrono::steady_clock::now(); }
    const Limits& limits() const { return shared_->options.limits; }
    ServerStats& stats() { return shared_->stats; }
    std::string_view input() const {
        const auto bytes = buffer_.cdata();
        return {static_cast<const char*>(bytes.data()), bytes.size()};
    }

    /// Nothing is owed to this connection from here on; what follows is courtesy.
    void settle() {
        if (phase_ == Phase::fresh || phase_ == Phase::busy) --shared_->owing;
        phase_ = Phase::settled;
    }
    void become(Phase phase) {
        const auto owes = [](Phase p) { return p == Phase::fresh || p == Phase::busy; };
        if (owes(phase) && !owes(phase_)) ++shared_->owing;
        if (!owes(phase) && owes(phase_)) --shared_->owing;
        phase_ = phase;
    }

    /// Each phase sets its own deadline. The timer is only moved when the deadline comes before it.
    void arm(Milliseconds timeout) {
        deadline_ = now() + timeout;
        timed_out_ = false;
        if (!timer_runs_ || timer_at_ > deadline_) start_timer();
    }
    void disarm() { deadline_ = SteadyTime::max(); }
    void start_timer() {
        timer_runs_ = true;
        timer_at_ = deadline_;
        timer_.expires_at(deadline_);
        timer_.async_wait([self = shared_from_this()](error_code error) {
            if (!error) self->on_timer();
        });
    }
    void on_timer() {
        timer_runs_ = false;
        if (deadline_ == SteadyTime::max()) return;
        if (now() < deadline_) return start_timer();
        timed_out_ = true;
        disarm();
        error_code ignored;
        socket_.cancel(ignored);
    }

    Task<Read> read(std::size_t size) {
        if (timed_out_) co_return Read::timeout;
        const auto space = buffer_.prepare(size);
        error_code error;
        std::size_t count = 0;
        if (tls_) {
            count = co_await tls_->async_read_some(space, asio::redirect_error(asio::use_awaitable, error));
        } else {
            count = co_await socket_.async_read_some(space, asio::redirect_error(asio::use_awaitable, error));
        }
        buffer_.commit(count);
        if (!error) co_return Read::data;
        if (timed_out_) co_return Read::timeout;
        if (error == asio::error::eof || error == asio::ssl::error::stream_truncated) co_return Read::end;
        co_return Read::failed;
    }

    Task<bool> write(std::string head, const std::string* body) {
        error_code error;
        if (timed_out_) co_return false;
        if (tls_ && body != nullptr && body->size() <= first_read) {
            head += *body;  // one TLS record instead of two
            body = nullptr;
        }
        const std::array<asio::const_buffer, 2> bytes{asio::buffer(head),
                                                      body == nullptr ? asio::const_buffer() : asio::buffer(*body)};
        if (tls_) {
            co_await asio::async_write(*tls_, bytes, asio::redirect_error(asio::use_awaitable, error));
        } else {
            co_await asio::async_write(socket_, bytes, asio::redirect_error(asio::use_awaitable, error));
        }
        co_return !error;
    }

    Task<bool> answer(const HttpResponse& response, ResponseFraming framing) {
        arm(limits().write_timeout);
        auto head = response_head(response, framing, std::time(nullptr));
        const bool written = co_await write(std::move(head), sends_body(response, framing) ? &response.body : nullptr);
        disarm();
        co_return written;
    }

    Task<void> serve() {
        error_code error;
        const auto endpoint = socket_.remote_endpoint(error);
        if (error) co_return;
        const auto address = endpoint.address();
        peer_.address = address.is_v6() && address.to_v6().is_v4_mapped()
                            ? asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string()
                            : address.to_string();
        socket_.set_option(tcp::no_delay(true), error);
        arm(shared_->stopping ? std::min(fresh_stop_timeout, limits().header_timeout) : limits().header_timeout);
        if (reject_) {
            // A TLS client would have to be shaken hands with first: too dear for one that is turned away.
            if (!shared_->options.tls) co_await turn_away(busy_response());
            co_return;
        }
        if (shared_->options.tls) {
            const bool secured = co_await handshake();
            if (!secured) co_return;
        }
        bool served = false;
        while (true) {
            if (buffer_.size() == 0) {
                if (served) {
                    become(Phase::idle);
                    if (shared_->stopping) co_return;
                    arm(limits().idle_timeout);
                }
                const auto got = co_await read(first_read);
                if (got != Read::data) co_return;
            }
            become(Phase::busy);
            if (served) arm(limits().header_timeout);
            const bool keep = co_await serve_request();
            if (!keep) break;
            served = true;
        }
        settle();
        co_await say_goodbye();
    }

    Task<bool> handshake() {
        error_code error;
        unsigned char first = 0;
        co_await socket_.async_receive(asio::buffer(&first, 1), tcp::socket::message_peek,
                                       asio::redirect_error(asio::use_awaitable, error));
        if (error) co_return false;
        constexpr unsigned char tls_handshake_record = 0x16;
        if (first != tls_handshake_record) {
            co_await turn_away(text_response(400, "this port speaks TLS: use https\n"));
            co_return false;
        }
        tls_context_ = shared_->tls();
        tls_.emplace(socket_, *tls_context_);
        co_await tls_->async_handshake(asio::ssl::stream_base::server,
                                       asio::redirect_error(asio::use_awaitable, error));
        if (error) {
            ++stats().tls_failures_total;
            co_return false;
        }
        peer_.tls = true;
        describe_certificate(tls_->native_handle(), peer_);
        co_return true;
    }

    /// One request and its answer; false where the connection is to be closed.
    Task<bool> serve_request() {
        HeadScanner scanner;
        while (true) {
            const auto state = scanner.feed(input());
            if (state == HeadScanner::State::malformed) {
                co_return co_await refuse(partial_head(input()), 400, std::string(scanner.reason()));
            }
            const auto size = state == HeadScanner::State::complete ? scanner.size() : buffer_.size();
            if (size > limits().max_header) {
                co_return co_await refuse(partial_head(input().substr(0, limits().max_header)), 431,
                                          "the request line and headers are larger than this server takes");
            }
            if (state == HeadScanner::State::complete) break;
            const auto got = co_await read(first_read);
            if (got != Read::data) co_return co_await broken_off(partial_head(input()), got);
        }
        auto head = read_head(input().substr(0, scanner.size()));
        if (!head) {
            co_return co_await refuse(std::move(head.error().request), head.error().status,
                                      std::move(head.error().reason));
        }
        auto& request = head->request;
        request.peer = peer_;
        const bool skip_body = head->framing != RequestHead::Framing::none && is_bodiless(request.method) &&
                               !shared_->options.reads_every_body;
        InFlight in_flight(stats());
        if (head->framing != RequestHead::Framing::none && !skip_body) {
            if (head->content_length > limits().max_body) {
                co_return co_await refuse(std::move(request), 413, "the body is larger than this server takes");
            }
            const bool whole = co_await read_body(*head, scanner.size(), in_flight);
            if (!whole) co_return false;
        } else {
            buffer_.consume(scanner.size());
        }
        disarm();
        unread_ = unread_ || skip_body;
        const bool head_request = request.method == "HEAD";
        const Active active(stats());
        ++stats().requests_total;
        HttpResponse response;
        bool keep = head->keep_alive && !skip_body;
        bool threw = true;
        try {
            auto made = co_await shared_->on_request(std::move(request));
            response = std::move(made);
            threw = false;
        } catch (const std::exception& error) {
            warn(shared_->options.name, "a request handler threw " + type_name(error));
        } catch (...) {
            warn(shared_->options.name, "a request handler threw something that is no std::exception");
        }
        if (threw) {
            ++stats().handler_failures_total;
            response = json_response(500, R"({"error":"internal","message":"the mediator failed; its log says more"})");
            keep = false;
        }
        if (response.reset) {
            reset();
            co_return false;
        }
        in_flight.add(response.body.size());
        if (shared_->stopping) keep = false;
        const ResponseFraming framing{head_request, head->http_1_0, keep};
        const bool written = co_await answer(response, framing);
        if (!written) unread_ = false;
        co_return written&& keep;
    }

    /// Ends the connection in a way that no client takes for an answer.
    void reset() {
        error_code ignored;
        socket_.set_option(asio::socket_base::linger(true, 0), ignored);
        socket_.close(ignored);
        unread_ = false;
    }

    /// Reads the body into the request; false where it was refused or the client is gone.
    Task<bool> read_body(RequestHead& head, std::size_t head_size, InFlight& in_flight) {
        auto& request = head.request;
        if (stats().bytes_in_flight + head.content_length > limits().max_bytes_in_flight) {
            co_return co_await overloaded(request);
        }
        BodyReader reader(input().substr(0, head_size), limits().max_body);
        buffer_.consume(head_size);
        arm(limits().body_timeout);
        if (head.expects_continue && !head.http_1_0 && buffer_.size() == 0) {
            const bool written = co_await write("HTTP/1.1 100 Continue\r\n\r\n", nullptr);
            if (!written) co_return false;
        }
        while (true) {
            buffer_.consume(reader.feed(input()));
            in_flight.grow_to(reader.size());
            if (stats().bytes_in_flight > limits().max_bytes_in_flight) co_return co_await overloaded(request);
            if (reader.state() == BodyReader::State::complete) break;
            if (reader.state() == BodyReader::State::refused) {
                co_return co_await refuse(std::move(request), reader.status(), std::string(reader.reason()));
            }
            if (buffer_.size() > limits().max_header) {
                co_return co_await refuse(std::move(request), 400, "a chunk header is too long");
            }
            const auto got = co_await read(body_read);
            if (got != Read::data) co_return co_await broken_off(std::move(request), got);
        }
        request.body = reader.take();
        co_return true;
    }

    /// The client stopped sending in the middle of a request. Always false.
    Task<bool> broken_off(HttpRequest request, Read how) {
        if (how == Read::timeout) {
            co_return co_await refuse(std::move(request), 408, "the request was not sent in time");
        }
        if (how == Read::end) {
            co_return co_await refuse(std::move(request), 400, "the request ended before it was complete");
        }
        co_return false;
    }

    /// Answers a request that is not taken. Always false: the connection is closed after it.
    Task<bool> refuse(HttpRequest request, int status, std::string reason) {
        disarm();
        count_refusal(status);
        unread_ = true;
        request.peer = peer_;
        const bool head_request = request.method == "HEAD";
        auto pending = std::make_shared<PendingRefusal>(socket_.get_executor());
        pending->timer.expires_after(limits().refusal_timeout);
        auto spare = text_response(status, reason + "\n");
        asio::co_spawn(socket_.get_executor(),
                       make_refusal(shared_, pending, Refusal{std::move(request), status, std::move(reason)}),
                       asio::detached);
        if (!pending->ended) {
            error_code ignored;
            co_await pending->timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        }
        if (!pending->ended) warn(shared_->options.name, "the refusal handler took too long");
        const auto& response = pending->response ? *pending->response : spare;
        const ResponseFraming framing{head_request, false, false};
        co_await answer(response, framing);
        co_return false;
    }

    Task<bool> overloaded(const HttpRequest& request) {
        count_refusal(503);
        if (shared_->options.resets_when_busy && shared_->options.resets_when_busy(request)) {
            reset();
            co_return false;
        }
        unread_ = true;
        const auto response = busy_response();
        const ResponseFraming framing{false, false, false};
        co_await answer(response, framing);
        co_return false;
    }

    /// A canned answer before anything was read.
    Task<void> turn_away(HttpResponse response) {
        count_refusal(response.status);
        unread_ = true;
        const ResponseFraming framing{false, false, false};
        co_await answer(response, framing);
        settle();
        co_await say_goodbye();
    }

    void count_refusal(int status) { ++stats().refused_by_status[static_cast<std::size_t>(status)]; }

    /// Closing with bytes unread would send a reset, which can overtake the answer: so the rest is read away first.
    Task<void> say_goodbye() {
        arm(linger_timeout);
        error_code error;
        const bool read_away = unread_ || buffer_.size() > 0;
        if (tls_ && !read_away) {
            co_await tls_->async_shutdown(asio::redirect_error(asio::use_awaitable, error));
            co_return;
        }
        socket_.shutdown(tcp::socket::shutdown_send, error);
        if (error || !read_away) co_return;
        buffer_.clear();
        const auto space = buffer_.prepare(first_read);
        std::size_t total = 0;
        while (!timed_out_ && total < linger_bytes) {
            const auto count =
                co_await socket_.async_read_some(space, asio::redirect_error(asio::use_awaitable, error));
            if (error) co_return;
            total += count;
        }
    }

    std::shared_ptr<Shared> shared_;
    Slot& slot_;
    tcp::socket socket_;
    std::shared_ptr<asio::ssl::context> tls_context_;
    std::optional<asio::ssl::stream<tcp::socket&>> tls_;
    asio::steady_timer timer_;
    SteadyTime deadline_ = SteadyTime::max();
    SteadyTime timer_at_{};
    bool timer_runs_ = false;
    bool timed_out_ = false;
    bool unread_ = false;  // the client may still be sending what nobody will read
    const bool reject_;
    Phase phase_ = Phase::fresh;
    boost::beast::flat_buffer buffer_;
    Peer peer_;
};

void start_session(std::shared_ptr<Shared> shared, Slot& slot, tcp::socket socket) {
    ++shared->stats.accepted_total;
    const bool reject = shared->stats.connections - shared->rejecting >= shared->options.limits.max_connections;
    if (reject && shared->rejecting >= max_rejecting) {
        ++shared->stats.refused_by_status[503];
        return;  // closed
    }
    auto session = std::make_shared<Session>(std::move(shared), slot, std::move(socket), reject);
    asio::co_spawn(*slot.context, Session::run(std::move(session)), asio::detached);
}

void stop_sessions(Slot& slot) {
    for (auto* session : slot.sessions) session->stop();
}

void abort_sessions(Slot& slot) {
    for (auto* session : slot.sessions) session->close();
}

}  // namespace ocm::http
