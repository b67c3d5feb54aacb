// SPDX-License-Identifier: MPL-2.0
#include "http/response_writer.hpp"

#include <algorithm>
#include <array>

namespace ocm::http {
namespace {

constexpr std::array<std::string_view, 12> ours{"connection",
                                                "keep-alive",
                                                "proxy-connection",
                                                "te",
                                                "trailer",
                                                "transfer-encoding",
                                                "upgrade",
                                                "date",
                                                "content-length",
                                                "server",
                                                "proxy-authenticate",
                                                "proxy-authorization"};

bool sendable(const HttpHeaders::Field& field) {
    const auto& [name, value] = field;
    if (name.empty() || std::any_of(ours.begin(), ours.end(), [&](auto own) { return iequals(own, name); }))
        return false;
    const bool good_name =
        std::all_of(name.begin(), name.end(), [](char c) { return c > 0x20 && c < 0x7f && c != ':'; });
    const bool good_value = std::none_of(value.begin(), value.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return (byte < 0x20 && c != '\t') || byte == 0x7f;
    });
    return good_name && good_value;
}

bool has_body(int status) {
    return status >= 200 && status != 204 && status != 304;
}

void two_digits(std::string& out, int value) {
    out += static_cast<char>('0' + value / 10 % 10);
    out += static_cast<char>('0' + value % 10);
}

const std::string& date_line(std::time_t now) {
    thread_local std::time_t at = -1;
    thread_local std::string text;
    if (at != now) {
        at = now;
        text = http_date(now);
    }
    return text;
}

/// Of the answer to HEAD: what a GET would have got, where the handler knows.
std::string length_of(const HttpResponse& response, const ResponseFraming& framing) {
    const auto told = response.headers.get("content-length");
    const bool number = !told.empty() && told.find_first_not_of("0123456789") == std::string_view::npos;
    if (framing.head_request && response.body.empty() && number) return std::string(told);
    return std::to_string(response.body.size());
}

}  // namespace

std::string http_date(std::time_t at) {
    constexpr std::array<const char*, 7> days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::array<const char*, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    std::tm parts{};
    gmtime_r(&at, &parts);
    std::string out = days[static_cast<std::size_t>(parts.tm_wday)];
    out += ", ";
    two_digits(out, parts.tm_mday);
    out += ' ';
    out += months[static_cast<std::size_t>(parts.tm_mon)];
    out += ' ' + std::to_string(parts.tm_year + 1900) + ' ';
    two_digits(out, parts.tm_hour);
    out += ':';
    two_digits(out, parts.tm_min);
    out += ':';
    two_digits(out, parts.tm_sec);
    out += " GMT";
    return out;
}

bool sends_body(const HttpResponse& response, const ResponseFraming& framing) {
    return !framing.head_request && has_body(response.status) && !response.body.empty();
}

std::string response_head(const HttpResponse& response, const ResponseFraming& framing, std::time_t now) {
    const int status = response.status >= 200 && response.status <= 599 ? response.status : 500;
    std::string out;
    out.reserve(256);
    out += "HTTP/1.1 ";
    out += std::to_string(status);
    out += ' ';
    out += reason_phrase(status);
    out += "\r\ndate: ";
    out += date_line(now);
    out += "\r\nserver: opencrvs-mediator\r\n";
    if (has_body(status)) out += "content-length: " + length_of(response, framing) + "\r\n";
    if (!framing.keep_alive) {
        out += "connection: close\r\n";
    } else if (framing.http_1_0) {
        out += "connection: keep-alive\r\n";
    }
    for (const auto& field : response.headers) {
        if (!sendable(field)) continue;
        out += field.first;
        out += ": ";
        out += field.second;
        out += "\r\n";
    }
    out += "\r\n";
    return out;
}

}  // namespace ocm::http
