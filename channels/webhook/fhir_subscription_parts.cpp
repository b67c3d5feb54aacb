// SPDX-License-Identifier: MPL-2.0
#include "channels/webhook/fhir_subscription_parts.hpp"

#include "channels/notification/fhir_request.hpp"
#include "formats/fhir_r4/outcome.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <vector>

namespace ocm::webhook::fhir {
namespace {

/// Names of the parameters of a query, in their order.
std::vector<std::string> parameters_of(std::string_view query) {
    std::vector<std::string> out;
    while (!query.empty()) {
        const auto cut = query.find('&');
        const auto one = query.substr(0, cut);
        if (!one.empty()) out.emplace_back(one.substr(0, one.find('=')));
        query = cut == std::string_view::npos ? std::string_view{} : query.substr(cut + 1);
    }
    return out;
}

}  // namespace

Answer refused(Error error) {
    if (error.path.starts_with('/')) error.path = fhir_r4::expression(error.path, root);
    Answer out;
    out.response = fhir_r4::refusal(error);
    out.error = std::move(error);
    return out;
}

Answer refused(ErrorCode code, std::string why, std::string path) {
    return refused(Error{code, std::move(why), std::move(path), std::nullopt});
}

Answer not_there() {
    return refused(no_such_subscription());
}

Answer told(const Json& body) {
    Answer out;
    out.response = fhir_r4::fhir_response(200, body);
    return out;
}

std::optional<Error> wrong_accept(const HttpRequest& request) {
    if (notification::accepts_fhir_json(request)) return std::nullopt;
    return Error{ErrorCode::not_acceptable, "answers are application/fhir+json", "Accept", std::nullopt};
}

const Subscription* own(const SubscriptionDirectory& directory, const std::string& id,
                        const store_ops::Client& client) {
    return own(directory, id, client, SubscriptionContract::fhir_r4);
}

Result<void> only(std::string_view query, std::initializer_list<std::string_view> allowed) {
    for (const auto& each : parameters_of(query)) {
        if (each == "_format" || each == "_pretty" || each == "_summary") continue;
        if (std::ranges::find(allowed, std::string_view(each)) != allowed.end()) continue;
        std::string list;
        for (const auto name : allowed) list.append(list.empty() ? "" : ", ").append(name);
        return fail(ErrorCode::bad_request, "the query can hold " + list + " and nothing else");
    }
    return {};
}

bool fits(std::string_view query, std::string_view name, const std::string& value) {
    const auto asked = query_value(query, name);
    if (!asked) return true;
    std::string_view rest = *asked;
    for (;;) {
        const auto cut = rest.find(',');
        if (rest.substr(0, cut) == value) return true;
        if (cut == std::string_view::npos) return false;
        rest.remove_prefix(cut + 1);
    }
}

}  // namespace ocm::webhook::fhir
