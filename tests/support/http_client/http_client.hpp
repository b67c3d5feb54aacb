// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/http_message.hpp"
#include "core/time.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

/// Clients for tests: one that behaves (Beast, an implementation that is not ours) and one for hostile bytes.
/// Everything blocks the calling thread with a bound, and throws std::runtime_error when something goes wrong.
namespace ocm::test {

/// A directory of its own, removed with everything in it.
class TempDir {
  public:
    TempDir();
    ~TempDir();
    TempDir(const TempDir&) = delete;
    TempDir& operator=(const TempDir&) = delete;

    const std::filesystem::path& path() const { return path_; }
    /// Path of a file in the directory.
    std::string file(std::string_view name) const { return (path_ / name).string(); }

  private:
    std::filesystem::path path_;
};

struct ClientTls {
    std::string ca_file;           // trusted for the server's certificate; empty: the server is not verified
    std::string certificate_file;  // the client's own, empty: none
    std::string key_file;
    std::string server_name;  // SNI and expected name; empty: the host
};

struct FetchOptions {
    bool tls = false;
    ClientTls tls_options;
    Milliseconds timeout{5'000};  // for connecting and for each exchange
};

/// A connection that is kept: several requests one after the other.
class HttpConnection {
  public:
    HttpConnection(const std::string& host, std::uint16_t port, FetchOptions options = {});
    ~HttpConnection();
    HttpConnection(HttpConnection&&) noexcept;
    HttpConnection& operator=(HttpConnection&&) noexcept;

    /// Sends `request` (method, target, headers, body; Host and Content-Length are added) and reads the answer.
    HttpResponse send(const HttpRequest& request);
    /// False once the server said that it closes.
    bool keeps_alive() const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// One request on a connection of its own, with `Connection: close` unless the request says otherwise.
HttpResponse fetch(const std::string& host, std::uint16_t port, const HttpRequest& request, FetchOptions options = {});
/// GET of a target.
HttpResponse get(const std::string& host, std::uint16_t port, const std::string& target, FetchOptions options = {});
/// POST of a body.
HttpResponse post(const std::string& host, std::uint16_t port, const std::string& target, std::string body,
                  const std::string& content_type = "application/json", FetchOptions options = {});

/// A plain TCP connection: sends exactly the bytes given.
class RawConnection {
  public:
    RawConnection(const std::string& host, std::uint16_t port);
    /// A socket that is not connected yet.
    RawConnection();
    ~RawConnection();
    RawConnection(const RawConnection&) = delete;
    RawConnection& operator=(const RawConnection&) = delete;

    /// Needs no descriptor of its own. Throws where it cannot be done.
    void connect(const std::string& host, std::uint16_t port);
    /// Sends all bytes; false where the other side closed.
    bool send(std::string_view bytes);
    /// What arrives until `text` has been seen (or end, or the timeout).
    std::string read_until(std::string_view text, Milliseconds timeout = Milliseconds{5'000});
    /// What arrives until the other side closes (or the timeout).
    std::string read_all(Milliseconds timeout = Milliseconds{5'000});
    /// True once the other side has closed and everything was read.
    bool closed() const { return closed_; }
    /// Ends our direction, keeps reading.
    void shutdown_send();
    /// Closes with a reset.
    void reset();

  private:
    std::string read(std::string_view until, Milliseconds timeout);
    int socket_ = -1;
    bool closed_ = false;
};

/// Status of the first answer in raw bytes ("HTTP/1.1 400 ..."), 0 where there is none.
int status_of(std::string_view raw);

/// PEM files of a key and its certificate.
struct Certificate {
    std::string certificate_file;
    std::string key_file;
};

struct CertificateOptions {
    const Certificate* issuer = nullptr;  // nullptr: signed by itself
    bool authority = false;
    std::vector<std::string> alternatives = {"localhost", "127.0.0.1"};  // names and addresses it is for
    int first_day = -1, last_day = 30;                                   // of its validity; 0 is now
};

/// Makes a key (P-256) and a certificate for CN=`name` in `directory`, files NAME.crt and NAME.key.
Certificate make_certificate(const TempDir& directory, const std::string& name, const CertificateOptions& options = {});

/// SHA-256 of a certificate, as it is pinned: 64 hexadecimal digits.
std::string fingerprint(const Certificate& certificate);

}  // namespace ocm::test
