// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/ports.hpp"
#include "upstream/tls.hpp"

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <curl/curl.h>

#include <array>
#include <memory>
#include <optional>
#include <string>

namespace ocm::upstream {

class Multi;

/// One call on its way: everything libcurl points into while it runs. Lives on one io thread once started.
class Transfer {
  public:
    /// Who waits for the outcome, and where it is resumed. Its context does not run out of work meanwhile.
    struct Waiter {
        boost::asio::any_completion_handler<void(Result<UpstreamReply>)> done;
        boost::asio::executor_work_guard<boost::asio::any_io_executor> work;
    };

    Transfer(SharedCall call, UrlParts target, Milliseconds timeout, std::shared_ptr<const UpstreamOptions> options);
    ~Transfer();
    Transfer(const Transfer&) = delete;
    Transfer& operator=(const Transfer&) = delete;

    /// Sets on a new or reset handle what is the same for every call.
    static void prepare(CURL* easy);

    /// Sets on a prepared handle what differs from call to call: each of it for each call, so that nothing of the last
    /// one is left. All but the socket callbacks.
    void configure(CURL* easy);

    /// Takes from the handle what points into this transfer. False where the call set what the next one does not set
    /// again: then the handle has to be reset and prepared.
    bool let_go();

    /// What came of it. REQUIRES: the handle has not been reset since.
    Result<UpstreamReply> outcome(CURLcode code);

    /// Past its time for so long that libcurl would have ended it, had it been given a connection.
    bool overdue(SteadyTime now) const;
    Error never_connected() const;

    std::optional<Waiter> waiter;  // set before it is started
    CURL* easy = nullptr;
    Multi* multi = nullptr;  // that carries it out; set before it is started

    /// Whether the call may use a connection to this address; where not, that is why it fails.
    bool may_connect(const sockaddr& address);

  private:
    friend Error explain(const Transfer& transfer, CURLcode code);

    static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self);
    static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self);
    static std::size_t on_upload(char* data, std::size_t size, std::size_t count, void* self);
    static int on_connected(void* self, char* address, char* own_address, int port, int own_port);
    static CURLcode on_ssl(CURL* easy, void* context, void* self);

    void set_method(CURL* handle);
    void set_tls(CURL* handle);
    std::size_t take_body(const char* data, std::size_t size);
    std::size_t take_header(std::string_view line);

    SharedCall shared_;
    const UpstreamCall& call_;
    UrlParts target_;
    Milliseconds timeout_;
    SteadyTime deadline_;
    std::shared_ptr<const UpstreamOptions> options_;
    const Trust* trust_;
    std::shared_ptr<TlsReport> tls_;
    curl_slist* headers_ = nullptr;
    bool marks_ = false;  // it set what the next call does not set again
    std::array<char, CURL_ERROR_SIZE> error_text_{};

    UpstreamReply reply_;
    std::size_t header_bytes_ = 0;
    bool handshaking_ = false;  // a TLS handshake was begun: the connection stands
    std::size_t uploaded_ = 0;
    bool body_too_large_ = false;
    bool headers_too_large_ = false;
    bool not_http_ = false;    // the answer did not begin with an HTTP status line
    bool tls_bytes_ = false;   // it began with a TLS alert
    bool not_public_ = false;  // the address is one that the call may not reach
};

/// A failed transfer in words for an administrator, with the code the caller acts on.
Error explain(const Transfer& transfer, CURLcode code);

}  // namespace ocm::upstream
