// SPDX-License-Identifier: MPL-2.0
#include "core/hash.hpp"
#include "support/http_client/http_client.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <stdexcept>

namespace ocm::test {
namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Cert = std::unique_ptr<X509, decltype(&X509_free)>;
using File = std::unique_ptr<std::FILE, decltype(&std::fclose)>;

void check(bool good, const char* what) {
    if (!good) throw std::runtime_error(std::string("make_certificate: ") + what);
}

File open(const std::string& path, const char* mode) {
    File file(std::fopen(path.c_str(), mode), &std::fclose);
    check(file != nullptr, "cannot open a file");
    return file;
}

void add_extension(X509* certificate, X509* issuer, int nid, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    auto* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
    check(extension != nullptr, "cannot make an extension");
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

Cert read_certificate(const Certificate& certificate) {
    Cert out(PEM_read_X509(open(certificate.certificate_file, "r").get(), nullptr, nullptr, nullptr), &X509_free);
    check(out != nullptr, "cannot read a certificate");
    return out;
}

}  // namespace

Certificate make_certificate(const TempDir& directory, const std::string& name, const CertificateOptions& options) {
    // Not by EVP_EC_gen: the macro casts a const away, which clang warns of.
    std::string curve = "P-256";
    const Key key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", curve.data()), &EVP_PKEY_free);
    const Cert certificate(X509_new(), &X509_free);
    check(key && certificate, "cannot make a key");
    X509_set_version(certificate.get(), 2);
    std::uint32_t serial = 0;
    check(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) == 1, "no random bytes");
    ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate.get()), serial);
    constexpr long day = 24L * 3600;
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), options.first_day * day);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), options.last_day * day);
    X509_set_pubkey(certificate.get(), key.get());
    auto* subject = X509_get_subject_name(certificate.get());
    X509_NAME_add_entry_by_txt(subject, "O", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>("Test"), -1, -1, 0);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(name.c_str()), -1,
                               -1, 0);

    Cert issuer_certificate(nullptr, &X509_free);
    Key issuer_key(nullptr, &EVP_PKEY_free);
    if (const auto* issuer = options.issuer; issuer != nullptr) {
        issuer_certificate = read_certificate(*issuer);
        issuer_key.reset(PEM_read_PrivateKey(open(issuer->key_file, "r").get(), nullptr, nullptr, nullptr));
        check(issuer_key != nullptr, "cannot read the issuer's key");
    }
    auto* signer = issuer_certificate ? issuer_certificate.get() : certificate.get();
    X509_set_issuer_name(certificate.get(), X509_get_subject_name(signer));
    add_extension(certificate.get(), signer, NID_basic_constraints,
                  options.authority ? "critical,CA:TRUE" : "CA:FALSE");
    if (!options.authority && !options.alternatives.empty()) {
        std::string names;
        for (const auto& alternative : options.alternatives) {
            const bool address = alternative.find_first_not_of("0123456789.:") == std::string::npos;
            names += (names.empty() ? "" : ",") + std::string(address ? "IP:" : "DNS:") + alternative;
        }
        add_extension(certificate.get(), signer, NID_subject_alt_name, names);
    }
    check(X509_sign(certificate.get(), issuer_key ? issuer_key.get() : key.get(), EVP_sha256()) > 0, "cannot sign");

    Certificate out{directory.file(name + ".crt"), directory.file(name + ".key")};
    check(PEM_write_X509(open(out.certificate_file, "w").get(), certificate.get()) == 1, "cannot write");
    check(PEM_write_PrivateKey(open(out.key_file, "w").get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1,
          "cannot write");
    return out;
}

std::string fingerprint(const Certificate& certificate) {
    unsigned char* der = nullptr;
    const int size = i2d_X509(read_certificate(certificate).get(), &der);
    check(size > 0, "cannot encode a certificate");
    auto out = sha256_hex({reinterpret_cast<const char*>(der), static_cast<std::size_t>(size)});
    OPENSSL_free(der);
    return out;
}

}  // namespace ocm::test
