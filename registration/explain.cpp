// SPDX-License-Identifier: MPL-2.0
#include "registration/explain.hpp"

#include "core/http_message.hpp"

#include <array>
#include <charconv>

namespace ocm::registration {
namespace {

constexpr std::string_view filler = "User Authenticated Successfully";  // v8's body where it means to send none

std::string_view noun(Ask ask) {
    switch (ask) {
        case Ask::registration:
            return "the registration";
        case Ask::mediator:
            return "reading our registration";
        case Ask::heartbeat:
            return "the heartbeat";
        case Ask::list_channels:
            return "listing the channels";
        case Ask::install_channel:
            return "installing a channel";
        case Ask::add_channel:
            return "adding a channel";
        case Ask::update_channel:
            return "updating a channel";
        case Ask::transaction:
            return "completing a transaction";
        case Ask::transactions:
            return "adding a transaction";
    }
    return "the request";
}

/// The permission a role needs in cores after 8.5.0 (openhim.md 1.4).
std::string_view permission(Ask ask) {
    switch (ask) {
        case Ask::registration:
            return "mediator-manage-all";
        case Ask::mediator:
        case Ask::heartbeat:
            return "mediator-view-specified (with our urn) or mediator-view-all";
        case Ask::list_channels:
            return "channel-view-all";
        case Ask::install_channel:
            return "mediator-manage-all or mediator-manage-specified (with our urn)";
        case Ask::add_channel:
        case Ask::update_channel:
            return "channel-manage-all";
        case Ask::transaction:
            return "transaction-view-all and transaction-manage-all";
        case Ask::transactions:
            return "transaction-view-all and channel-manage-all";
    }
    return "";
}

std::string with_words(const std::string& sentence, const UpstreamReply& reply) {
    const auto words = core_words(reply);
    return words.empty() ? sentence : sentence + ": " + words;
}

Error forbidden(Ask ask, const UpstreamReply& reply) {
    const std::string subject = "OpenHIM forbids " + std::string(noun(ask)) + " to the user openhim.username";
    const auto& body = reply.body;
    std::string message;
    if (body.find("is not an admin") != std::string::npos) {
        message = subject + ": up to 8.5 the core lets only members of the group 'admin' do this; add the user to it";
    } else if (body.find("does not have an access role") != std::string::npos) {
        message = subject + ": the user has no role; give it one with the permission " + std::string(permission(ask));
    } else if (const auto open = body.find("does not have the \""); open != std::string::npos) {
        const auto start = open + std::string_view("does not have the \"").size();
        const auto named = body.substr(start, body.find('"', start) - start);
        message = subject + ": its role lacks the permission " + (named.size() < 60 ? named : std::string()) +
                  "; add it to the role in OpenHIM";
    } else {
        message = subject + ": up to 8.5 it must be in the group 'admin', later its role needs the permission " +
                  std::string(permission(ask));
    }
    return Error{ErrorCode::forbidden, std::move(message), "openhim.username", std::nullopt};
}

Error not_found(Ask ask, const UpstreamReply& reply) {
    switch (ask) {
        case Ask::mediator:
        case Ask::heartbeat:
        case Ask::install_channel:
            return Error{ErrorCode::not_found,
                         "OpenHIM does not know this mediator: it was never registered there or was deleted",
                         "openhim.urn", std::nullopt};
        case Ask::registration:
        case Ask::list_channels:
        case Ask::add_channel:
        case Ask::update_channel:
        case Ask::transaction:
        case Ask::transactions:
            return Error{
                ErrorCode::bad_gateway,
                with_words("there is no OpenHIM API at this address (404); the API usually listens on port 8080",
                           reply),
                "openhim.api_url", std::nullopt};
    }
    return Error{ErrorCode::bad_gateway, "unexpected 404", "openhim.api_url", std::nullopt};
}

}  // namespace

bool is_web_page(const UpstreamReply& reply) {
    if (media_type(reply.headers.get("content-type")) == "text/html") return true;
    const auto first = reply.body.find_first_not_of(" \t\r\n");
    return first != std::string::npos && reply.body[first] == '<';
}

std::string core_words(const UpstreamReply& reply) {
    if (is_web_page(reply)) return {};
    std::string out;
    for (const char c : reply.body) {
        const auto byte = static_cast<unsigned char>(c);
        out += byte < 0x20 || byte >= 0x7f ? ' ' : c;
        if (out.size() >= 300) break;
    }
    while (!out.empty() && out.back() == ' ') out.pop_back();
    if (out == filler || out == reason_phrase(reply.status)) return {};
    return out;
}

Error explain(Ask ask, const UpstreamReply& reply) {
    const auto status = std::to_string(reply.status);
    const auto error = [](ErrorCode code, std::string message) {
        return Error{code, std::move(message), "openhim.api_url", std::nullopt};
    };
    if (reply.status == 401) return explain(Refusal{.basic = true});
    if (reply.status >= 500 && reply.status <= 599) {
        const bool passing = reply.status >= 502 && reply.status <= 504;
        return error(
            passing ? ErrorCode::unavailable : ErrorCode::bad_gateway,
            with_words("OpenHIM, or a proxy in front of it, failed at " + std::string(noun(ask)) + " (" + status + ")",
                       reply));
    }
    if (is_web_page(reply)) {
        return error(ErrorCode::bad_gateway,
                     "what answers at openhim.api_url is not the OpenHIM API: it sent a web page (" + status +
                         "). Is it the address of the console or of a proxy? The API usually listens on port 8080");
    }
    if (reply.status == 403) return forbidden(ask, reply);
    if (reply.status == 404) return not_found(ask, reply);
    if (reply.status == 400) {
        return Error{
            ErrorCode::bad_request, with_words("OpenHIM refused " + std::string(noun(ask)), reply), {}, std::nullopt};
    }
    if (reply.status == 413) {
        return error(ErrorCode::bad_request,
                     "OpenHIM, or a proxy in front of it, finds " + std::string(noun(ask)) + " too large");
    }
    if (reply.status >= 300 && reply.status <= 399) {
        return error(ErrorCode::bad_gateway, "what answers at openhim.api_url redirects elsewhere (" + status +
                                                 "); set it to the API's own address");
    }
    return error(ErrorCode::bad_gateway, with_words("unexpected answer to " + std::string(noun(ask)) + " (" + status +
                                                        "); is openhim.api_url an OpenHIM API?",
                                                    reply));
}

Error explain(const Refusal& refusal) {
    using Challenge = Refusal::Challenge;
    const auto error = [](std::string message, std::string path) {
        return Error{ErrorCode::unauthenticated, std::move(message), std::move(path), std::nullopt};
    };
    switch (refusal.challenge) {
        case Challenge::unknown_user:
            return error(
                "OpenHIM has no user openhim.username; the e-mail address is compared with upper and lower case",
                "openhim.username");
        case Challenge::no_token_password:
            if (refusal.basic) {
                return error(
                    "OpenHIM refused openhim.password_file: the user exists, so the password is wrong, or Basic is "
                    "missing from the core's api.authenticationTypes",
                    "openhim.password_file");
            }
            return error(
                "OpenHIM has no password for the token scheme for this user: users made by core 7.2 or later have only "
                "a Basic one. Set openhim.auth to auto or basic",
                "openhim.auth");
        case Challenge::given:
            if (refusal.basic) {
                return error("OpenHIM refused openhim.password_file: the user exists, so the password is wrong",
                             "openhim.password_file");
            }
            return error(
                "OpenHIM refused the token: the password in openhim.password_file is wrong, or 'token' is missing from "
                "the core's api.authenticationTypes",
                "openhim.password_file");
        case Challenge::failed:
        case Challenge::not_asked:
            break;
    }
    return error(
        "OpenHIM refused openhim.username and openhim.password_file (401): the user is unknown, the password is wrong, "
        "or Basic is missing from the core's api.authenticationTypes (it is off before 7.1: set openhim.auth to auto)",
        "openhim.username");
}

std::optional<WallTime> parse_http_date(std::string_view text) {
    // IMF-fixdate only: "Sun, 06 Nov 1994 08:49:37 GMT", what node and every proxy send.
    constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    if (text.size() != 29 || text.substr(3, 2) != ", " || text.substr(25) != " GMT" || text[7] != ' ' ||
        text[11] != ' ' || text[16] != ' ' || text[19] != ':' || text[22] != ':') {
        return std::nullopt;
    }
    bool good = true;
    const auto number = [&text, &good](std::size_t at, std::size_t size) {
        int value = -1;
        const auto* end = text.data() + at + size;
        const auto read = std::from_chars(text.data() + at, end, value);
        good = good && read.ec == std::errc{} && read.ptr == end && value >= 0;
        return value;
    };
    unsigned month = 0;
    while (month < months.size() && months[month] != text.substr(8, 3)) ++month;
    const std::chrono::year_month_day date{std::chrono::year{number(12, 4)}, std::chrono::month{month + 1},
                                           std::chrono::day{static_cast<unsigned>(number(5, 2))}};
    const auto time =
        std::chrono::hours{number(17, 2)} + std::chrono::minutes{number(20, 2)} + std::chrono::seconds{number(23, 2)};
    if (!good || !date.ok()) return std::nullopt;
    return WallTime{std::chrono::sys_days{date}} + time;
}

}  // namespace ocm::registration
