// SPDX-License-Identifier: MPL-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace ocm::http {

/// Reads one message body, by length or in chunks, from bytes that arrive piece by piece. No I/O: Beast's parser is
/// fed by hand, with the head that `read_head` has passed, so that a message must satisfy both.
class BodyReader {
  public:
    enum class State { more, complete, refused };

    BodyReader(std::string_view head, std::size_t max_body);
    ~BodyReader();
    BodyReader(const BodyReader&) = delete;
    BodyReader& operator=(const BodyReader&) = delete;

    State state() const;
    /// Takes what it can of `bytes` and says how many of them are used up; the rest is to be given again with more
    /// bytes behind, or belongs to the next request once complete.
    std::size_t feed(std::string_view bytes);
    /// Bytes of the body so far.
    std::size_t size() const;
    std::string take();
    /// Why it was refused.
    int status() const;
    std::string_view reason() const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace ocm::http
