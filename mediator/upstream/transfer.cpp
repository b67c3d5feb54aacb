// SPDX-License-Identifier: MPL-2.0
#include "upstream/transfer.hpp"

#include "core/address.hpp"

#include <algorithm>
#include <cstring>
#include <netinet/in.h>
#include <span>

namespace ocm::upstream {
namespace {

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view space = " \t\r\n";
    const auto first = text.find_first_not_of(space);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(space) - first + 1);
}

}  // namespace

Transfer::Transfer(SharedCall call, UrlParts target, Milliseconds timeout,
                   std::shared_ptr<const UpstreamOptions> options)
    : shared_(std::move(call)),
      call_(*shared_),
      target_(std::move(target)),
      timeout_(timeout),
      deadline_(std::chrono::steady_clock::now() + timeout),
      options_(std::move(options)),
      trust_(trust_for(*options_, target_)) {}

Transfer::~Transfer() {
    curl_slist_free_all(headers_);
}

void Transfer::prepare(CURL* handle) {
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(handle, CURLOPT_PROXY, "");
    curl_easy_setopt(handle, CURLOPT_HTTP_VERSION, long{CURL_HTTP_VERSION_1_1});
    // An answer without a status line reaches take_body, which tells what it was.
    curl_easy_setopt(handle, CURLOPT_HTTP09_ALLOWED, 1L);
    curl_easy_setopt(handle, CURLOPT_TCP_NODELAY, 1L);
    curl_easy_setopt(handle, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(handle, CURLOPT_ACCEPT_ENCODING, "");
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, &Transfer::on_body);
    curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, &Transfer::on_header);
    // Sockets are refused when they are opened; a connection kept from another call is looked at here.
    curl_easy_setopt(handle, CURLOPT_PREREQFUNCTION, &Transfer::on_connected);
    curl_easy_setopt(handle, CURLOPT_SSLVERSION, long{CURL_SSLVERSION_TLSv1_2});
    curl_easy_setopt(handle, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(handle, CURLOPT_SSL_VERIFYHOST, 2L);
    // With a file and no folder libcurl keeps the parsed authorities between connections; a changed file counts soon.
    curl_easy_setopt(handle, CURLOPT_CAPATH, nullptr);
    curl_easy_setopt(handle, CURLOPT_CA_CACHE_TIMEOUT, 300L);
    curl_easy_setopt(handle, CURLOPT_SSL_CTX_FUNCTION, &Transfer::on_ssl);
}

void Transfer::configure(CURL* handle) {
    easy = handle;
    curl_easy_setopt(handle, CURLOPT_PRIVATE, this);
    curl_easy_setopt(handle, CURLOPT_URL, call_.url.c_str());
    curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, error_text_.data());
    curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options_->connect_timeout.count()));
    curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(timeout_.count()));
    curl_easy_setopt(handle, CURLOPT_MAXFILESIZE_LARGE, static_cast<curl_off_t>(call_.max_response));
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, this);
    curl_easy_setopt(handle, CURLOPT_HEADERDATA, this);
    curl_easy_setopt(handle, CURLOPT_PREREQDATA, this);
    if (call_.verbatim) {
        marks_ = true;
        curl_easy_setopt(handle, CURLOPT_PATH_AS_IS, 1L);
        curl_easy_setopt(handle, CURLOPT_ACCEPT_ENCODING, nullptr);
    }
    set_method(handle);

    const auto add = [this](const std::string& line) {
        auto* longer = curl_slist_append(headers_, line.c_str());
        if (longer == nullptr) throw std::bad_alloc();
        headers_ = longer;
    };
    // libcurl writes an empty field as "Name;" and leaves out a default one as "Name:".
    std::string line;
    for (const auto& [name, value] : call_.headers) {
        line.assign(name).append(value.empty() ? ";" : ": ").append(value);
        add(line);
    }
    add("Expect:");
    if (call_.headers.find("content-type") == nullptr) add("Content-Type:");
    if (call_.headers.find("user-agent") == nullptr) {
        add(call_.verbatim ? "User-Agent:" : "User-Agent: opencrvs-mediator");
    }
    if (call_.verbatim && call_.headers.find("accept") == nullptr) add("Accept:");
    curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers_);
    curl_easy_setopt(handle, CURLOPT_SSL_CTX_DATA, this);
    if (target_.scheme == "https") set_tls(handle);
}

bool Transfer::let_go() {
    curl_easy_setopt(easy, CURLOPT_URL, nullptr);  // may hold a secret: 1.x asks for tokens in the query
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, nullptr);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, nullptr);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, nullptr);
    return !marks_;
}

bool Transfer::may_connect(const sockaddr& address) {
    if (!call_.public_only) return true;
    bool allowed = false;
    if (address.sa_family == AF_INET) {
        sockaddr_in four{};
        std::memcpy(&four, &address, sizeof four);
        allowed = is_public_address(std::span(reinterpret_cast<const std::uint8_t*>(&four.sin_addr), 4));
    } else if (address.sa_family == AF_INET6) {
        sockaddr_in6 six{};
        std::memcpy(&six, &address, sizeof six);
        allowed = is_public_address(std::span(six.sin6_addr.s6_addr));
    }
    not_public_ = not_public_ || !allowed;
    return allowed;
}

int Transfer::on_connected(void* self, char* address, char*, int, int) {
    auto& transfer = *static_cast<Transfer*>(self);
    if (!transfer.call_.public_only) return CURL_PREREQFUNC_OK;
    if (address != nullptr && is_public_address(std::string_view(address))) return CURL_PREREQFUNC_OK;
    transfer.not_public_ = true;
    return CURL_PREREQFUNC_ABORT;
}

void Transfer::set_method(CURL* handle) {
    const bool head = call_.method == "HEAD";
    const bool bare =
        head || (call_.body.empty() && call_.method != "POST" && call_.method != "PUT" && call_.method != "PATCH");
    const bool safe = call_.repeatable || call_.method == "GET";
    // Where a kept connection dies before an answer, libcurl sends again, unless it would have to rewind a body that
    // cannot be: so the body of a call that must not be done twice is read from a function.
    const bool read = !bare && !safe && !call_.body.empty();
    curl_easy_setopt(handle, CURLOPT_READFUNCTION, read ? &Transfer::on_upload : nullptr);
    curl_easy_setopt(handle, CURLOPT_READDATA, read ? this : nullptr);
    curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE,
                     bare ? curl_off_t{-1} : static_cast<curl_off_t>(call_.body.size()));
    curl_easy_setopt(handle, CURLOPT_POSTFIELDS, bare || read ? nullptr : call_.body.data());
    // Only now: the options of a body make a POST of it.
    curl_easy_setopt(handle, bare ? CURLOPT_HTTPGET : CURLOPT_POST, 1L);
    if (head) curl_easy_setopt(handle, CURLOPT_NOBODY, 1L);
    const bool fresh = !head && !safe && (call_.body.empty() || call_.verbatim);
    curl_easy_setopt(handle, CURLOPT_FRESH_CONNECT, fresh ? 1L : 0L);
    const bool usual = head || call_.method == (bare ? "GET" : "POST");
    curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, usual ? nullptr : call_.method.c_str());
}

void Transfer::set_tls(CURL* handle) {
    tls_ = std::make_shared<TlsReport>();
    if (trust_ == nullptr) return;
    tls_->pinned = trust_->pinned_sha256;
    tls_->trust_any = trust_->trust_any;
    if (!tls_->pinned.empty() || tls_->trust_any) {
        marks_ = true;
        curl_easy_setopt(handle, CURLOPT_SSL_VERIFYHOST, 0L);
        curl_easy_setopt(handle, CURLOPT_CAINFO, nullptr);
    } else if (!trust_->ca_file.empty()) {
        marks_ = true;
        curl_easy_setopt(handle, CURLOPT_CAINFO, trust_->ca_file.c_str());
    }
    if (!trust_->client_cert_file.empty()) {
        marks_ = true;
        curl_easy_setopt(handle, CURLOPT_SSLCERT, trust_->client_cert_file.c_str());
        curl_easy_setopt(handle, CURLOPT_SSLKEY, trust_->client_key_file.c_str());
    }
}

CURLcode Transfer::on_ssl(CURL*, void* context, void* self) {
    auto& transfer = *static_cast<Transfer*>(self);
    transfer.handshaking_ = true;
    watch_handshake(static_cast<SSL_CTX*>(context), transfer.tls_);
    return CURLE_OK;
}

std::size_t Transfer::on_body(char* data, std::size_t size, std::size_t count, void* self) {
    return static_cast<Transfer*>(self)->take_body(data, size * count);
}

std::size_t Transfer::on_header(char* data, std::size_t size, std::size_t count, void* self) {
    return static_cast<Transfer*>(self)->take_header({data, size * count});
}

std::size_t Transfer::on_upload(char* data, std::size_t size, std::size_t count, void* self) {
    auto& transfer = *static_cast<Transfer*>(self);
    const auto part = std::min(size * count, transfer.call_.body.size() - transfer.uploaded_);
    std::copy_n(transfer.call_.body.data() + transfer.uploaded_, part, data);
    transfer.uploaded_ += part;
    return part;
}

std::size_t Transfer::take_body(const char* data, std::size_t size) {
    if (header_bytes_ == 0) {
        not_http_ = true;
        tls_bytes_ = size >= 2 && data[0] == 0x15 && data[1] == 0x03;
        return 0;
    }
    if (size > call_.max_response - reply_.body.size()) {
        body_too_large_ = true;
        return 0;
    }
    reply_.body.append(data, size);
    return size;
}

std::size_t Transfer::take_header(std::string_view line) {
    header_bytes_ += line.size();
    if (header_bytes_ > options_->max_header_bytes) {
        headers_too_large_ = true;
        return 0;
    }
    if (line.starts_with("HTTP/")) {
        reply_.headers = {};  // what came before was an interim answer
        return line.size();
    }
    const auto colon = line.find(':');
    if (colon != std::string_view::npos) {
        reply_.headers.add(std::string(trimmed(line.substr(0, colon))), std::string(trimmed(line.substr(colon + 1))));
    }
    return line.size();
}

bool Transfer::overdue(SteadyTime now) const {
    return now > deadline_ + Milliseconds(20);
}

Error Transfer::never_connected() const {
    return Error{
        ErrorCode::unavailable,
        "no connection to " + target_.host + ":" + target_.port + " was free in time: all that are allowed are busy",
        {},
        std::nullopt};
}

Result<UpstreamReply> Transfer::outcome(CURLcode code) {
    if (code != CURLE_OK) return fail(explain(*this, code));
    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    reply_.status = static_cast<int>(status);
    if (!call_.verbatim && reply_.headers.find("content-encoding") != nullptr) {
        // The body has been decoded: these two no longer describe it.
        reply_.headers.erase("content-encoding");
        reply_.headers.erase("content-length");
    }
    return std::move(reply_);
}

}  // namespace ocm::upstream
