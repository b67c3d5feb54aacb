// SPDX-License-Identifier: MPL-2.0
// docs/formats.md holds the versions table as the code has it.
#include "channels/opencrvs/versions.hpp"
#include "fixtures.hpp"

#include <gtest/gtest.h>

using namespace ocm::opencrvs;
using namespace ocm::opencrvs::test;

namespace {

std::string code(std::string_view text) {
    return text.empty() ? "-" : "`" + std::string(text) + "`";
}

std::string row_of(const Version& version) {
    const bool legacy = version.generation == Generation::legacy;
    const auto yes = [&](bool said) { return said ? "yes" : "no"; };
    std::vector<std::string> cells{std::string(version.name),
                                   legacy ? "FHIR document" : "event",
                                   version.token_in_query ? "query" : "form",
                                   version.fhir_locations ? "FHIR Location" : "events service",
                                   code(version.create_path),
                                   code(version.notify_path),
                                   legacy ? (version.document.family_list ? "list" : "text") : "-",
                                   legacy ? yes(version.document.office_area) : "-",
                                   legacy ? yes(version.document.questionnaire) : "-",
                                   legacy ? yes(version.document.addresses_checked) : "-",
                                   legacy ? "-" : yes(version.has_event_location),
                                   version.create_scope.empty()
                                       ? code(version.notify_scope)
                                       : code(version.create_scope) + " " + code(version.notify_scope),
                                   std::string(version.success) + (version.hides_failures ? "; failures too" : "")};
    std::string out = "|";
    for (const auto& cell : cells) out += " " + cell + " |";
    return out + "\n";
}

}  // namespace

TEST(FormatsDoc, HoldsTheVersionsTable) {
    std::string table;
    for (const auto& version : versions()) table += row_of(version);
    const auto page = slurp(source_dir() / "docs/formats.md");
    EXPECT_NE(page.find(table), std::string::npos) << "docs/formats.md lacks this table:\n" << table;
}
