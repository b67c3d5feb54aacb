// SPDX-License-Identifier: MPL-2.0
#include "channels/notification/fhir_metadata.hpp"

#include "channels/notification/channel.hpp"
#include "channels/notification/fhir_request.hpp"
#include "formats/fhir_r4/backport.hpp"
#include "formats/fhir_r4/outcome.hpp"

#include <nlohmann/json.hpp>

#include <map>
#include <set>
#include <string>
#include <string_view>

namespace ocm::notification {
namespace {

constexpr std::string_view base = "/fhir/";
constexpr std::string_view published = "2026-11-25";
constexpr std::string_view metadata = "/fhir/metadata";
constexpr std::string_view backport_operation =
    "http://hl7.org/fhir/uv/subscriptions-backport/OperationDefinition/backport-subscription-";

/// What a route is in FHIR's terms: "Patient" and "search-type" of POST /fhir/Patient/_search. Empty for an operation.
std::string_view interaction(std::string_view method, std::string_view rest) {
    if (rest.find("/$") != std::string_view::npos) return "";
    if (rest == "/_search" || (rest.empty() && method == "GET")) return "search-type";
    if (rest.empty()) return "create";
    if (method == "GET") return "read";
    if (method == "PUT") return "update";
    return method == "DELETE" ? "delete" : "";
}

struct OfferedType {
    std::set<std::string> interactions, operations;
};

struct Offered {
    std::map<std::string, OfferedType> resources;
    std::map<std::string, std::string> operations;  // name: what it does
    bool whole_system = false;
};

Offered offered(const std::vector<ChannelDefinition>& channels) {
    Offered out;
    for (const auto& channel : channels) {
        for (const auto& route : channel.routes) {
            const std::string_view pattern = route.pattern;
            if (pattern == "/fhir") out.whole_system = true;
            if (!pattern.starts_with(base) || pattern == metadata) continue;
            const auto path = pattern.substr(base.size());
            if (path.starts_with('$')) {
                out.operations.emplace(path.substr(1), route.summary);
                continue;
            }
            const auto slash = path.find('/');
            const auto rest = slash == std::string_view::npos ? std::string_view{} : path.substr(slash);
            const auto what = interaction(route.method, rest);
            auto& type = out.resources[std::string(path.substr(0, slash))];
            if (!what.empty()) {
                type.interactions.emplace(what);
            } else if (const auto operation = rest.find("/$"); operation != std::string_view::npos) {
                type.operations.emplace(rest.substr(operation + 2));
            }
        }
    }
    return out;
}

Json coded(const std::set<std::string>& codes) {
    auto out = Json::array();
    for (const auto& code : codes) out.push_back({{"code", code}});
    return out;
}

Json rest_of(const Offered& from) {
    Json rest{{"mode", "server"}, {"resource", Json::array()}};
    rest["security"] = {
        {"description", "Through OpenHIM: what OpenHIM asks for. Directly: HTTP Basic or an API key of a client."},
        {"service", Json::array({{{"coding", Json::array({{{"system",
                                                            "http://terminology.hl7.org/CodeSystem/"
                                                            "restful-security-service"},
                                                           {"code", "Basic"}}})}}})}};
    for (const auto& [type, what] : from.resources) {
        Json resource{{"type", type}, {"interaction", coded(what.interactions)}};
        // Those that are about one type are the backport's.
        for (const auto& operation : what.operations) {
            resource["operation"].push_back(
                {{"name", operation}, {"definition", std::string(backport_operation) + operation}});
        }
        if (!what.operations.empty())
            resource["supportedProfile"] = Json::array({std::string(fhir_r4::backport::subscription)});
        rest["resource"].push_back(std::move(resource));
    }
    if (from.whole_system) rest["interaction"] = coded({"transaction", "batch"});
    for (const auto& [name, summary] : from.operations) {
        if (name == "process-message") continue;  // said under messaging
        const bool own = name != "validate";
        rest["operation"].push_back(
            {{"name", name},
             {"definition",
              (own ? "urn:opencrvs-mediator:operation:" : "http://hl7.org/fhir/OperationDefinition/Resource-") + name},
             {"documentation", summary}});
    }
    return rest;
}

Json document(const char* profile, const char* words) {
    return {{"mode", "consumer"}, {"profile", profile}, {"documentation", words}};
}

Task<Answer> tell(Exchange& exchange, std::shared_ptr<const std::string> body) {
    Answer answer;
    if (!accepts_fhir_json(exchange.request())) {
        answer.error = Error{ErrorCode::not_acceptable, "answers are application/fhir+json", "Accept", std::nullopt};
        answer.response = fhir_r4::refusal(*answer.error);
        co_return answer;
    }
    answer.response = json_response(200, *body, std::string(fhir_r4::content_type));
    co_return answer;
}

}  // namespace

Json capability_statement(const std::vector<ChannelDefinition>& channels) {
    const auto from = offered(channels);
    Json out{{"resourceType", "CapabilityStatement"},
             {"status", "active"},
             {"date", published},
             {"kind", "instance"},
             {"fhirVersion", "4.0.1"},
             {"format", {"application/fhir+json", "json"}}};
    out["software"] = {{"name", "opencrvs-mediator"}};
    out["implementation"] = {{"description", "Births and deaths for OpenCRVS"}};
    out["rest"] = Json::array({rest_of(from)});
    if (from.operations.contains("process-message")) {
        out["messaging"] = Json::array({{{"documentation",
                                          "A message that tells of a birth or a death, whatever its event and profile; "
                                          "an identifier of the document or of the header makes it exactly once."}}});
    }
    out["document"] =
        Json::array({document("http://hl7.org/fhir/us/bfdr/StructureDefinition/Bundle-document-birth-report",
                              "Births; other profiles are read as well."),
                     document("http://hl7.org/fhir/us/vrdr/StructureDefinition/vrdr-death-certificate-document",
                              "Deaths; other profiles are read as well.")});
    return out;
}

void add_fhir_metadata(std::vector<ChannelDefinition>& channels) {
    const auto body = std::make_shared<const std::string>(dump_json(capability_statement(channels)));
    Route route;
    route.method = "GET";
    route.pattern = metadata;
    route.summary = "The FHIR CapabilityStatement.";
    route.handler = [body](Exchange& exchange) { return tell(exchange, body); };
    route.render_error = fhir_r4::refusal;
    route.keeps_bodies = false;
    for (auto& channel : channels) {
        if (channel.name != channel_name) continue;
        channel.routes.push_back(std::move(route));
        return;
    }
}

}  // namespace ocm::notification
