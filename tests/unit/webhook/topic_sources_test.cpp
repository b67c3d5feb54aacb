// SPDX-License-Identifier: MPL-2.0
#include "channels/webhook/topic_sources.hpp"

#include "support/paths/paths.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

using namespace ocm;
using namespace ocm::webhook;

namespace {

TEST(TopicSources, AreWhatTheContractSays) {
    struct Row {
        const char* topic;
        const char* version;
        TopicSource source;
        bool looked_up;
    };
    for (const auto& row : {Row{"birth.registered", "1.3", TopicSource::native, true},
                            Row{"death.registered", "1.8", TopicSource::native, true},
                            Row{"marriage.registered", "1.8", TopicSource::catch_up, true},
                            Row{"birth.certified", "1.8", TopicSource::refused, false},
                            Row{"death.corrected", "1.5", TopicSource::refused, false},
                            Row{"birth.revoked", "1.3", TopicSource::refused, false},
                            Row{"notification.status", "1.8", TopicSource::native, false},
                            Row{"marriage.registered", "1.9", TopicSource::native, true},
                            Row{"birth.corrected", "1.9", TopicSource::native, false},
                            Row{"birth.registered", "2.0", TopicSource::native, true},
                            Row{"death.revoked", "2.0", TopicSource::native, false}}) {
        const auto found = topic_row(topic(row.topic).value(), row.version);
        EXPECT_EQ(found.source, row.source) << row.topic << " at " << row.version;
        EXPECT_EQ(found.looked_up, row.looked_up) << row.topic << " at " << row.version;
    }
}

TEST(TopicSources, SayWhyNothingWouldBeToldAndWhatIsToBeKnown) {
    const Topic certified{Change::certified, VitalKind::birth};
    const Topic married{Change::registered, VitalKind::marriage};
    EXPECT_EQ(
        refusal_of(certified, "1.8"),
        "OpenCRVS 1.x dispatches only births and deaths registered, and what its searches show does not tell this");
    EXPECT_EQ(refusal_of(certified, "2.0"), std::nullopt);
    EXPECT_EQ(refusal_of(certified, ""), std::nullopt) << "no version is known to refuse it";
    EXPECT_EQ(refusal_of(married, "1.8"), std::nullopt);
    EXPECT_NE(warning_of(married, "1.8").value_or("").find("minutes late"), std::string::npos);
    EXPECT_EQ(warning_of({Change::registered, VitalKind::birth}, "2.0"), std::nullopt);
    EXPECT_EQ(warning_of(certified, "1.8"), std::nullopt) << "it is refused";
}

TEST(TopicSources, StandInTheDocumentation) {
    std::ifstream in(support::source_dir() / "docs/registrations.md");
    std::stringstream page;
    page << in.rdbuf();
    EXPECT_NE(page.str().find(topic_table()), std::string::npos) << "docs/registrations.md lacks this table:\n"
                                                                 << topic_table();
}

}  // namespace
