// SPDX-License-Identifier: MPL-2.0
// A request as it comes off a socket, in pieces: its head and its body. What is accepted means one thing only, to us
// and to whoever reads it after us.
#include "http/body_reader.hpp"
#include "http/request_head.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

namespace {

using ocm::http::BodyReader;
using ocm::http::HeadScanner;
using ocm::http::RequestHead;

constexpr std::size_t max_body = 2000;

void require(bool holds) {
    if (!holds) std::abort();
}

/// Where the head ends when it arrives in pieces of `step` bytes; absent where it never does.
std::optional<std::size_t> scan(std::string_view bytes, std::size_t step) {
    HeadScanner scanner;
    for (std::size_t arrived = 0; arrived < bytes.size();) {
        arrived = std::min(arrived + step, bytes.size());
        switch (scanner.feed(bytes.substr(0, arrived))) {
            case HeadScanner::State::more:
                break;
            case HeadScanner::State::malformed:
                require(!scanner.reason().empty());
                return std::nullopt;
            case HeadScanner::State::complete:
                require(scanner.size() <= arrived && bytes.substr(0, scanner.size()).ends_with("\r\n\r\n"));
                return scanner.size();
        }
    }
    return std::nullopt;
}

std::size_t count(const ocm::HttpHeaders& headers, std::string_view name) {
    return static_cast<std::size_t>(std::count_if(headers.begin(), headers.end(),
                                                  [&](const auto& field) { return ocm::iequals(field.first, name); }));
}

/// The head as we would send it on.
std::string serialised(const RequestHead& head) {
    auto out = head.request.method + " " + head.request.target + (head.http_1_0 ? " HTTP/1.0\r\n" : " HTTP/1.1\r\n");
    for (const auto& [name, value] : head.request.headers) {
        require(name.find_first_of(" \t\r\n:") == std::string::npos);
        require(value.find_first_of("\r\n\0") == std::string::npos);
        out += name + ": " + value + "\r\n";
    }
    return out + "\r\n";
}

void check_head(const RequestHead& head) {
    const auto& headers = head.request.headers;
    const auto lengths = count(headers, "content-length");
    const auto encodings = count(headers, "transfer-encoding");
    require(lengths + encodings <= 1);
    require((head.framing == RequestHead::Framing::chunked) == (encodings == 1));
    require(head.framing != RequestHead::Framing::length || (lengths == 1 && head.content_length > 0));
    require(count(headers, "host") == 1 || (head.http_1_0 && count(headers, "host") == 0));
    require(headers.size() <= 201);  // 200 lines, and the host of an absolute target
    require(!head.request.path.empty() && head.request.path.find('\0') == std::string::npos);

    const auto again = ocm::http::read_head(serialised(head));
    require(again.has_value());
    const auto& a = head.request;
    const auto& b = again->request;
    require(a.method == b.method && a.target == b.target && a.path == b.path && a.query == b.query);
    require(a.headers == b.headers);
    require(head.framing == again->framing && head.content_length == again->content_length);
    require(head.http_1_0 == again->http_1_0 && head.keep_alive == again->keep_alive);
    require(head.expects_continue == again->expects_continue);
}

struct Body {
    BodyReader::State state = BodyReader::State::more;
    int status = 0;
    std::size_t used = 0;
    std::string bytes;
};

/// Reads a body that arrives in pieces of `step` bytes; what was not used is given again with more behind it.
Body read_body(std::string_view head, std::string_view bytes, std::size_t step) {
    BodyReader reader(head, max_body);
    Body out;
    std::size_t arrived = 0;
    while (reader.state() == BodyReader::State::more && arrived < bytes.size()) {
        arrived = std::min(arrived + step, bytes.size());
        out.used += reader.feed(bytes.substr(out.used, arrived - out.used));
        require(out.used <= arrived && reader.size() <= max_body);
    }
    out.state = reader.state();
    if (out.state == BodyReader::State::refused) {
        out.status = reader.status();
        require(out.status >= 400 && out.status < 500 && !reader.reason().empty());
        out.used = 0;  // nothing more is read from such a connection
    }
    if (out.state == BodyReader::State::complete) out.bytes = reader.take();
    return out;
}

void check_body(const RequestHead& head, std::string_view text, std::string_view rest, std::size_t step) {
    const auto whole = read_body(text, rest, rest.size() + 1);
    const auto pieces = read_body(text, rest, step);
    // When a bad body is refused, and with which status, may depend on the pieces (a limit or the syntax, whichever is
    // seen first); whether it is accepted, and as what, may not.
    const auto complete = BodyReader::State::complete;
    require((whole.state == complete) == (pieces.state == complete));
    if (whole.state != complete) return;
    require(whole.bytes == pieces.bytes && whole.used == pieces.used);
    if (head.framing != RequestHead::Framing::length) return;
    require(whole.bytes.size() == head.content_length && whole.used == head.content_length);
    require(whole.bytes == rest.substr(0, whole.used));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::size_t step = 1 + data[0] % 64;
    const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);

    ocm::http::partial_head(bytes);
    const auto end = scan(bytes, bytes.size() + 1);
    require(end == scan(bytes, step));
    if (!end) return 0;
    const auto text = bytes.substr(0, *end);
    const auto head = ocm::http::read_head(text);
    if (!head) {
        require(head.error().status >= 400 && head.error().status < 500 && !head.error().reason.empty());
        return 0;
    }
    check_head(*head);
    if (head->framing != RequestHead::Framing::none) check_body(*head, text, bytes.substr(*end), step);
    return 0;
}
