// SPDX-License-Identifier: MPL-2.0
#include "support/sandbox/faults.hpp"

#include <nlohmann/json.hpp>

#include <array>

namespace ocm::sandbox {
namespace {

struct KindName {
    std::string_view name;
    Fault::Kind kind;
};
constexpr std::array kinds{
    KindName{"latency", Fault::Kind::latency},
    KindName{"reset", Fault::Kind::reset},
    KindName{"status", Fault::Kind::status},
    KindName{"garbage", Fault::Kind::garbage},
    KindName{"truncate", Fault::Kind::truncate},
    KindName{"hang", Fault::Kind::hang},
    KindName{"country_config", Fault::Kind::country_config},
};

bool path_matches(std::string_view pattern, std::string_view path) {
    while (true) {
        const auto here = pattern.substr(0, pattern.find('/'));
        const auto there = path.substr(0, path.find('/'));
        if (here != "*" && here != there) return false;
        const bool last = here.size() == pattern.size();
        if (last != (there.size() == path.size())) return false;
        if (last) return true;
        pattern.remove_prefix(here.size() + 1);
        path.remove_prefix(there.size() + 1);
    }
}

long number(const Json& rule, std::string_view key, long otherwise) {
    const auto* value = member(rule, key);
    return value != nullptr && value->is_number_integer() ? value->get<long>() : otherwise;
}

Result<Fault> read_rule(const Json& rule, const std::string& where) {
    Fault out;
    const auto match = text_member(rule, "match");
    const auto space = match.find(' ');
    if (space == match.npos) {
        return fail(ErrorCode::bad_request, "match is written METHOD /path, with * for any method or segment",
                    pointer(where, "match"));
    }
    out.method = std::string(match.substr(0, space));
    out.path = std::string(match.substr(space + 1));
    bool known = false;
    for (const auto& [name, kind] : kinds) {
        if (text_member(rule, "kind") != name) continue;
        out.kind = kind;
        known = true;
    }
    if (!known) {
        return fail(ErrorCode::bad_request,
                    "kind is one of latency, reset, status, garbage, truncate, hang, country_config",
                    pointer(where, "kind"));
    }
    out.status = static_cast<int>(number(rule, "status", 500));
    if (const auto* body = member(rule, "body"))
        out.body = body->is_string() ? std::string(text(*body)) : dump_json(*body);
    out.wait = Milliseconds(number(rule, "ms", out.kind == Fault::Kind::hang ? 60'000 : 0));
    out.times = number(rule, "times", -1);
    const auto* after = member(rule, "after");
    out.after = after != nullptr && *after == true;
    return out;
}

}  // namespace

Result<void> Faults::add(const Json& document) {
    const auto* rules = member(document, "rules");
    if (rules == nullptr || !rules->is_array()) return fail(ErrorCode::bad_request, "rules is missing", "/rules");
    std::vector<Fault> read;
    for (std::size_t i = 0; i < rules->size(); ++i) {
        auto rule = read_rule((*rules)[i], pointer("/rules", i));
        if (!rule) return fail(std::move(rule.error()));
        read.push_back(*std::move(rule));
    }
    rules_.insert(rules_.end(), read.begin(), read.end());
    return {};
}

std::optional<Fault> Faults::take(std::string_view method, std::string_view path) {
    for (auto& rule : rules_) {
        if (rule.times == 0 || (rule.method != "*" && rule.method != method) || !path_matches(rule.path, path))
            continue;
        if (rule.times > 0) --rule.times;
        return rule;
    }
    return std::nullopt;
}

}  // namespace ocm::sandbox
