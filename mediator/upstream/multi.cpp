// SPDX-License-Identifier: MPL-2.0
#include "upstream/multi.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <new>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace ocm::upstream {
namespace asio = boost::asio;
namespace {

constexpr std::size_t max_idle_handles = 64;
constexpr long max_kept_connections = 256;

void complete(Transfer::Waiter waiter, Result<UpstreamReply> result) {
    const auto executor = waiter.work.get_executor();
    asio::post(executor, [waiter = std::move(waiter), result = std::move(result)]() mutable {
        std::move(waiter.done)(std::move(result));
    });
}

Result<UpstreamReply> cancelled() {
    return fail(ErrorCode::cancelled, "the call was abandoned before it was answered");
}

}  // namespace

Multi::Multi(asio::io_context& context, const UpstreamOptions& options)
    : context_(context),
      multi_(curl_multi_init()),
      timer_(context),
      free_connections_for_sure_(static_cast<std::size_t>(options.max_connections_per_host)),
      sweep_timer_(context) {
    if (multi_ == nullptr) throw std::bad_alloc();
    curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &Multi::on_socket);
    curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &Multi::on_timer);
    curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_MAX_HOST_CONNECTIONS, options.max_connections_per_host);
    curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, std::max(max_kept_connections, options.max_connections_per_host));
    curl_multi_setopt(multi_, CURLMOPT_PIPELINING, long{CURLPIPE_NOTHING});
}

Multi::~Multi() {
    closed_ = true;
    for (auto& [raw, transfer] : transfers_) {
        curl_multi_remove_handle(multi_, transfer->easy);
        curl_easy_cleanup(transfer->easy);
    }
    for (CURL* easy : idle_) curl_easy_cleanup(easy);
    curl_multi_cleanup(multi_);  // closes the kept connections through on_close
}

void Multi::prepare(CURL* easy) {
    Transfer::prepare(easy);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &Multi::on_open);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, &Multi::on_close);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, this);
}

void Multi::start(std::shared_ptr<Transfer> transfer) {
    if (closed_) return complete(std::move(*transfer->waiter), cancelled());
    CURL* easy = nullptr;
    if (idle_.empty()) {
        easy = curl_easy_init();
        if (easy == nullptr) {
            return complete(std::move(*transfer->waiter), fail(ErrorCode::unavailable, "out of memory"));
        }
        prepare(easy);
    } else {
        easy = idle_.back();
        idle_.pop_back();
    }
    transfer->configure(easy);
    transfer->multi = this;
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, transfer.get());
    auto* raw = transfer.get();
    transfers_.emplace(raw, std::move(transfer));
    starting_ = true;
    const auto added = curl_multi_add_handle(multi_, easy);
    starting_ = false;
    if (added != CURLM_OK) end(*raw, fail(ErrorCode::internal, "the call could not be started"));
    if (!sweeping_ && transfers_.size() > free_connections_for_sure_) sweep();
    if (std::exchange(due_, false)) act(CURL_SOCKET_TIMEOUT, 0);
}

void Multi::cancel(const std::shared_ptr<Transfer>& transfer) {
    if (transfers_.contains(transfer.get())) end(*transfer, cancelled());
}

void Multi::close() {
    closed_ = true;
    while (!transfers_.empty()) end(*transfers_.begin()->second, cancelled());
}

void Multi::end(Transfer& transfer, Result<UpstreamReply> result) {
    CURL* easy = transfer.easy;
    curl_multi_remove_handle(multi_, easy);
    const bool as_prepared = transfer.let_go();
    if (idle_.size() < max_idle_handles) {
        if (!as_prepared) {
            curl_easy_reset(easy);
            prepare(easy);
        }
        idle_.push_back(easy);
    } else {
        curl_easy_cleanup(easy);
    }
    auto waiter = *std::move(transfer.waiter);
    transfers_.erase(&transfer);
    complete(std::move(waiter), std::move(result));
}

void Multi::act(curl_socket_t socket, int events) {
    int running = 0;
    curl_multi_socket_action(multi_, socket, events, &running);
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
        if (message->msg != CURLMSG_DONE) continue;
        const auto code = message->data.result;  // the message dies with the handle's removal
        void* found = nullptr;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &found);
        auto& transfer = *static_cast<Transfer*>(found);
        end(transfer, transfer.outcome(code));
    }
}

void Multi::sweep() {
    const auto now = std::chrono::steady_clock::now();
    std::vector<Transfer*> overdue;
    for (const auto& [raw, transfer] : transfers_) {
        if (transfer->overdue(now)) overdue.push_back(raw);
    }
    for (auto* transfer : overdue) end(*transfer, fail(transfer->never_connected()));
    sweeping_ = transfers_.size() > free_connections_for_sure_;
    if (!sweeping_) return;
    sweep_timer_.expires_after(Milliseconds(50));
    sweep_timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
        const auto self = weak.lock();
        if (!error && self) self->sweep();
    });
}

int Multi::on_timer(CURLM*, long milliseconds, void* self) {
    static_cast<Multi*>(self)->set_timer(milliseconds);
    return 0;
}

void Multi::set_timer(long milliseconds) {
    const auto round = ++timer_round_;
    due_ = false;
    if (milliseconds < 0 || (closed_ && transfers_.empty())) return;
    if (milliseconds == 0 && starting_) {
        due_ = true;
        return;
    }
    // libcurl must not be called from within its own callback, so even "now" goes through the context.
    auto expired = [weak = weak_from_this(), round] {
        const auto self = weak.lock();
        if (self && self->timer_round_ == round) self->act(CURL_SOCKET_TIMEOUT, 0);
    };
    if (milliseconds == 0) {
        asio::post(context_, std::move(expired));
        return;
    }
    timer_.expires_after(Milliseconds(milliseconds));
    timer_.async_wait([expired = std::move(expired)](const boost::system::error_code& error) {
        if (!error) expired();
    });
}

curl_socket_t Multi::on_open(void* self, curlsocktype, curl_sockaddr* address) {
    auto& transfer = *static_cast<Transfer*>(self);
    if (!transfer.may_connect(address->addr)) return CURL_SOCKET_BAD;
    auto& multi = *transfer.multi;
    const auto socket = ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    if (socket >= 0) multi.watches_[socket] = std::make_shared<Watch>(multi.context_);
    return socket;
}

int Multi::on_close(void* self, curl_socket_t socket) {
    auto& watches = static_cast<Multi*>(self)->watches_;
    const auto found = watches.find(socket);
    const auto watch = found == watches.end() ? nullptr : found->second;
    if (watch) watches.erase(found);
    if (watch && watch->descriptor.is_open()) {
        boost::system::error_code ignored;
        watch->descriptor.close(ignored);
        return 0;
    }
    return ::close(socket);
}

int Multi::on_socket(CURL*, curl_socket_t socket, int what, void* self, void*) {
    static_cast<Multi*>(self)->want(socket, what);
    return 0;
}

void Multi::want(curl_socket_t socket, int what) {
    auto found = watches_.find(socket);
    if (what == CURL_POLL_REMOVE) {
        if (found == watches_.end()) return;
        const auto watch = found->second;
        watch->wants_read = watch->wants_write = false;
        if (watch->foreign) {
            watches_.erase(found);
            if (watch->descriptor.is_open()) watch->descriptor.release();
        }
        return;
    }
    if (found == watches_.end()) {
        found = watches_.emplace(socket, std::make_shared<Watch>(context_)).first;
        found->second->foreign = true;
    }
    const auto watch = found->second;
    if (!watch->descriptor.is_open()) {
        boost::system::error_code error;
        watch->descriptor.assign(socket, error);
        if (error) return;  // the transfer's timeout ends it
    }
    watch->wants_read = (what & CURL_POLL_IN) != 0;
    watch->wants_write = (what & CURL_POLL_OUT) != 0;
    wait(socket, watch);
}

void Multi::wait(curl_socket_t socket, const std::shared_ptr<Watch>& watch) {
    const auto arm = [&](bool write) {
        (write ? watch->writing : watch->reading) = true;
        watch->descriptor.async_wait(
            write ? asio::posix::stream_descriptor::wait_write : asio::posix::stream_descriptor::wait_read,
            [weak = weak_from_this(), watch, socket, write](const boost::system::error_code& error) {
                (write ? watch->writing : watch->reading) = false;
                const auto self = weak.lock();
                if (self && error != asio::error::operation_aborted) {
                    self->ready(socket, watch, write, static_cast<bool>(error));
                }
            });
    };
    if (watch->wants_read && !watch->reading) arm(false);
    if (watch->wants_write && !watch->writing) arm(true);
}

void Multi::ready(curl_socket_t socket, const std::shared_ptr<Watch>& watch, bool write, bool failed) {
    const auto current = [&] {
        const auto found = watches_.find(socket);
        return found != watches_.end() && found->second == watch;
    };
    if (!current() || !(write ? watch->wants_write : watch->wants_read)) return;
    act(socket, failed ? CURL_CSELECT_ERR : write ? CURL_CSELECT_OUT : CURL_CSELECT_IN);
    if (current() && !failed) wait(socket, watch);
}

}  // namespace ocm::upstream
