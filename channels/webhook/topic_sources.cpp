// SPDX-License-Identifier: MPL-2.0
#include "channels/webhook/topic_sources.hpp"

#include "channels/opencrvs/versions.hpp"

#include <array>

namespace ocm::webhook {
namespace {

using namespace std::string_view_literals;
using opencrvs::Generation;

constexpr std::array names{"native"sv, "catch-up"sv, "refused"sv};

/// Which rows of the table a version has.
enum class Family { webhooks, forwards, forwards_and_reads };

struct Row {
    Change change;
    std::optional<VitalKind> kind;  // absent: every kind
    Family family;
    TopicRow row;
};

constexpr std::string_view only_registered =
    "OpenCRVS 1.x dispatches only births and deaths registered, and what its searches show does not tell this";
constexpr std::string_view late_and_in_part =
    "OpenCRVS 1.x does not tell of marriages: they are looked up, minutes late, and only part of the record is shown";
constexpr std::string_view not_looked_up =
    "told only where actions are forwarded; what is missed then is not looked up";
constexpr std::string_view not_confirmed =
    "told only where actions are forwarded, without OpenCRVS confirming it; what is missed then is not looked up";
constexpr std::string_view only_that_registered =
    "OpenCRVS 1.x tells that it was registered, and nothing of rejections and archiving";
constexpr std::string_view found_in_part = "what is looked up because it was missed is part of the record";

constexpr TopicRow native{TopicSource::native, true, {}};
constexpr TopicRow told(std::string_view why) {
    return {TopicSource::native, false, why};
}
constexpr TopicRow refused{TopicSource::refused, false, only_registered};

/// The first row that fits counts.
constexpr Row table[] = {
    {Change::registered, VitalKind::marriage, Family::webhooks, {TopicSource::catch_up, true, late_and_in_part}},
    {Change::registered, {}, Family::webhooks, {TopicSource::native, true, found_in_part}},
    {Change::corrected, {}, Family::webhooks, refused},
    {Change::revoked, {}, Family::webhooks, refused},
    {Change::certified, {}, Family::webhooks, refused},
    {Change::notification_status, {}, Family::webhooks, told(only_that_registered)},

    {Change::registered, {}, Family::forwards, {TopicSource::native, true, found_in_part}},
    {Change::corrected, {}, Family::forwards, told(not_confirmed)},
    {Change::revoked, {}, Family::forwards, told(not_confirmed)},
    {Change::certified, {}, Family::forwards, told(not_confirmed)},
    {Change::notification_status, {}, Family::forwards, told(not_confirmed)},

    {Change::registered, {}, Family::forwards_and_reads, native},
    {Change::corrected, {}, Family::forwards_and_reads, told(not_looked_up)},
    {Change::revoked, {}, Family::forwards_and_reads, told(not_looked_up)},
    {Change::certified, {}, Family::forwards_and_reads, told(not_looked_up)},
    {Change::notification_status, {}, Family::forwards_and_reads, told(not_looked_up)},
};

Family family_of(const opencrvs::Version& version) {
    if (version.generation == Generation::legacy) return Family::webhooks;
    return version.read_path.empty() ? Family::forwards : Family::forwards_and_reads;
}

}  // namespace

std::string_view name(TopicSource source) {
    return names[static_cast<std::size_t>(source)];
}

TopicRow topic_row(const Topic& topic, std::string_view version) {
    const auto* known = opencrvs::find_version(version);
    if (known == nullptr) return {TopicSource::native, false, {}};
    const auto family = family_of(*known);
    for (const auto& row : table) {
        const bool fits = row.family == family && row.change == topic.change && (!row.kind || *row.kind == topic.kind);
        if (fits) return row.row;
    }
    return refused;
}

std::optional<std::string> refusal_of(const Topic& topic, std::string_view version) {
    const auto row = topic_row(topic, version);
    if (row.source != TopicSource::refused) return std::nullopt;
    return std::string(row.why);
}

std::optional<std::string> warning_of(const Topic& topic, std::string_view version) {
    const auto row = topic_row(topic, version);
    if (row.source == TopicSource::refused || row.why.empty()) return std::nullopt;
    return std::string(row.why);
}

std::string topic_table() {
    std::string out = "| topic |";
    std::string line = "|---|";
    for (const auto& version : opencrvs::versions()) {
        out.append(" ").append(version.name).append(" |");
        line += "---|";
    }
    out += "\n" + line + "\n";
    for (const auto& topic : topics()) {
        out += "| `" + name(topic) + "` |";
        for (const auto& version : opencrvs::versions()) {
            const auto row = topic_row(topic, version.name);
            out.append(" ").append(name(row.source));
            if (row.looked_up && row.source == TopicSource::native) out += " + catch-up";
            out += " |";
        }
        out += "\n";
    }
    return out;
}

}  // namespace ocm::webhook
