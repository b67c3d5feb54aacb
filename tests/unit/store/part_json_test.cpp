// SPDX-License-Identifier: MPL-2.0
#include "store/part_json.hpp"

#include <gtest/gtest.h>

using namespace ocm;
using namespace ocm::store;

TEST(StorePartJson, TextsOfClaimAndLookUpValuesAreCanonical) {
    Claim claim{"client-1", "opencrvs-1", KeyKind::document, "k", "c", {"p", "d", "r", "s", true}};
    EXPECT_EQ(claim_json(claim), R"({"client":"client-1","content_sha256":"c","format":"opencrvs-1",)"
                                 R"("key_sha256":"k","kind":"document",)"
                                 R"("subject":"{\"date\":\"d\",\"multiple\":true,\"parent\":\"r\",)"
                                 R"(\"person\":\"p\",\"sex\":\"s\"}"})");
    claim.subject = {};
    claim.client.clear();
    EXPECT_EQ(claim_json(claim), R"({"content_sha256":"c","format":"opencrvs-1","key_sha256":"k","kind":"document",)"
                                 R"("subject":"{}"})");
    const store_ops::Subjects values{"BXYZ123", "event-1", "2026B000001", std::string("s\0\xff", 3), "office-1"};
    const auto text = subjects_json(values);
    EXPECT_EQ(text, R"({"event_id":"event-1","office":"office-1","registration_number":"2026B000001",)"
                    "\"source_id\":\"s\xEF\xBF\xBD\",\"tracking_id\":\"BXYZ123\"}");
    EXPECT_EQ(read_subjects(text).office, "office-1");
    EXPECT_EQ(subjects_json({}), "");
}
