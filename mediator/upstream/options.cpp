// SPDX-License-Identifier: MPL-2.0
#include "upstream/options.hpp"

#include <algorithm>
#include <stdexcept>

namespace ocm::upstream {

UpstreamOptions checked(UpstreamOptions options) {
    for (auto& trust : options.trust) {
        auto server = split_url(trust.url_prefix);
        if (!server) throw std::invalid_argument("a trusted server is not named by an http(s) address");
        trust.server = *std::move(server);
        std::erase(trust.pinned_sha256, ':');
        trust.pinned_sha256 = to_lower(trust.pinned_sha256);
        if (!trust.pinned_sha256.empty() &&
            (trust.pinned_sha256.size() != 64 ||
             trust.pinned_sha256.find_first_not_of("0123456789abcdef") != std::string::npos)) {
            throw std::invalid_argument("the certificate fingerprint for " + trust.url_prefix +
                                        " is not a SHA-256: give 64 hexadecimal digits");
        }
        if (trust.client_cert_file.empty() != trust.client_key_file.empty()) {
            throw std::invalid_argument("the client certificate for " + trust.url_prefix +
                                        " needs both a certificate file and a key file");
        }
    }
    if (options.connect_timeout <= Milliseconds::zero())
        throw std::invalid_argument("connect_timeout must be positive");
    if (options.max_connections_per_host <= 0) throw std::invalid_argument("max_connections_per_host must be positive");
    return options;
}

const Trust* trust_for(const UpstreamOptions& options, const UrlParts& target) {
    const auto found = std::find_if(options.trust.begin(), options.trust.end(), [&target](const Trust& trust) {
        const auto& named = trust.server;
        return named.scheme == target.scheme && named.port == target.port && iequals(named.host, target.host);
    });
    return found == options.trust.end() ? nullptr : &*found;
}

}  // namespace ocm::upstream
