// SPDX-License-Identifier: MPL-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace ocm {

/// JSON text written as it goes, without a tree: for what is large or written for every message. Members stay in the
/// order they are written in. Bytes that are not UTF-8 are replaced by U+FFFD, as in `dump_json`.
class JsonText {
  public:
    void begin_object() { open('{'); }
    void end_object() { close('}'); }
    void begin_array() { open('['); }
    void end_array() { close(']'); }
    void key(std::string_view name);
    void string(std::string_view value);
    void integer(std::int64_t value);
    void boolean(bool value);
    void value(const nlohmann::json& tree);
    /// A value that is JSON already.
    void json(std::string_view value) {
        separate();
        text_ += value;
    }
    /// A part of JSON as it stands: no comma is put before it, nor before what follows it.
    void raw(std::string_view json) {
        text_ += json;
        first_ = true;
    }

    void member(std::string_view name, std::string_view value) {
        key(name);
        string(value);
    }
    void member(std::string_view name, std::int64_t value) {
        key(name);
        integer(value);
    }

    void reserve(std::size_t bytes) { text_.reserve(bytes); }
    std::size_t size() const { return text_.size(); }
    std::string take() { return std::move(text_); }

  private:
    void open(char bracket);
    void close(char bracket);
    void separate();

    std::string text_;
    bool first_ = true;  // of its object or array
};

}  // namespace ocm
