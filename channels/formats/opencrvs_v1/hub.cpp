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
constexpr std::array<bool, 256> what_stays() {
    std::array<bool, 256> out{};
    for (std::size_t c = 0; c < out.size(); ++c) {
        out[c] = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    }
    for (const char c : std::string_view("-_.!~*'()")) out[static_cast<unsigned char>(c)] = true;
    return out;
}
constexpr auto stays = what_stays();

std::string signed_text(std::string_view body) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    constexpr std::string_view prefix = "sha256:";
    std::string out(prefix.size() + body.size() * 3, '\0');
    auto* to = std::copy(prefix.begin(), prefix.end(), out.data());
    for (const char c : body) {
        const auto byte = static_cast<unsigned char>(c);
        if (stays[byte]) {
            *to++ = c;
        } else {
            *to++ = '%';
            *to++ = digits[byte >> 4U];
            *to++ = digits[byte & 0xFU];
        }
    }
    out.resize(static_cast<std::size_t>(to - out.data()));
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
        out.reserve(rows.size());
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
