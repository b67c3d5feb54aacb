// SPDX-License-Identifier: MPL-2.0
#include "channels/opencrvs/similarity.hpp"

#include <gtest/gtest.h>

using namespace ocm::opencrvs;

TEST(Similarity, NormalisesNames) {
    EXPECT_EQ(normalised_name("  Hôpital   Régional d'Étoile "), "hopital regional detoile");
    EXPECT_EQ(normalised_name("St. Mary's Hosp."), "saint marys hospital");
    EXPECT_EQ(normalised_name("Chisoma RHC"), "chisoma rural health center");
    EXPECT_EQ(normalised_name("Chisoma Rural Health Centre"), "chisoma rural health center");
    EXPECT_EQ(normalised_name("E\xCC\x81toile"), "etoile") << "a mark of its own";
    EXPECT_EQ(normalised_name("ŁÓDŹ-Şişli/Ħal"), "lodz sisli hal");
    EXPECT_EQ(normalised_name("ស្រុក"), "ស្រុក");
    EXPECT_EQ(normalised_name("𐒰 x"), "𐒰 x");
    EXPECT_EQ(normalised_name(""), "");
    EXPECT_EQ(normalised_name("--"), "");
    EXPECT_FALSE(normalised_name("\xFF\xC3").empty()) << "what is no UTF-8 is passed over without harm";
}

TEST(Similarity, NormalisesCodes) {
    EXPECT_EQ(normalised_code("HEALTH_FACILITY_HF-0107"), "hf0107");
    EXPECT_EQ(normalised_code("hf 0107"), "hf0107");
    EXPECT_EQ(normalised_code("ADMIN_STRUCTURE_AWn3s2RqgAN"), "awn3s2rqgan");
    EXPECT_EQ(normalised_code("--"), "");
}

TEST(Similarity, IsOneForTheSameAndLessForOthers) {
    EXPECT_EQ(similarity("Chisoma RHC", "chisoma rural health centre"), 1.0);
    EXPECT_EQ(similarity("", ""), 0.0);
    EXPECT_EQ(similarity("Chisoma", ""), 0.0);
    const auto near = similarity("Chissoma Rural Hospital", "Chisoma Rural Hospital");
    const auto far = similarity("Mutende Rural Hospital", "Chisoma Rural Hospital");
    EXPECT_GT(near, 0.85);
    EXPECT_LT(near, 1.0);
    EXPECT_LT(far, near);
    EXPECT_LT(similarity("Mutende", "Chisoma"), 0.1);
    EXPECT_EQ(similarity("Rural Hospital Chisoma", "Chisoma Rural Hospital"), 1.0) << "the order of words says little";
    EXPECT_EQ(similarity("a b c", "c b a"), similarity("c b a", "a b c"));
}

TEST(Similarity, TheIndexSaysWhatComparingEachWouldSay) {
    const std::vector<std::string> names{
        "Chisoma Rural Hospital", "Mutende Health Post", "Chisoma Clinic", "Lukona Mission Hospital", "",
        "Ntambo Clinic"};
    const NameIndex index(names);
    for (const auto* sought : {"Chisoma Hosp", "ntambo", "Health Post Mutende", "nothing like it", ""}) {
        std::size_t expected = 0;
        for (const auto& name : names) expected += similarity(sought, name) >= 0.3 ? 1U : 0U;
        const auto found = index.find(sought, 0.3, 10);
        EXPECT_EQ(found.size(), expected) << sought;
        double last = 1;
        for (const auto& match : found) {
            EXPECT_DOUBLE_EQ(match.score, similarity(sought, names[match.index]));
            EXPECT_LE(match.score, last);
            last = match.score;
        }
    }
    EXPECT_EQ(index.find("Chisoma", 0, 1).size(), 1u);
}
