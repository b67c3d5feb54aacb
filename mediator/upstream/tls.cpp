// SPDX-License-Identifier: MPL-2.0
#include "upstream/tls.hpp"

#include "core/hash.hpp"

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>
#include <cstring>

namespace ocm::upstream {
namespace {

using Shared = std::shared_ptr<TlsReport>;

void free_report(void*, void* stored, CRYPTO_EX_DATA*, int, long, void*) {
    delete static_cast<Shared*>(stored);
}

int report_slot() {
    static const int slot = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, free_report);
    return slot;
}

/// Text from a certificate, which anybody may have written: only what is harmless in a log line.
std::string printable(std::string_view text) {
    std::string out;
    for (const char c : text.substr(0, 100)) out += c >= ' ' && c <= '~' && c != '"' ? c : '?';
    return out;
}

std::string fingerprint(X509* certificate) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    if (X509_digest(certificate, EVP_sha256(), digest.data(), &size) != 1) return {};
    return hex({digest.data(), size});
}

std::string issuer_of(X509* certificate) {
    const auto* name = X509_get_issuer_name(certificate);
    const int index = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
    if (index < 0) return {};
    const auto* data = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, index));
    unsigned char* utf8 = nullptr;
    const int size = ASN1_STRING_to_UTF8(&utf8, data);
    if (size < 0) return {};
    std::string out(reinterpret_cast<const char*>(utf8), static_cast<std::size_t>(size));
    OPENSSL_free(utf8);
    return printable(out);
}

std::string names_of(X509* certificate) {
    auto* names = static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
    std::string out;
    for (int i = 0; i < sk_GENERAL_NAME_num(names) && i < 5; ++i) {
        const auto* name = sk_GENERAL_NAME_value(names, i);
        std::string text;
        if (name->type == GEN_DNS) {
            text.assign(reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName)),
                        static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName)));
        } else if (name->type == GEN_IPADD && ASN1_STRING_length(name->d.iPAddress) == 4) {
            const auto* bytes = ASN1_STRING_get0_data(name->d.iPAddress);
            for (int k = 0; k < 4; ++k) text += (k == 0 ? "" : ".") + std::to_string(bytes[k]);
        }
        if (text.empty()) continue;
        if (!out.empty()) out += ", ";
        out += printable(text);
    }
    GENERAL_NAMES_free(names);
    return out;
}

int check_certificate(X509_STORE_CTX* store, void* argument) {
    auto& report = *static_cast<TlsReport*>(argument);
    auto* leaf = X509_STORE_CTX_get0_cert(store);
    report.checked = true;
    report.sha256 = fingerprint(leaf);
    if (!report.pinned.empty() || report.trust_any) {
        report.accepted = report.trust_any || constant_time_equal(report.sha256, report.pinned);
        X509_STORE_CTX_set_error(store, report.accepted ? X509_V_OK : X509_V_ERR_APPLICATION_VERIFICATION);
    } else {
        report.accepted = X509_verify_cert(store) == 1;
    }
    report.verify_result = X509_STORE_CTX_get_error(store);
    report.issuer = issuer_of(leaf);
    report.names = names_of(leaf);
    return report.accepted ? 1 : 0;
}

/// Sees the records as they come: a server that speaks plain HTTP shows in the first header, one that does not want us
/// says why in an alert.
void see_record(int sent, int, int content_type, const void* bytes, std::size_t size, SSL*, void* argument) {
    if (sent != 0) return;
    auto& report = *static_cast<TlsReport*>(argument);
    const auto* data = static_cast<const unsigned char*>(bytes);
    if (content_type == SSL3_RT_HEADER && size >= 5 && std::memcmp(data, "HTTP/", 5) == 0) report.plain_http = true;
    if (content_type == SSL3_RT_ALERT && size == 2 && data[0] == SSL3_AL_FATAL) report.alert = data[1];
}

}  // namespace

void watch_handshake(SSL_CTX* context, std::shared_ptr<TlsReport> report) {
    auto* raw = report.get();
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_cert_verify_callback(context, check_certificate, raw);
    SSL_CTX_set_msg_callback(context, see_record);
    SSL_CTX_set_msg_callback_arg(context, raw);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_ex_data(context, report_slot(), new Shared(std::move(report)));
}

}  // namespace ocm::upstream
