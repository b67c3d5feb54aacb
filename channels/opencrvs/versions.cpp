// SPDX-License-Identifier: MPL-2.0
#include "channels/opencrvs/versions.hpp"

namespace ocm::opencrvs {
namespace {

// What all versions of a generation share.
constexpr Version legacy(std::string_view name, opencrvs_v1::Rules document) {
    return {.name = name,
            .generation = Generation::legacy,
            .token_in_query = true,
            .fhir_locations = true,
            .locations_path = "/location",
            .notify_path = "/notification",
            .has_webhooks = true,
            .search_path = "/graphql",
            .record_search = RecordSearch::by_change,
            .notify_scope = "notification-api",
            .document = document,
            .success = "saved record"};
}

constexpr Version with_declare(Version version) {
    version.client_scope = "declare";
    return version;
}

constexpr Version finding(Version version, RecordSearch search) {
    version.record_search = search;
    return version;
}

constexpr Version answering(Version version, std::string_view success, bool hides_failures = false) {
    version.success = success;
    version.hides_failures = hides_failures;
    return version;
}

constexpr opencrvs_v1::Rules rules_1_3{
    .family_list = true, .office_area = true, .questionnaire = false, .addresses_checked = false};
constexpr opencrvs_v1::Rules rules_1_5{
    .family_list = true, .office_area = true, .questionnaire = false, .addresses_checked = true};
constexpr opencrvs_v1::Rules rules_1_6{
    .family_list = true, .office_area = false, .questionnaire = false, .addresses_checked = true};
constexpr opencrvs_v1::Rules rules_1_7{
    .family_list = false, .office_area = false, .questionnaire = true, .addresses_checked = true};

constexpr std::string_view transaction_response = "transaction response";
constexpr std::string_view or_duplicate = "saved record, or the ids of a potential duplicate";

// The doubled "events" is right: the first is the gateway's prefix of the events service (opencrvs.md 0.2).
constexpr Version table[] = {
    finding(answering(with_declare(legacy("1.3", rules_1_3)), transaction_response, true),
            RecordSearch::by_declaration_few),
    finding(answering(with_declare(legacy("1.4", rules_1_3)), transaction_response, true),
            RecordSearch::by_declaration_few),
    finding(answering(with_declare(legacy("1.5", rules_1_5)), transaction_response), RecordSearch::by_declaration),
    finding(with_declare(legacy("1.6", rules_1_6)), RecordSearch::by_declaration),
    legacy("1.7", rules_1_7),
    answering(legacy("1.8", rules_1_7), or_duplicate),
    // Both generations answer in 1.9, over two stores; the new one is the one that is looked at (0.1).
    {.name = "1.9",
     .token_in_query = true,
     .fhir_locations = true,
     .locations_path = "/location",
     .config_path = "/events/config",
     .create_path = "/events/events",
     .notify_path = "/events/events/notifications",
     .has_webhooks = true,
     .search_path = "/events/events/search",
     .create_scope = "record.create",
     .notify_scope = "record.notify",
     .bracket_scopes = true,
     .client_scope = "notification-api"},
    {.name = "2.0",
     .locations_path = "/events/locations",
     .areas_path = "/events/administrativeAreas.list",
     .config_path = "/events/config",
     .create_path = "/events/events",
     .notify_path = "/events/events/{id}/notify",
     .read_path = "/events/events/{id}",
     .search_path = "/events/events/search",
     .create_needs_location = true,
     .notify_is_strict = true,
     .has_event_location = true,
     .create_scope = "record.create",
     .notify_scope = "record.notify"},
};

}  // namespace

std::span<const Version> versions() {
    return table;
}

const Version* find_version(std::string_view name) {
    for (const auto& version : table) {
        if (version.name == name) return &version;
    }
    return nullptr;
}

std::string event_path(std::string_view path, std::string_view event_id) {
    constexpr std::string_view mark = "{id}";
    std::string out(path);
    if (const auto at = out.find(mark); at != std::string::npos) out.replace(at, mark.size(), event_id);
    return out;
}

}  // namespace ocm::opencrvs
