// SPDX-License-Identifier: MPL-2.0
#include "http/body_reader.hpp"

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <functional>
#include <stdexcept>

namespace ocm::http {

namespace beast = boost::beast;

namespace {

constexpr std::string_view last_chunk = "0\r\n\r\n";

bool has_bare_line_feed(std::string_view bytes) {
    for (auto at = bytes.find('\n'); at != bytes.npos; at = bytes.find('\n', at + 1)) {
        if (at == 0 || bytes[at - 1] != '\r') return true;
    }
    return false;
}

}  // namespace

struct BodyReader::Impl {
    beast::http::request_parser<beast::http::string_body> parser;
    std::function<void(std::uint64_t, beast::string_view, beast::error_code&)> on_chunk;
    State state = State::more;
    bool extension = false;
    int status = 0;
    std::string_view reason;

    std::size_t put(std::string_view bytes) {
        // Beast 1.81 asserts it when it sees the last chunk for a second time; no chunked body has less left to come.
        if (parser.is_header_done() && parser.chunked() && bytes.size() < last_chunk.size()) return 0;
        beast::error_code error;
        std::size_t used = 0;
        try {
            used = parser.put(boost::asio::const_buffer(bytes.data(), bytes.size()), error);
        } catch (const std::length_error&) {  // thrown for a trailer line over 64 KiB
            error = beast::http::error::header_limit;
        }
        if (error == beast::http::error::need_more) error = {};
        if (!error) {
            if (parser.is_done()) state = State::complete;
            // What is not used yet is framing, and Beast would wait for the end of its line for ever.
            if (used == 0 && parser.is_header_done() && has_bare_line_feed(bytes)) {
                state = State::refused;
                status = 400;
                reason = "a line between chunks ends without carriage return";
            }
            return used;
        }
        state = State::refused;
        status = 400;
        if (error == beast::http::error::body_limit) {
            status = 413;
            reason = "the body is larger than this server takes";
        } else if (extension) {
            reason = "chunk extensions are not taken";
        } else if (error == beast::http::error::header_limit) {
            status = 431;
            reason = "the trailer is larger than this server takes";
        } else {
            reason = "the body is not framed as its headers say";
        }
        return used;
    }
};

BodyReader::BodyReader(std::string_view head, std::size_t max_body) : impl_(std::make_unique<Impl>()) {
    impl_->parser.eager(true);
    impl_->parser.body_limit(max_body);
    impl_->parser.header_limit(static_cast<std::uint32_t>(head.size() + 1024));
    auto* impl = impl_.get();
    impl_->on_chunk = [impl](std::uint64_t, beast::string_view extensions, beast::error_code& error) {
        if (extensions.empty()) return;
        impl->extension = true;
        error = beast::http::error::bad_chunk_extension;
    };
    impl_->parser.on_chunk_header(impl_->on_chunk);
    impl_->put(head);
    if (impl_->state == State::more && !impl_->parser.is_header_done()) {
        impl_->state = State::refused;
        impl_->status = 400;
        impl_->reason = "the request head is malformed";
    }
}

BodyReader::~BodyReader() = default;

BodyReader::State BodyReader::state() const {
    return impl_->state;
}

std::size_t BodyReader::feed(std::string_view bytes) {
    std::size_t used = 0;
    while (impl_->state == State::more && used < bytes.size()) {
        const auto taken = impl_->put(bytes.substr(used));
        if (taken == 0) break;
        used += taken;
    }
    return used;
}

std::size_t BodyReader::size() const {
    return impl_->parser.get().body().size();
}
std::string BodyReader::take() {
    return std::move(impl_->parser.get().body());
}
int BodyReader::status() const {
    return impl_->status;
}
std::string_view BodyReader::reason() const {
    return impl_->reason;
}

}  // namespace ocm::http
