// SPDX-License-Identifier: MPL-2.0
#include "core/http_message.hpp"

#include <algorithm>
#include <array>

namespace ocm {
namespace {

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

int nibble(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    c = lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

std::optional<std::string> decode(std::string_view text, bool plus_is_space) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%') {
            if (i + 2 >= text.size()) return std::nullopt;
            const int high = nibble(text[i + 1]);
            const int low = nibble(text[i + 2]);
            if (high < 0 || low < 0 || (high == 0 && low == 0)) return std::nullopt;
            out += static_cast<char>(high * 16 + low);
            i += 2;
        } else {
            out += plus_is_space && text[i] == '+' ? ' ' : text[i];
        }
    }
    return out;
}

struct Reason {
    int status;
    std::string_view phrase;
};
constexpr std::array reasons{
    Reason{200, "OK"},
    Reason{201, "Created"},
    Reason{202, "Accepted"},
    Reason{204, "No Content"},
    Reason{304, "Not Modified"},
    Reason{400, "Bad Request"},
    Reason{401, "Unauthorized"},
    Reason{403, "Forbidden"},
    Reason{404, "Not Found"},
    Reason{405, "Method Not Allowed"},
    Reason{406, "Not Acceptable"},
    Reason{408, "Request Timeout"},
    Reason{409, "Conflict"},
    Reason{410, "Gone"},
    Reason{413, "Payload Too Large"},
    Reason{415, "Unsupported Media Type"},
    Reason{422, "Unprocessable Entity"},
    Reason{429, "Too Many Requests"},
    Reason{431, "Request Header Fields Too Large"},
    Reason{500, "Internal Server Error"},
    Reason{502, "Bad Gateway"},
    Reason{503, "Service Unavailable"},
    Reason{504, "Gateway Timeout"},
};

}  // namespace

bool iequals(std::string_view a, std::string_view b) {
    return a.size() == b.size() &&
           std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

std::string to_lower(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(), lower);
    return out;
}

const std::string* HttpHeaders::find(std::string_view name) const {
    for (const auto& field : fields_) {
        if (iequals(field.first, name)) return &field.second;
    }
    return nullptr;
}

std::string_view HttpHeaders::get(std::string_view name) const {
    const auto* found = find(name);
    return found == nullptr ? std::string_view{} : std::string_view(*found);
}

void HttpHeaders::add(std::string name, std::string value) {
    fields_.emplace_back(std::move(name), std::move(value));
}

void HttpHeaders::set(std::string name, std::string value) {
    erase(name);
    add(std::move(name), std::move(value));
}

void HttpHeaders::erase(std::string_view name) {
    std::erase_if(fields_, [&](const Field& field) { return iequals(field.first, name); });
}

std::optional<std::string> decode_path(std::string_view text) {
    return decode(text, false);
}
std::optional<std::string> decode_query_value(std::string_view text) {
    return decode(text, true);
}

std::string encode_query_value(std::string_view text) {
    constexpr std::string_view digit = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
            c == '.' || c == '~') {
            out += c;
        } else {
            out += '%';
            out += digit[byte >> 4];
            out += digit[byte & 15u];
        }
    }
    return out;
}

bool any_parameter(std::string_view query,
                   const std::function<bool(const std::string& name, std::string_view value)>& wanted) {
    while (!query.empty()) {
        const auto end = query.find('&');
        const auto pair = query.substr(0, end);
        query = end == std::string_view::npos ? std::string_view{} : query.substr(end + 1);
        const auto equals = pair.find('=');
        const auto name = decode_query_value(pair.substr(0, equals));
        if (name && wanted(*name, equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1)))
            return true;
    }
    return false;
}

std::optional<std::string> query_value(std::string_view query, std::string_view name) {
    std::optional<std::string> out;
    any_parameter(query, [&](const std::string& found, std::string_view value) {
        if (found != name) return false;
        out = decode_query_value(value);
        return true;
    });
    return out;
}

std::string media_type(std::string_view content_type) {
    auto type = content_type.substr(0, content_type.find(';'));
    while (!type.empty() && (type.back() == ' ' || type.back() == '\t')) type.remove_suffix(1);
    while (!type.empty() && (type.front() == ' ' || type.front() == '\t')) type.remove_prefix(1);
    return to_lower(type);
}

HttpResponse json_response(int status, std::string body, std::string content_type) {
    return HttpResponse{status, HttpHeaders{{"content-type", std::move(content_type)}}, std::move(body)};
}

HttpResponse text_response(int status, std::string body) {
    return HttpResponse{status, HttpHeaders{{"content-type", "text/plain; charset=utf-8"}}, std::move(body)};
}

std::string_view reason_phrase(int status) {
    for (const auto& reason : reasons) {
        if (reason.status == status) return reason.phrase;
    }
    return "Unknown";
}

std::optional<UrlParts> split_url(std::string_view url) {
    UrlParts out;
    const auto scheme_end = url.find("://");
    if (scheme_end == std::string_view::npos) return std::nullopt;
    out.scheme = to_lower(url.substr(0, scheme_end));
    if (out.scheme != "http" && out.scheme != "https") return std::nullopt;
    auto rest = url.substr(scheme_end + 3);
    rest = rest.substr(0, rest.find('#'));
    const auto authority_end = rest.find_first_of("/?");
    auto authority = rest.substr(0, authority_end);
    rest = authority_end == std::string_view::npos ? std::string_view{} : rest.substr(authority_end);
    if (authority.find('@') != std::string_view::npos) return std::nullopt;
    std::size_t host_end = std::string_view::npos;
    if (!authority.empty() && authority.front() == '[') {
        const auto close = authority.find(']');
        if (close == std::string_view::npos) return std::nullopt;
        host_end = close + 1;
    } else {
        host_end = std::min(authority.find(':'), authority.size());
    }
    out.host = std::string(authority.substr(0, host_end));
    auto port = authority.substr(host_end);
    if (!port.empty()) {
        port.remove_prefix(1);
        if (port.empty() || port.size() > 5 || port.find_first_not_of("0123456789") != std::string_view::npos) {
            return std::nullopt;
        }
        out.port = std::string(port);
    } else {
        out.port = out.scheme == "https" ? "443" : "80";
    }
    if (out.host.empty()) return std::nullopt;
    const auto question = rest.find('?');
    out.path = std::string(rest.substr(0, question));
    if (question != std::string_view::npos) out.query = std::string(rest.substr(question + 1));
    if (out.path.empty()) out.path = "/";
    return out;
}

}  // namespace ocm
