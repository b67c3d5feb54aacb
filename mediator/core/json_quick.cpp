// SPDX-License-Identifier: MPL-2.0
#include "core/json_quick.hpp"

#include <nlohmann/json.hpp>

#include <cstring>
#include <simdjson.h>

namespace ocm {
namespace {

/// The reader keeps working memory of about fifteen times the longest text it has read, one per thread.
constexpr std::size_t longest_text = 64u << 10;

/// Half of a character beyond U+FFFF, perhaps alone: simdjson takes some that are refused here.
bool escapes_a_surrogate(std::string_view text) {
    for (auto at = text.find("\\u"); at != std::string_view::npos; at = text.find("\\u", at + 2)) {
        if (at + 2 < text.size() && (text[at + 2] == 'd' || text[at + 2] == 'D')) return true;
    }
    return false;
}

/// Copies what simdjson has read into our tree, within the limits; false where they are not kept or a key appears
/// twice.
class Copier {
  public:
    explicit Copier(const JsonLimits& limits) : limits_(limits) {}

    bool copy(simdjson::dom::element from, Json& to, std::size_t depth) {
        if (++nodes_ > limits_.nodes) return false;
        switch (from.type()) {
            case simdjson::dom::element_type::OBJECT:
                return depth < limits_.depth && copy_object(from.get_object().value_unsafe(), to, depth + 1);
            case simdjson::dom::element_type::ARRAY:
                return depth < limits_.depth && copy_array(from.get_array().value_unsafe(), to, depth + 1);
            case simdjson::dom::element_type::STRING: {
                const auto text = from.get_string().value_unsafe();
                to = text;
                return text.size() <= limits_.string_bytes;
            }
            case simdjson::dom::element_type::INT64: {
                const auto number = from.get_int64().value_unsafe();
                if (number < 0) {
                    to = number;
                } else {
                    to = static_cast<std::uint64_t>(number);
                }
                return true;
            }
            case simdjson::dom::element_type::UINT64:
                to = from.get_uint64().value_unsafe();
                return true;
            case simdjson::dom::element_type::DOUBLE:
                to = from.get_double().value_unsafe();
                return true;
            case simdjson::dom::element_type::BOOL:
                to = from.get_bool().value_unsafe();
                return true;
            case simdjson::dom::element_type::NULL_VALUE:
                return true;
        }
        return false;
    }

  private:
    bool copy_object(simdjson::dom::object from, Json& to, std::size_t depth) {
        to = Json::object();
        auto& members = to.get_ref<Json::object_t&>();
        for (const auto [key, value] : from) {
            if (key.size() > limits_.string_bytes) return false;
            const auto [member, is_new] = members.try_emplace(std::string(key));
            if (!is_new || !copy(value, member->second, depth)) return false;
        }
        return true;
    }

    bool copy_array(simdjson::dom::array from, Json& to, std::size_t depth) {
        to = Json::array();
        auto& elements = to.get_ref<Json::array_t&>();
        elements.reserve(from.size());
        for (const auto value : from) {
            if (!copy(value, elements.emplace_back(), depth)) return false;
        }
        return true;
    }

    const JsonLimits& limits_;
    std::size_t nodes_ = 0;
};

}  // namespace

std::optional<Json> parse_sound_json(std::string_view text, const JsonLimits& limits) {
    if (text.size() > longest_text || escapes_a_surrogate(text)) return std::nullopt;
    thread_local simdjson::dom::parser parser;
    thread_local std::string padded;  // it reads, and ignores, a few bytes beyond the end
    padded.assign(text);
    padded.reserve(text.size() + simdjson::SIMDJSON_PADDING);
    simdjson::dom::element root;
    if (parser.parse(padded.data(), text.size(), false).get(root) != simdjson::SUCCESS) return std::nullopt;
    Json out;
    if (!Copier(limits).copy(root, out, 0)) return std::nullopt;
    return out;
}

bool is_utf8(std::string_view text) {
    return simdjson::validate_utf8(text.data(), text.size());
}

}  // namespace ocm
