// SPDX-License-Identifier: MPL-2.0
#include "core/time.hpp"

#include <charconv>
#include <cstdio>

namespace ocm {
namespace {

std::optional<int> digits(std::string_view text, std::size_t from, std::size_t count) {
    if (from + count > text.size()) return std::nullopt;
    int value = 0;
    for (std::size_t i = from; i < from + count; ++i) {
        if (text[i] < '0' || text[i] > '9') return std::nullopt;
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

}  // namespace

std::string format_date(std::chrono::year_month_day date) {
    char out[16];
    std::snprintf(out, sizeof out, "%04d-%02u-%02u", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                  static_cast<unsigned>(date.day()));
    return out;
}

std::string rfc3339(WallTime at) {
    const auto day = std::chrono::floor<std::chrono::days>(at);
    const std::chrono::hh_mm_ss time(at - day);
    char out[24];
    std::snprintf(out, sizeof out, "T%02d:%02d:%02d.%03dZ", static_cast<int>(time.hours().count()),
                  static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()),
                  static_cast<int>(time.subseconds().count()));
    return format_date(std::chrono::year_month_day(day)) + out;
}

std::optional<std::chrono::year_month_day> parse_date(std::string_view text) {
    if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
    const auto y = digits(text, 0, 4);
    const auto m = digits(text, 5, 2);
    const auto d = digits(text, 8, 2);
    if (!y || !m || !d) return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year(*y), std::chrono::month(static_cast<unsigned>(*m)),
                                           std::chrono::day(static_cast<unsigned>(*d))};
    if (!date.ok()) return std::nullopt;
    return date;
}

std::optional<WallTime> parse_rfc3339(std::string_view text) {
    if (text.size() < 20 || (text[10] != 'T' && text[10] != 't')) return std::nullopt;
    const auto date = parse_date(text.substr(0, 10));
    const auto h = digits(text, 11, 2);
    const auto min = digits(text, 14, 2);
    const auto s = digits(text, 17, 2);
    if (!date || !h || !min || !s || text[13] != ':' || text[16] != ':') return std::nullopt;
    if (*h > 23 || *min > 59 || *s > 60) return std::nullopt;
    std::size_t at = 19;
    int millis = 0;
    if (text[at] == '.') {
        ++at;
        int scale = 100;
        const std::size_t begin = at;
        while (at < text.size() && text[at] >= '0' && text[at] <= '9') {
            millis += (text[at] - '0') * scale;
            scale /= 10;
            ++at;
        }
        if (at == begin) return std::nullopt;
    }
    if (at >= text.size()) return std::nullopt;
    std::chrono::minutes offset{0};
    if (text[at] == 'Z' || text[at] == 'z') {
        ++at;
    } else {
        const auto oh = digits(text, at + 1, 2);
        const auto om = digits(text, at + 4, 2);
        if ((text[at] != '+' && text[at] != '-') || !oh || !om || text[at + 3] != ':' || *oh > 23 || *om > 59) {
            return std::nullopt;
        }
        offset = std::chrono::hours(*oh) + std::chrono::minutes(*om);
        if (text[at] == '-') offset = -offset;
        at += 6;
    }
    if (at != text.size()) return std::nullopt;
    return std::chrono::sys_days(*date) + std::chrono::hours(*h) + std::chrono::minutes(*min) +
           std::chrono::seconds(*s) + std::chrono::milliseconds(millis) - offset;
}

}  // namespace ocm
