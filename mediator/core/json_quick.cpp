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

/// Copies what simdjson has read into our tree, within the limits; absent where they are not kept or a key appears
/// twice.
class Copier {
  public:
    explicit Copier(const JsonLimits& limits) : limits_(limits) {}

    std::optional<Json> copy(simdjson::dom::element root) {
        auto out = value(root, 0);
        if (refused_) return std::nullopt;
        return out;
    }

  private:
    Json value(simdjson::dom::element from, std::size_t depth) {
        if (++nodes_ > limits_.nodes) return refuse();
        switch (from.type()) {
            case simdjson::dom::element_type::OBJECT:
                return depth < limits_.depth ? object(from.get_object().value_unsafe(), depth + 1) : refuse();
            case simdjson::dom::element_type::ARRAY:
                return depth < limits_.depth ? array(from.get_array().value_unsafe(), depth + 1) : refuse();
            case simdjson::dom::element_type::STRING: {
                const auto text = from.get_string().value_unsafe();
                return text.size() <= limits_.string_bytes ? Json(text) : refuse();
            }
            case simdjson::dom::element_type::INT64: {
                const auto number = from.get_int64().value_unsafe();
                return number < 0 ? Json(number) : Json(static_cast<std::uint64_t>(number));
            }
            case simdjson::dom::element_type::UINT64:
                return Json(from.get_uint64().value_unsafe());
            case simdjson::dom::element_type::DOUBLE:
                return Json(from.get_double().value_unsafe());
            case simdjson::dom::element_type::BOOL:
                return Json(from.get_bool().value_unsafe());
            case simdjson::dom::element_type::NULL_VALUE:
                return Json();
        }
        return refuse();
    }

    Json object(simdjson::dom::object from, std::size_t depth) {
        Json out(Json::value_t::object);
        auto& members = out.get_ref<Json::object_t&>();
        for (const auto [key, from_member] : from) {
            if (key.size() > limits_.string_bytes) return refuse();
            // Keys often come in their order: where this one is the last so far, it is compared once.
            const auto size = members.size();
            const auto member = members.emplace_hint(members.end(), key, nullptr);
            if (members.size() == size) return refuse();
            member->second = value(from_member, depth);
            if (refused_) break;
        }
        return out;
    }

    Json array(simdjson::dom::array from, std::size_t depth) {
        Json out(Json::value_t::array);
        auto& elements = out.get_ref<Json::array_t&>();
        elements.reserve(from.size());
        for (const auto element : from) {
            elements.push_back(value(element, depth));
            if (refused_) break;
        }
        return out;
    }

    Json refuse() {
        refused_ = true;
        return {};
    }

    const JsonLimits& limits_;
    std::size_t nodes_ = 0;
    bool refused_ = false;
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
    return Copier(limits).copy(root);
}

bool is_utf8(std::string_view text) {
    return simdjson::validate_utf8(text.data(), text.size());
}

}  // namespace ocm
