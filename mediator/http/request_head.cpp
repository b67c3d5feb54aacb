// SPDX-License-Identifier: MPL-2.0
#include "http/request_head.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>

namespace ocm::http {
namespace {

constexpr std::size_t max_fields = 200;
constexpr std::size_t max_method = 32;

constexpr std::array<bool, 256> token_table = [] {
    std::array<bool, 256> table{};
    for (const char c :
         std::string_view("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")) {
        table[static_cast<unsigned char>(c)] = true;
    }
    return table;
}();

bool is_token(std::string_view text) {
    return !text.empty() &&
           std::all_of(text.begin(), text.end(), [](char c) { return token_table[static_cast<unsigned char>(c)]; });
}

bool is_value(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return (byte >= 0x20 && byte != 0x7f) || byte == '\t';
    });
}

std::string_view trim(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

/// Cuts the next line (without CRLF) off `rest`; absent where no CRLF is left.
std::optional<std::string_view> next_line(std::string_view& rest) {
    const auto end = rest.find("\r\n");
    if (end == std::string_view::npos) return std::nullopt;
    const auto line = rest.substr(0, end);
    rest.remove_prefix(end + 2);
    return line;
}

/// True where a comma-separated list holds `token`.
bool lists(std::string_view value, std::string_view token) {
    while (true) {
        const auto comma = value.find(',');
        if (iequals(trim(value.substr(0, comma)), token)) return true;
        if (comma == std::string_view::npos) return false;
        value.remove_prefix(comma + 1);
    }
}

bool is_host(std::string_view host) {
    return !host.empty() && std::all_of(host.begin(), host.end(), [](char c) {
        return c > 0x20 && c < 0x7f && std::string_view("/?#@\\,<>\"").find(c) == std::string_view::npos;
    });
}

using Problem = std::optional<std::string>;

Problem read_target(std::string_view target, HttpRequest& request, std::optional<std::string>& authority) {
    if (target.empty()) return "the request line has no target";
    for (const char c : target) {
        if (c <= 0x20 || c >= 0x7f) return "the request target holds a character that must be percent-encoded";
        if (c == '#') return "the request target holds a fragment";
    }
    if (target == "*") {
        if (request.method != "OPTIONS") return "the request target '*' is for OPTIONS only";
        request.target = request.path = "*";
        return std::nullopt;
    }
    if (target.front() != '/') {
        const auto url = split_url(target);
        if (!url || !is_host(url->host)) return "the request target is neither a path nor an http address";
        authority = url->host;
        const bool default_port = url->port == (url->scheme == "https" ? "443" : "80");
        if (!default_port) *authority += ":" + url->port;
        request.target = url->query.empty() ? url->path : url->path + "?" + url->query;
    } else {
        request.target = std::string(target);
    }
    const std::string_view kept = request.target;
    const auto question = kept.find('?');
    if (question != std::string_view::npos) request.query = std::string(kept.substr(question + 1));
    auto path = decode_path(kept.substr(0, question));
    if (!path) return "the request path has a broken percent escape";
    request.path = std::move(*path);
    return std::nullopt;
}

Problem read_request_line(std::string_view line, RequestHead& head, std::optional<std::string>& authority) {
    const auto first = line.find(' ');
    const auto last = line.rfind(' ');
    const auto method = line.substr(0, first);
    if (!is_token(method) || method.size() > max_method) return "the request line does not start with a method";
    if (std::any_of(method.begin(), method.end(), [](char c) { return c >= 'a' && c <= 'z'; })) {
        return "the method must be in upper case";
    }
    head.request.method = std::string(method);
    if (first == std::string_view::npos || first == last) return "the request line must be: method, target, HTTP/1.1";
    const auto version = line.substr(last + 1);
    if (auto problem = read_target(line.substr(first + 1, last - first - 1), head.request, authority)) return problem;
    if (version != "HTTP/1.1" && version != "HTTP/1.0") return "only HTTP/1.1 and HTTP/1.0 are spoken here";
    head.http_1_0 = version.back() == '0';
    return std::nullopt;
}

Problem read_field(std::string_view line, HttpHeaders& headers) {
    if (line.front() == ' ' || line.front() == '\t') return "a header line is folded";
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return "a header line has no colon";
    const auto name = line.substr(0, colon);
    if (!name.empty() && (name.back() == ' ' || name.back() == '\t')) {
        return "a header name is followed by white space";
    }
    if (!is_token(name)) return "a header name is empty or holds a character that is not allowed";
    const auto value = trim(line.substr(colon + 1));
    if (!is_value(value)) return "a header value holds a control character";
    headers.add(std::string(name), std::string(value));
    return std::nullopt;
}

/// The few fields that decide where the message ends and what becomes of the connection.
struct Control {
    std::size_t lengths = 0, encodings = 0, hosts = 0;
    bool close = false, keep = false, odd_expectation = false;
    std::string_view length, encoding, host;
};

Control control_fields(const HttpHeaders& headers, RequestHead& head) {
    Control out;
    for (const auto& [name, value] : headers) {
        if (iequals(name, "content-length")) {
            ++out.lengths;
            out.length = value;
        } else if (iequals(name, "transfer-encoding")) {
            ++out.encodings;
            out.encoding = value;
        } else if (iequals(name, "host")) {
            ++out.hosts;
            out.host = value;
        } else if (iequals(name, "connection")) {
            out.close = out.close || lists(value, "close");
            out.keep = out.keep || lists(value, "keep-alive");
        } else if (iequals(name, "expect")) {
            if (iequals(value, "100-continue")) {
                head.expects_continue = true;
            } else {
                out.odd_expectation = true;
            }
        }
    }
    return out;
}

Problem read_framing(const Control& control, RequestHead& head) {
    if (control.lengths > 0 && control.encodings > 0) {
        return "the request has both Content-Length and Transfer-Encoding";
    }
    if (control.lengths > 1) return "the request has more than one Content-Length";
    if (control.encodings > 1) return "the request has more than one Transfer-Encoding";
    if (control.encodings == 1) {
        if (head.http_1_0) return "Transfer-Encoding is not for HTTP/1.0";
        if (!iequals(control.encoding, "chunked")) return "the only Transfer-Encoding taken is 'chunked'";
        head.framing = RequestHead::Framing::chunked;
    }
    if (control.lengths == 1) {
        auto digits = control.length;
        if (digits.empty() || digits.find_first_not_of("0123456789") != std::string_view::npos) {
            return "Content-Length is not a number";
        }
        // Zeros in front are allowed (RFC 9110 section 8.6), in any number: they make no number too large.
        digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size()));
        head.content_length = 0;
        if (digits.size() > 18) {
            head.content_length = std::numeric_limits<std::uint64_t>::max();
        } else {
            for (const char c : digits) head.content_length = head.content_length * 10 + static_cast<unsigned>(c - '0');
        }
        if (head.content_length > 0) head.framing = RequestHead::Framing::length;
    }
    return std::nullopt;
}

Problem check_host(const Control& control, bool http_1_0) {
    if (control.hosts == 0 && !http_1_0) return "the Host header is missing";
    if (control.hosts > 1) return "the request has more than one Host header";
    if (control.hosts == 1 && !is_host(control.host)) return "the Host header is not a host name";
    return std::nullopt;
}

}  // namespace

HeadScanner::State HeadScanner::feed(std::string_view bytes) {
    if (first_line_ && !bytes.empty() && bytes.front() != '\r' &&
        !token_table[static_cast<unsigned char>(bytes.front())]) {
        reason_ = bytes.front() == 0x16 ? "this port speaks plain HTTP, and the connection started with TLS"
                                        : "the request does not start with a method";
        return State::malformed;
    }
    while (true) {
        const auto found = bytes.find('\n', searched_);
        if (found == std::string_view::npos) {
            searched_ = bytes.size();
            return State::more;
        }
        if (found == 0 || bytes[found - 1] != '\r') {
            reason_ = "a line ends without carriage return";
            return State::malformed;
        }
        const bool empty = found - 1 == line_start_;
        searched_ = line_start_ = found + 1;
        if (empty) {
            if (!first_line_) return State::complete;
            reason_ = "the request starts with an empty line";
            return State::malformed;
        }
        first_line_ = false;
    }
}

tl::expected<RequestHead, HeadRefusal> read_head(std::string_view bytes) {
    RequestHead head;
    const auto refuse = [&](std::string reason, int status = 400) {
        return tl::unexpected<HeadRefusal>(HeadRefusal{std::move(head.request), status, std::move(reason)});
    };
    auto rest = bytes;
    std::optional<std::string> authority;
    const auto request_line = next_line(rest);
    if (!request_line) return refuse("the request line is not complete");
    Problem problem = read_request_line(*request_line, head, authority);
    // Header lines are read even after a bad request line: what was understood is recorded with the refusal.
    bool ended = false;
    while (const auto line = next_line(rest)) {
        if (line->empty()) {
            ended = true;
            break;
        }
        if (head.request.headers.size() == max_fields) return refuse("the request has too many header lines", 431);
        auto bad = read_field(*line, head.request.headers);
        if (bad && !problem) problem = std::move(bad);
    }
    if (problem) return refuse(std::move(*problem));
    if (!ended || !rest.empty()) return refuse("the head does not end with an empty line");
    const auto control = control_fields(head.request.headers, head);
    if (auto bad = read_framing(control, head)) return refuse(std::move(*bad));
    if (auto bad = check_host(control, head.http_1_0)) return refuse(std::move(*bad));
    if (control.odd_expectation) return refuse("the only expectation taken is '100-continue'", 417);
    head.keep_alive = !control.close && (!head.http_1_0 || control.keep);
    // An absolute target carries the host; the Host header has no say then (RFC 9112 3.2.2).
    if (authority) head.request.headers.set("host", std::move(*authority));
    return head;
}

HttpRequest partial_head(std::string_view bytes) {
    RequestHead head;
    std::optional<std::string> authority;
    auto rest = bytes;
    auto line = next_line(rest);
    if (!line) return {};
    if (read_request_line(*line, head, authority)) return std::move(head.request);
    while ((line = next_line(rest)) && !line->empty() && head.request.headers.size() < max_fields) {
        if (read_field(*line, head.request.headers)) break;
    }
    return std::move(head.request);
}

}  // namespace ocm::http
