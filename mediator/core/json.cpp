// SPDX-License-Identifier: MPL-2.0
#include "core/json.hpp"

#include "core/json_quick.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

namespace ocm {
namespace {

/// Builds the tree while it reads, so that a hostile document is refused before it is held.
class BoundedBuilder final : public nlohmann::json_sax<Json> {
  public:
    explicit BoundedBuilder(const JsonLimits& limits) : limits_(limits) {}

    Json take() { return std::move(root_); }
    const Error& error() const { return error_; }

    bool null() override { return add(nullptr); }
    bool boolean(bool v) override { return add(v); }
    bool number_integer(number_integer_t v) override {
        if (v == 0) return add(number_unsigned_t{0});  // "-0"
        return add(v);
    }
    bool number_unsigned(number_unsigned_t v) override { return add(v); }

    bool number_float(number_float_t v, const string_t& digits) override {
        // nlohmann turns an integer that does not fit 64 bits into a double: a 23-digit identifier would lose digits.
        const bool integral = digits.find_first_of(".eE") == string_t::npos;
        if (integral || !std::isfinite(v)) return refuse("a number does not fit");
        return add(v);
    }

    bool string(string_t& v) override {
        if (v.size() > limits_.string_bytes) return refuse("a string is too long");
        return add(std::move(v));
    }

    bool binary(binary_t&) override { return refuse("binary values are not JSON"); }

    bool start_object(std::size_t) override { return open(Json::object()); }
    bool start_array(std::size_t) override { return open(Json::array()); }
    bool end_object() override { return close(); }
    bool end_array() override { return close(); }

    bool key(string_t& v) override {
        if (v.size() > limits_.string_bytes) return refuse("a key is too long");
        auto& frame = stack_.back();
        const auto [it, inserted] = frame.node->get_ref<Json::object_t&>().try_emplace(std::move(v));
        frame.key = &it->first;
        frame.slot = &it->second;
        return inserted || refuse("a key appears twice");
    }

    bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
        if (error_.message.empty()) {
            error_ = Error{ErrorCode::bad_request, "malformed JSON at byte " + std::to_string(position), path(), {}};
        }
        return false;
    }

  private:
    template <class V>
    bool add(V&& v) {
        if (++nodes_ > limits_.nodes) return refuse("the document has too many values");
        place(Json(std::forward<V>(v)));
        return true;
    }

    bool open(Json container) {
        if (++nodes_ > limits_.nodes) return refuse("the document has too many values");
        if (stack_.size() >= limits_.depth) return refuse("the document is nested too deeply");
        stack_.push_back(Frame{place(std::move(container)), nullptr, nullptr});
        return true;
    }

    bool close() {
        stack_.pop_back();
        return true;
    }

    /// An open container, and the member of it that is being read. Addresses stay valid while they are used: an array
    /// cannot grow while its last element is open, and map nodes never move.
    struct Frame {
        Json* node;
        const std::string* key;
        Json* slot;
    };

    Json* place(Json v) {
        if (stack_.empty()) {
            root_ = std::move(v);
            return &root_;
        }
        auto& frame = stack_.back();
        if (frame.node->is_array()) {
            frame.node->push_back(std::move(v));
            return &frame.node->back();
        }
        *frame.slot = std::move(v);
        return frame.slot;
    }

    std::string path() const {
        std::string out;
        for (std::size_t i = 0; i < stack_.size(); ++i) {
            const auto& frame = stack_[i];
            const bool last = i + 1 == stack_.size();
            if (frame.node->is_array()) {
                const auto size = frame.node->size();
                out = pointer(out, last ? size : size - 1);
            } else if (frame.key != nullptr) {
                // A key is the sender's own text: keep it only where it looks like a field name.
                out = pointer(out, field_like(*frame.key) ? std::string_view(*frame.key) : "?");
            }
        }
        return out;
    }

    static bool field_like(std::string_view key) {
        return key.size() <= 64 && std::all_of(key.begin(), key.end(), [](unsigned char c) {
                   return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.' || c == '$' || c == ':';
               });
    }

    bool refuse(std::string_view why) {
        error_ = Error{ErrorCode::bad_request, std::string(why), path(), {}};
        return false;
    }

    JsonLimits limits_;
    Json root_;
    std::vector<Frame> stack_;
    std::size_t nodes_ = 0;
    Error error_;
};

}  // namespace

Result<Json> parse_any_json(std::string_view text, const JsonLimits& limits, JsonComments comments) {
    BoundedBuilder builder(limits);
    const bool ok = Json::sax_parse(text.begin(), text.end(), &builder, Json::input_format_t::json, true,
                                    comments == JsonComments::allow);
    if (!ok) return fail(builder.error());
    // The parser takes a zero byte for the end of the text, whatever follows it.
    if (const auto zero = text.find('\0'); zero != std::string_view::npos) {
        return fail(ErrorCode::bad_request, "malformed JSON at byte " + std::to_string(zero + 1));
    }
    return builder.take();
}

Result<Json> parse_json(std::string_view text, const JsonLimits& limits, JsonComments comments) {
    if (auto sound = parse_sound_json(text, limits)) return std::move(*sound);
    return parse_any_json(text, limits, comments);
}

const Json* member(const Json& value, std::string_view key) {
    const auto* members = value.get_ptr<const Json::object_t*>();
    if (members == nullptr) return nullptr;
    // The tree of an object is ordered by text. Where it is small, looking at the sizes one after the other takes less.
    constexpr std::size_t small = 8;
    if (members->size() <= small) {
        for (const auto& [name, inner] : *members) {
            if (name.size() == key.size() && std::memcmp(name.data(), key.data(), key.size()) == 0) return &inner;
        }
        return nullptr;
    }
    const auto found = members->find(key);
    return found == members->end() ? nullptr : &found->second;
}

const Json* element(const Json& value, std::size_t index) {
    const auto* elements = value.get_ptr<const Json::array_t*>();
    return elements == nullptr || index >= elements->size() ? nullptr : &(*elements)[index];
}

std::string_view text(const Json& value) {
    const auto* string = value.get_ptr<const Json::string_t*>();
    return string == nullptr ? std::string_view{} : std::string_view(*string);
}

std::string_view text_member(const Json& value, std::string_view key) {
    const auto* found = member(value, key);
    return found == nullptr ? std::string_view{} : text(*found);
}

std::string pointer(std::string_view parent, std::string_view token) {
    std::string out(parent);
    out += '/';
    for (const char c : token) {
        if (c == '~') {
            out += "~0";
        } else if (c == '/') {
            out += "~1";
        } else {
            out += c;
        }
    }
    return out;
}

std::string pointer(std::string_view parent, std::size_t index) {
    return pointer(parent, std::to_string(index));
}

}  // namespace ocm
