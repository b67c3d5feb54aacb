// SPDX-License-Identifier: MPL-2.0
#include "core/hash.hpp"
#include "support/http_client/http_client.hpp"
#include "support/paths/paths.hpp"
#include "support/sandbox/sandbox.hpp"

#include <gtest/gtest.h>

#include <fstream>

using namespace ocm;
using namespace ocm::sandbox;

namespace {

std::string filled(std::string text, const std::map<std::string, std::string>& values) {
    for (const auto& [name, value] : values) {
        const auto mark = "{{" + name + "}}";
        for (auto at = text.find(mark); at != text.npos; at = text.find(mark)) text.replace(at, mark.size(), value);
    }
    return text;
}

bool contains_all(std::string_view text, std::string_view parts) {
    while (!parts.empty()) {
        parts.remove_prefix(1);
        const auto end = std::min(parts.find('~'), parts.size());
        if (text.find(parts.substr(0, end)) == text.npos) return false;
        parts.remove_prefix(end);
    }
    return true;
}

/// Where the answer is not what was expected; empty where it is.
std::string difference(const Json& expected, const Json& actual, const std::string& where = "") {
    if (expected == "*") return {};
    if (expected.is_string() && text(expected).starts_with('~')) {
        return contains_all(text(actual), text(expected)) ? "" : where + ": " + actual.dump();
    }
    if (expected.is_object() && actual.is_object()) {
        for (const auto& [key, value] : expected.items()) {
            const auto* part = member(actual, key);
            if (value == "!") {
                if (part != nullptr) return where + "/" + key + ": is there";
                continue;
            }
            if (part == nullptr) return where + "/" + key + ": is missing";
            if (auto inner = difference(value, *part, where + "/" + key); !inner.empty()) return inner;
        }
        return {};
    }
    if (expected.is_array() && actual.is_array()) {
        if (expected.size() != actual.size()) return where + ": has " + std::to_string(actual.size()) + " elements";
        for (std::size_t i = 0; i < expected.size(); ++i) {
            if (auto inner = difference(expected[i], actual[i], pointer(where, i)); !inner.empty()) return inner;
        }
        return {};
    }
    return expected == actual ? "" : where + ": " + actual.dump();
}

std::string token_of(const Sandbox& sandbox, const SystemClient& client) {
    const auto answer =
        test::post("127.0.0.1", sandbox.port(), "/auth/token",
                   "grant_type=client_credentials&client_id=" + client.id + "&client_secret=" + client.secret,
                   "application/x-www-form-urlencoded");
    return std::string(text_member(*parse_json(answer.body), "access_token"));
}

class Golden : public testing::TestWithParam<const char*> {};

}  // namespace

TEST_P(Golden, TheSandboxAnswersAsOpenCrvsDoes) {
    SystemClient powerless = default_client();
    powerless.id.back() = '2';
    powerless.scopes = {"type=record.read"};
    Sandbox sandbox({.clients = {default_client(), powerless}});
    const auto token = token_of(sandbox, default_client());
    const auto weak_token = token_of(sandbox, powerless);

    std::ifstream file(ocm::support::source_dir() / "tests/support/sandbox/golden" / GetParam());
    std::map<std::string, std::string> values;
    int count = 0;
    for (std::string line; std::getline(file, line);) {
        const auto read = parse_json(filled(line, values));
        ASSERT_TRUE(read) << line;
        const auto& step = *read;
        SCOPED_TRACE(std::string(text_member(step, "name")));
        const auto& wanted = step.at("request");
        HttpRequest request;
        request.method = text_member(wanted, "method");
        request.target = text_member(wanted, "path");
        if (const auto* body = member(wanted, "body")) {
            request.body = body->is_string() ? std::string(text(*body)) : dump_json(*body);
            request.headers.set("content-type", "application/json");
        }
        const auto kind = text_member(wanted, "token");
        if (kind != "none") {
            request.headers.set("authorization", "Bearer " + (kind == "bad"         ? "a.b.c"
                                                              : kind == "no-scopes" ? weak_token
                                                                                    : token));
        }
        const auto answer = test::fetch("127.0.0.1", sandbox.port(), request);
        EXPECT_EQ(answer.status, step.at("expect").at("status")) << answer.body;
        const auto body = parse_json(answer.body);
        ASSERT_TRUE(body) << answer.body;
        const auto* expected = member(step.at("expect"), "body");
        EXPECT_EQ(expected == nullptr ? "" : difference(*expected, *body), "");
        if (const auto* capture = member(step, "capture")) {
            for (const auto& [name, where] : capture->items()) {
                values[name] = text(body->at(Json::json_pointer(where.get<std::string>())));
            }
        }
        ++count;
    }
    EXPECT_GE(count, 3);
}

INSTANTIATE_TEST_SUITE_P(Files, Golden,
                         testing::Values("birth-two-calls.jsonl", "death-one-call.jsonl", "refusals.jsonl",
                                         "places.jsonl"),
                         [](const auto& row) {
                             std::string name = row.param;
                             name = name.substr(0, name.find('.'));
                             std::replace(name.begin(), name.end(), '-', '_');
                             return name;
                         });
