// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/http_message.hpp"

#include <tl/expected.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace ocm::http {

/// Finds the end of a request head in bytes that arrive piece by piece.
class HeadScanner {
  public:
    enum class State { more, complete, malformed };

    /// `bytes` is everything received for this request so far, from its first byte.
    State feed(std::string_view bytes);
    /// Bytes of the head with its empty line, once complete.
    std::size_t size() const { return line_start_; }
    /// Why it is malformed, in plain words.
    std::string_view reason() const { return reason_; }

  private:
    std::size_t line_start_ = 0;
    std::size_t searched_ = 0;
    bool first_line_ = true;
    std::string_view reason_;
};

/// A head that passed every check.
struct RequestHead {
    enum class Framing { none, length, chunked };

    HttpRequest request;  // without body and peer
    bool http_1_0 = false;
    bool keep_alive = true;
    bool expects_continue = false;
    Framing framing = Framing::none;
    std::uint64_t content_length = 0;  // the largest value where more was announced than fits
};

/// What is wrong with a head, and as much of the request as was understood.
struct HeadRefusal {
    HttpRequest request;
    int status = 400;
    std::string reason;
};

/// Reads a whole head (up to and with its empty line) strictly, RFC 9112 without its leniencies: what two parsers
/// could read differently is refused (both lengths, repeated lengths, folded lines, bare LF, odd names...).
tl::expected<RequestHead, HeadRefusal> read_head(std::string_view head);

/// As much of a head as can be told before it is whole or right: method, target, complete well-formed header lines.
HttpRequest partial_head(std::string_view bytes);

}  // namespace ocm::http
