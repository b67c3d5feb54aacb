// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "config/settings.hpp"
#include "core/time.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace ocm::config {

/// Where a value comes from, weakest first.
enum class Origin { fallback, file, console, environment };
std::string_view name(Origin origin);

using Value = std::variant<std::string, std::int64_t, bool, Milliseconds, std::vector<std::string>>;

/// A value as an environment variable would hold it.
std::string format_value(const Setting& setting, const Value& value);

/// Credentials of one client of an OpenCRVS.
struct ClientCredentials {
    std::string client_id;
    std::string client_secret;
};

/// One configured OpenCRVS.
struct Target {
    std::string name;
    std::string version;      // "1.3" to "2.0"
    std::string gateway_url;  // without a trailing '/'
    std::string auth_url;     // `{gateway_url}/auth` where none was given
    std::string ca_file;      // empty: the system's
    std::string pinned_sha256;
    Milliseconds timeout{0};
    Milliseconds refresh_interval{0};
    bool resend_unclear = false;
    std::optional<ClientCredentials> notification;
    std::optional<ClientCredentials> webhook;
    std::optional<ClientCredentials> search;
    std::string webhook_sha_secret;
    std::string webhooks_url;  // empty: nothing is subscribed to
};

/// A whole, checked configuration; never changes. Made by the loader alone.
///
/// Access is by key; a key that is not in the table, or of another type, is a bug and throws std::logic_error.
class Config {
  public:
    struct Entry {
        Value value;
        Origin origin = Origin::fallback;
        friend bool operator==(const Entry&, const Entry&) = default;
    };

    Config(std::map<std::string, Entry> values, std::map<std::string, std::string> secrets);

    /// True where the key has a value, given or by default.
    bool has(std::string_view key) const;
    /// Text, choice, URL, path, host or fingerprint; empty where it is not set.
    const std::string& text(std::string_view key) const;
    std::int64_t integer(std::string_view key) const;
    bool flag(std::string_view key) const;
    Milliseconds duration(std::string_view key) const;
    std::size_t size(std::string_view key) const;
    const std::vector<std::string>& list(std::string_view key) const;
    /// The secret itself ("openhim.password"); empty where it is not set. Never to be printed.
    const std::string& secret(std::string_view key) const;
    Origin origin(std::string_view key) const;

    /// True where nothing says which OpenHIM to register with.
    bool stand_alone() const;

    std::vector<std::string> target_names() const;
    Target target(std::string_view name) const;
    /// Name of the target that notifications go to.
    const std::string& active_target() const { return text("active_target"); }

    /// Every key that has a value, sorted. Secrets are not among them.
    const std::map<std::string, Entry>& entries() const { return values_; }

  private:
    const Value* find(std::string_view key) const;
    template <class T>
    const T& get(std::string_view key) const;

    std::map<std::string, Entry> values_;
    std::map<std::string, std::string> secrets_;
};

}  // namespace ocm::config
