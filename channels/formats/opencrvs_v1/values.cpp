// SPDX-License-Identifier: MPL-2.0
#include "formats/opencrvs_v1/values.hpp"

#include "core/time.hpp"
#include "formats/opencrvs_v1/envelope.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace ocm::opencrvs_v1 {

bool is_partial_date(std::string_view value) {
    constexpr std::string_view rest = "0000-01-01";
    if (value.size() != 4 && value.size() != 7 && value.size() != 10) return false;
    std::string whole(value);
    whole += rest.substr(value.size());
    return parse_date(whole).has_value();
}

std::optional<std::string> take_text(const Json& object, std::string_view key, Marks& marks) {
    const auto* found = member(object, key);
    if (found == nullptr || !found->is_string()) return std::nullopt;
    marks.carried(*found);
    return std::string(text(*found));
}

Result<std::optional<std::string>> take_date(const Json& node, Marks& marks) {
    const auto value = text(node);
    if (node.is_string() && value.empty()) {
        marks.dropped(node, "it is empty");
        return std::nullopt;
    }
    if (is_partial_date(value)) {
        marks.carried(node);
        return std::string(value);
    }
    if (value.size() > 10 && value[10] == 'T' && parse_rfc3339(value)) {
        marks.carried(node);
        marks.recoded(node, "the day is kept, the time of day is left out");
        return std::string(value.substr(0, 10));
    }
    return refuse_value(node, marks, "must be a date that exists, as YYYY-MM-DD, YYYY-MM or YYYY");
}

const Json* take_code(const Json* codeable, Marks& marks) {
    const auto* codings = codeable == nullptr ? nullptr : member(*codeable, "coding");
    if (codings == nullptr || !codings->is_array()) return nullptr;
    const Json* found = nullptr;
    for (const auto& coding : *codings) {
        const auto* code = member(coding, "code");
        if (code == nullptr || !code->is_string()) continue;
        if (found != nullptr) {
            marks.dropped(coding, "another coding of the same value");
            continue;
        }
        found = code;
        for (const auto key : {"system", "display"}) marks.structure(member(coding, key));
        marks.structure(member(*codeable, "text"));
        marks.carried(*code);
    }
    return found;
}

std::optional<double> number(const Json& node) {
    double value = 0;
    if (node.is_number()) {
        value = node.get<double>();
    } else {
        const auto digits = text(node);
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
        if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
    }
    if (!std::isfinite(value)) return std::nullopt;
    return value;
}

std::optional<long> whole_number(const Json& node) {
    constexpr double limit = 1'000'000'000;
    const auto value = number(node);
    if (!value || std::abs(*value) > limit || std::trunc(*value) != *value) return std::nullopt;
    return static_cast<long>(*value);
}

bool surely_before(std::string_view a, std::string_view b) {
    const auto common = std::min(a.size(), b.size());
    return a.substr(0, common) < b.substr(0, common);
}

tl::unexpected<Error> refuse_value(const Json& node, const Marks& marks, std::string_view what) {
    auto path = marks.pointer_to(node);
    std::string message = "\"" + joi_label(path) + "\" ";
    message += what;
    return fail(ErrorCode::bad_request, std::move(message), std::move(path));
}

}  // namespace ocm::opencrvs_v1
