// SPDX-License-Identifier: MPL-2.0
#include "formats/opencrvs_v1/hub.hpp"

#include "core/hash.hpp"

#include <algorithm>
#include <array>

namespace ocm::opencrvs_v1 {
namespace {

struct Row {
    std::string_view name;
    Topic topic;
};
constexpr std::array<Row, 6> rows{{{"BIRTH_REGISTERED", {Change::registered, VitalKind::birth}},
                                   {"DEATH_REGISTERED", {Change::registered, VitalKind::death}},
                                   {"BIRTH_CERTIFIED", {Change::certified, VitalKind::birth}},
                                   {"DEATH_CERTIFIED", {Change::certified, VitalKind::death}},
                                   {"BIRTH_CORRECTED", {Change::corrected, VitalKind::birth}},
                                   {"DEATH_CORRECTED", {Change::corrected, VitalKind::death}}}};

/// What ECMAScript's encodeURIComponent leaves as it is. Form encoders and RFC 3986 differ on ! * ' ( ).
bool stays(char c) {
    constexpr std::string_view others = "-_.!~*'()";
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           others.find(c) != std::string_view::npos;
}

std::string signed_text(std::string_view body) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out = "sha256:";
    out.reserve(out.size() + body.size() * 2);
    for (const char c : body) {
        if (stays(c)) {
            out += c;
        } else {
            const auto byte = static_cast<unsigned char>(c);
            out += '%';
            out += digits[byte >> 4U];
            out += digits[byte & 0xFU];
        }
    }
    return out;
}

}  // namespace

std::string hub_signature(std::string_view secret, std::string_view raw_body) {
    return "sha256=" + hex(hmac_sha256(secret, signed_text(raw_body)));
}

bool hub_signature_matches(std::string_view secret, std::string_view raw_body, std::string_view header) {
    if (secret.empty() || header.empty()) return false;
    return constant_time_equal(hub_signature(secret, raw_body), header);
}

const std::vector<std::string_view>& hub_topics() {
    static const std::vector<std::string_view> all = [] {
        std::vector<std::string_view> out;
        for (const auto& row : rows) out.push_back(row.name);
        return out;
    }();
    return all;
}

std::optional<Topic> hub_topic(std::string_view name) {
    const auto* found = std::ranges::find(rows, name, &Row::name);
    if (found == rows.end()) return std::nullopt;
    return found->topic;
}

std::optional<std::string_view> hub_topic_name(const Topic& topic) {
    const auto* found = std::ranges::find(rows, topic, &Row::topic);
    if (found == rows.end()) return std::nullopt;
    return found->name;
}

}  // namespace ocm::opencrvs_v1
