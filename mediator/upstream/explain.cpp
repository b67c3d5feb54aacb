// SPDX-License-Identifier: MPL-2.0
#include "upstream/transfer.hpp"

#include <fmt/format.h>
#include <openssl/x509_vfy.h>

#include <cerrno>
#include <string_view>

namespace ocm::upstream {
namespace {

Error error(ErrorCode code, std::string message) {
    return Error{code, std::move(message), {}, std::nullopt};
}

bool has(CURL* easy, CURLINFO phase) {
    curl_off_t microseconds = 0;
    curl_easy_getinfo(easy, phase, &microseconds);
    return microseconds > 0;
}

std::string certificate(const TlsReport& tls) {
    return fmt::format("SHA-256 {}, issued by \"{}\"", tls.sha256, tls.issuer);
}

/// Why the check of the certificate failed; absent where the certificate was not the trouble.
std::optional<std::string> refused_certificate(const TlsReport& tls, const std::string& where) {
    if (!tls.checked || tls.accepted) return std::nullopt;
    if (!tls.pinned.empty()) {
        return fmt::format(
            "the certificate of {} is not the pinned one: it has {}. If it was renewed, pin the new fingerprint", where,
            certificate(tls));
    }
    switch (tls.verify_result) {
        case X509_V_ERR_CERT_HAS_EXPIRED:
            return fmt::format(
                "the certificate of {} has expired ({}): it must be renewed there, or our clock is wrong", where,
                certificate(tls));
        case X509_V_ERR_CERT_NOT_YET_VALID:
            return fmt::format("the certificate of {} is not valid yet ({}): is our clock right?", where,
                               certificate(tls));
        default:
            return fmt::format(
                "the certificate of {} is not trusted ({}; {}): name the CA that issued it, or pin this fingerprint",
                where, X509_verify_cert_error_string(tls.verify_result), certificate(tls));
    }
}

Error tls_trouble(const TlsReport* tls, std::string_view detail, const std::string& where) {
    if (tls != nullptr) {
        if (auto refused = refused_certificate(*tls, where)) return error(ErrorCode::bad_gateway, *std::move(refused));
        if (tls->plain_http) {
            return error(ErrorCode::bad_gateway,
                         fmt::format("{} speaks plain HTTP, not TLS: use http:// in its address", where));
        }
        if (tls->accepted && detail.find("no alternative certificate subject name") != std::string_view::npos) {
            return error(
                ErrorCode::bad_gateway,
                fmt::format("the certificate of {} is for other names ({}): use one of them in the address, or "
                            "pin its fingerprint (SHA-256 {})",
                            where, tls->names.empty() ? "none listed" : tls->names, tls->sha256));
        }
    }
    if (detail.find("wrong version number") != std::string_view::npos) {
        return error(ErrorCode::bad_gateway,
                     fmt::format("{} does not speak TLS: use http:// in its address if it speaks plain HTTP", where));
    }
    if (tls != nullptr && (tls->alert >= 0 || tls->accepted)) {
        return error(ErrorCode::bad_gateway,
                     fmt::format("{} refused the TLS handshake{}: it may want a client certificate "
                                 "it trusts, or another version of TLS",
                                 where, tls->alert >= 0 ? fmt::format(" (alert {})", tls->alert) : ""));
    }
    return error(ErrorCode::bad_gateway, fmt::format("the TLS handshake with {} failed: nothing was sent", where));
}

Error no_connection(CURL* easy, const std::string& where) {
    long number = 0;
    curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &number);
    if (number == ECONNREFUSED) {
        return error(ErrorCode::unavailable,
                     fmt::format("{} refused the connection: nothing listens on that port", where));
    }
    if (number == EHOSTUNREACH || number == ENETUNREACH) {
        return error(ErrorCode::unavailable, fmt::format("there is no route to {}", where));
    }
    return error(ErrorCode::unavailable, fmt::format("no connection to {} could be made", where));
}

}  // namespace

Error explain(const Transfer& transfer, CURLcode code) {
    CURL* easy = transfer.easy;
    const auto where = fmt::format("{}:{}", transfer.target_.host, transfer.target_.port);
    const std::string_view detail = transfer.error_text_.data();
    const auto* tls = transfer.tls_.get();
    const bool secure = transfer.target_.scheme == "https";
    const bool sent = has(easy, CURLINFO_PRETRANSFER_TIME_T);

    if (transfer.not_public_) {
        return error(ErrorCode::unavailable,
                     fmt::format("{} is not at a public address: nothing was sent there", where));
    }
    if (transfer.body_too_large_ || code == CURLE_FILESIZE_EXCEEDED) {
        return error(ErrorCode::bad_gateway, fmt::format("the answer of {} is larger than the {} bytes allowed", where,
                                                         transfer.call_.max_response));
    }
    if (transfer.headers_too_large_) {
        return error(ErrorCode::bad_gateway, fmt::format("the header fields of the answer of {} are too large", where));
    }
    if (transfer.tls_bytes_) {
        return error(ErrorCode::bad_gateway,
                     fmt::format("{} speaks TLS, not plain HTTP: use https:// in its address", where));
    }
    if (transfer.not_http_) return error(ErrorCode::bad_gateway, fmt::format("{} did not answer in HTTP", where));

    switch (code) {
        case CURLE_COULDNT_RESOLVE_HOST:
            return error(ErrorCode::unavailable,
                         fmt::format("the host name {} was not found: is the address right, and does the name server "
                                     "answer?",
                                     transfer.target_.host));
        case CURLE_COULDNT_CONNECT:
            if (transfer.handshaking_) return tls_trouble(tls, detail, where);
            return no_connection(easy, where);
        case CURLE_OPERATION_TIMEDOUT:
            if (sent) {
                return error(ErrorCode::target_timeout,
                             fmt::format("{} did not answer within {} ms", where, transfer.timeout_.count()));
            }
            if (transfer.handshaking_) {
                return error(ErrorCode::unavailable,
                             fmt::format("{} did not finish the TLS handshake in time: nothing was sent", where));
            }
            return error(ErrorCode::unavailable, fmt::format("{} did not accept a connection in time", where));
        case CURLE_SSL_CERTPROBLEM:
            return error(ErrorCode::bad_gateway,
                         fmt::format("the client certificate or key for {} cannot be used: check both files", where));
        case CURLE_SSL_CACERT_BADFILE:
            return error(ErrorCode::bad_gateway,
                         fmt::format("the file of trusted certificate authorities for {} cannot be read", where));
        case CURLE_PEER_FAILED_VERIFICATION:
        case CURLE_SSL_CONNECT_ERROR:
            return tls_trouble(tls, detail, where);
        case CURLE_BAD_CONTENT_ENCODING:
            return error(ErrorCode::bad_gateway, fmt::format("the compressed answer of {} cannot be decoded", where));
        case CURLE_OUT_OF_MEMORY:
            return error(ErrorCode::unavailable, "out of memory");
        default:
            break;
    }
    // With TLS 1.3 a server refuses our certificate only after the handshake looks done to us.
    if (secure && (!sent || tls->alert >= 0)) return tls_trouble(tls, detail, where);
    if (!sent) return no_connection(easy, where);
    if (transfer.header_bytes_ > 0) {
        return error(ErrorCode::target_timeout,
                     fmt::format("{} closed the connection in the middle of its answer: what was sent may have been "
                                 "done",
                                 where));
    }
    return error(ErrorCode::target_timeout,
                 fmt::format("{} closed the connection without answering: what was sent may have been done{}", where,
                             secure ? "" : ". If that port speaks TLS, use https:// in its address"));
}

}  // namespace ocm::upstream
