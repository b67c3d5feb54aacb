// SPDX-License-Identifier: MPL-2.0
#include "integration/upstream/raw_server.hpp"

#include "core/hash.hpp"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <arpa/inet.h>
#include <csignal>
#include <cstdlib>
#include <netinet/in.h>
#include <poll.h>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>

namespace ocm::test {
namespace {

std::string temporary_file() {
    std::string path = "/tmp/ocm-upstream-XXXXXX";
    const int file = ::mkstemp(path.data());
    if (file < 0) throw std::runtime_error("no temporary file");
    ::close(file);
    return path;
}

void extend(X509* certificate, X509* issuer, int what, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    auto* extension = X509V3_EXT_conf_nid(nullptr, &context, what, value.c_str());
    if (extension == nullptr) throw std::runtime_error("no extension");
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

}  // namespace

Identity Identity::make(const Wish& wish) {
    Identity out;
    out.key.reset(EVP_EC_gen("P-256"), EVP_PKEY_free);
    out.certificate.reset(X509_new(), X509_free);
    auto* x509 = out.certificate.get();
    X509_set_version(x509, 2);
    static std::atomic<long> serial{1};
    ASN1_INTEGER_set(X509_get_serialNumber(x509), serial++);
    X509_gmtime_adj(X509_getm_notBefore(x509), wish.not_before);
    X509_gmtime_adj(X509_getm_notAfter(x509), wish.not_after);
    X509_set_pubkey(x509, out.key.get());
    auto* name = X509_get_subject_name(x509);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(wish.name.c_str()), -1,
                               -1, 0);
    auto* issuer = wish.issuer == nullptr ? x509 : wish.issuer->certificate.get();
    X509_set_issuer_name(x509, X509_get_subject_name(issuer));
    extend(x509, issuer, NID_basic_constraints, wish.authority ? "critical,CA:TRUE" : "CA:FALSE");
    std::string names = "DNS:" + wish.name;
    if (!wish.address.empty()) names += ",IP:" + wish.address;
    extend(x509, issuer, NID_subject_alt_name, names);
    X509_sign(x509, wish.issuer == nullptr ? out.key.get() : wish.issuer->key.get(), EVP_sha256());

    out.cert_file = temporary_file();
    out.key_file = temporary_file();
    FILE* file = std::fopen(out.cert_file.c_str(), "w");
    PEM_write_X509(file, x509);
    std::fclose(file);
    file = std::fopen(out.key_file.c_str(), "w");
    PEM_write_PrivateKey(file, out.key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(file);
    unsigned char* der = nullptr;
    const int size = i2d_X509(x509, &der);
    out.sha256 = sha256_hex({reinterpret_cast<const char*>(der), static_cast<std::size_t>(size)});
    OPENSSL_free(der);
    return out;
}

Identity::~Identity() {
    if (!cert_file.empty()) ::unlink(cert_file.c_str());
    if (!key_file.empty()) ::unlink(key_file.c_str());
}

Wire::~Wire() {
    close();
    if (ssl_ != nullptr) SSL_free(ssl_);
}

long Wire::read_some(char* data, std::size_t size) {
    return ssl_ != nullptr ? SSL_read(ssl_, data, static_cast<int>(size)) : ::recv(socket_, data, size, 0);
}

std::string Wire::read_request() {
    std::size_t need = 0;
    while (true) {
        const auto end = buffer_.find("\r\n\r\n");
        if (end != std::string::npos && need == 0) {
            need = end + 4;
            const auto length = buffer_.find("Content-Length: ");
            if (length < end) need += std::strtoul(buffer_.c_str() + length + 16, nullptr, 10);
        }
        if (need != 0 && buffer_.size() >= need) {
            auto out = buffer_.substr(0, need);
            buffer_.erase(0, need);
            return out;
        }
        char data[4096];
        const auto got = read_some(data, sizeof data);
        if (got <= 0) return {};
        buffer_.append(data, static_cast<std::size_t>(got));
    }
}

void Wire::write(std::string_view bytes) {
    while (!bytes.empty()) {
        const auto put = ssl_ != nullptr
                             ? static_cast<long>(SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size())))
                             : ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (put <= 0) return;
        bytes.remove_prefix(static_cast<std::size_t>(put));
    }
}

void Wire::answer(int status, std::string_view body, std::string_view fields) {
    write("HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
          std::string(fields) + "\r\n" + std::string(body));
}

void Wire::close() {
    if (socket_ < 0) return;
    if (ssl_ != nullptr) SSL_shutdown(ssl_);
    ::shutdown(socket_, SHUT_RDWR);
    socket_ = -1;
}

void Wire::reset() {
    // The descriptor is closed by the acceptor; lingering for zero seconds makes that a reset.
    const linger now{1, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    socket_ = -1;
}

bool Wire::wait_closed() {
    pollfd one{socket_, POLLIN | POLLRDHUP, 0};
    return ::poll(&one, 1, 5000) == 1;
}

RawServer::RawServer(Script script, const Identity* identity, const Identity* client_authority)
    : script_(std::move(script)) {
    std::signal(SIGPIPE, SIG_IGN);
    if (identity != nullptr) {
        tls_ = SSL_CTX_new(TLS_server_method());
        SSL_CTX_use_certificate(tls_, identity->certificate.get());
        SSL_CTX_use_PrivateKey(tls_, identity->key.get());
        if (client_authority != nullptr) {
            X509_STORE_add_cert(SSL_CTX_get_cert_store(tls_), client_authority->certificate.get());
            SSL_CTX_set_verify(tls_, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
        }
    }
    listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 256) != 0) {
        throw std::runtime_error("cannot listen");
    }
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept_loop(); });
}

RawServer::~RawServer() {
    stopping_ = true;
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    ::close(listener_);
    {
        const std::lock_guard lock(mutex_);
        for (const int socket : open_) ::shutdown(socket, SHUT_RDWR);
    }
    for (auto& thread : threads_) thread.join();
    SSL_CTX_free(tls_);
}

void RawServer::accept_loop() {
    while (!stopping_) {
        const int socket = ::accept(listener_, nullptr, nullptr);
        if (socket < 0) return;
        ++connections_;
        const std::lock_guard lock(mutex_);
        open_.push_back(socket);
        threads_.emplace_back([this, socket] {
            SSL* ssl = nullptr;
            bool ready = true;
            if (tls_ != nullptr) {
                ssl = SSL_new(tls_);
                SSL_set_fd(ssl, socket);
                ready = SSL_accept(ssl) == 1;
            }
            {
                Wire wire(socket, ssl);
                if (ready) script_(wire);
            }
            const std::lock_guard guard(mutex_);
            std::erase(open_, socket);
            ::close(socket);
        });
    }
}

}  // namespace ocm::test
