// SPDX-License-Identifier: MPL-2.0
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ocm {

/// Header fields in the order they came; names compare without case.
class HttpHeaders {
  public:
    using Field = std::pair<std::string, std::string>;

    HttpHeaders() = default;
    HttpHeaders(std::initializer_list<Field> fields) : fields_(fields) {}

    /// Value of the first field of that name, or nullptr.
    const std::string* find(std::string_view name) const;
    /// Value of the first field of that name, empty where there is none.
    std::string_view get(std::string_view name) const;
    /// Appends a field, keeping others of the same name.
    void add(std::string name, std::string value);
    /// Replaces every field of that name by one.
    void set(std::string name, std::string value);
    void erase(std::string_view name);

    auto begin() const { return fields_.begin(); }
    auto end() const { return fields_.end(); }
    bool empty() const { return fields_.empty(); }
    std::size_t size() const { return fields_.size(); }

    friend bool operator==(const HttpHeaders&, const HttpHeaders&) = default;

  private:
    std::vector<Field> fields_;
};

/// Who is at the other end of the connection.
struct Peer {
    std::string address;  // without the port; IPv4-mapped IPv6 is given as IPv4
    bool tls = false;
    std::string certificate_sha256;   // lower-case hex of the verified client certificate, empty without one
    std::string certificate_subject;  // its subject in RFC 2253 form
};

struct HttpRequest {
    std::string method;  // upper case
    std::string target;  // as sent: path and query
    std::string path;    // percent-decoded path without the query
    std::string query;   // raw query without '?'
    HttpHeaders headers;
    std::string body;
    Peer peer;
};

struct HttpResponse {
    int status = 200;
    HttpHeaders headers;
    std::string body;
    /// Not answered at all: the connection is reset. For a caller who takes any answer for "received".
    bool reset = false;
};

bool iequals(std::string_view a, std::string_view b);
std::string to_lower(std::string_view text);

/// Percent-decoding; absent where an escape is broken or a NUL would come out. '+' stays '+' in a path and becomes a
/// space in a query value.
std::optional<std::string> decode_path(std::string_view text);
std::optional<std::string> decode_query_value(std::string_view text);
std::string encode_query_value(std::string_view text);

/// Whether one of the parameters of a query is wanted. Names are decoded, values are as they came; a name that is badly
/// escaped is passed by.
bool any_parameter(std::string_view query,
                   const std::function<bool(const std::string& name, std::string_view value)>& wanted);
/// First value of a query or form parameter, decoded; absent where it is not there or badly escaped.
std::optional<std::string> query_value(std::string_view query, std::string_view name);

/// Media type of a Content-Type value in lower case, without parameters.
std::string media_type(std::string_view content_type);

/// A JSON answer.
HttpResponse json_response(int status, std::string body, std::string content_type = "application/json; charset=utf-8");
HttpResponse text_response(int status, std::string body);

/// Reason phrase of a status ("Not Found"), "Unknown" where there is none.
std::string_view reason_phrase(int status);

/// Parts of an absolute http(s) URL; absent where it is not one or carries credentials.
struct UrlParts {
    std::string scheme, host, port, path, query;
};
std::optional<UrlParts> split_url(std::string_view url);

}  // namespace ocm
