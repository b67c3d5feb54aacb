// SPDX-License-Identifier: MPL-2.0
#include "channels/opencrvs/crosswalk_suggest.hpp"

#include "fixtures.hpp"

using namespace ocm;
using namespace ocm::opencrvs;

namespace {

const Places& country() {
    static const Places out({{"o1", "Ibombo District Office", "OF-1", "ibombo", "CRVS_OFFICE", {}},
                             {"f1", "Chisoma Rural Health Centre", "HF-0107", "ibombo", "HEALTH_FACILITY", {}},
                             {"f2", "Chisoma Rural Health Centre", "HF-0208", "sefula", "HEALTH_FACILITY", {}},
                             {"f3", "Lukona Mission Hospital", "HF-0300", "sefula", "HEALTH_FACILITY", {}},
                             {"f4", "Lukona Mission Hospital", "HF-0301", "sefula", "HEALTH_FACILITY",
                              parse_rfc3339("2020-01-01T00:00:00Z")}},
                            {{"ibombo", "Ibombo", "DI-1", "", {}}, {"sefula", "Sefula", "DI-2", "", {}}});
    return out;
}

Suggestion only(ForeignPlace place, double min_score = 0.5) {
    const Crosswalk none;
    auto found = suggest({std::move(place)}, {none, "main", country(), test::now()}, {min_score, 3});
    EXPECT_EQ(found.open.size(), 1u);
    return found.open.empty() ? Suggestion{} : found.open.front();
}

ForeignPlace place(std::string code, std::string name, std::string parent = "", std::string external_id = "",
                   PlaceKind kind = PlaceKind::facility) {
    return {{kind, "opencrvs-1", std::move(code)}, std::move(name), std::move(parent), std::move(external_id)};
}

}  // namespace

TEST(CrosswalkSuggest, NameAndAreaTogetherMakeItSure) {
    const auto found = only(place("u1", "Chisoma RHC", "Ibombo"));
    ASSERT_EQ(found.candidates.size(), 2u);
    EXPECT_EQ(found.candidates[0].location, "f1");
    EXPECT_EQ(found.candidates[0].score, 1.0);
    EXPECT_EQ(found.candidates[0].matched_by, "name and area");
    EXPECT_TRUE(found.candidates[0].sure);
    EXPECT_EQ(found.candidates[1].location, "f2");
    EXPECT_FALSE(found.candidates[1].sure);
    EXPECT_LT(found.candidates[1].score, 1.0);
}

TEST(CrosswalkSuggest, ANameThatTwoHaveIsAQuestion) {
    const auto found = only(place("u1", "Chisoma RHC"));
    ASSERT_EQ(found.candidates.size(), 2u);
    EXPECT_EQ(found.candidates[0].score, 1.0);
    EXPECT_FALSE(found.candidates[0].sure);
    EXPECT_FALSE(found.candidates[1].sure);
}

TEST(CrosswalkSuggest, ANameAloneIsNeverSure) {
    const auto found = only(place("u1", "lukona mission hosp"));
    ASSERT_EQ(found.candidates.size(), 1u) << "the closed one is none";
    EXPECT_EQ(found.candidates[0].location, "f3");
    EXPECT_EQ(found.candidates[0].matched_by, "name");
    EXPECT_FALSE(found.candidates[0].sure);
}

TEST(CrosswalkSuggest, ACodeIsSureOnlyWithTheName) {
    auto found = only(place("u1", "Lukona Mission Hospital", "", "HEALTH_FACILITY_hf 0300"));
    EXPECT_EQ(found.candidates[0].matched_by, "code and name");
    EXPECT_TRUE(found.candidates[0].sure);
    // Another generation's codes can be alike by chance.
    found = only(place("u1", "Mwandi Clinic", "", "HF-0300"));
    ASSERT_FALSE(found.candidates.empty());
    EXPECT_EQ(found.candidates[0].matched_by, "code");
    EXPECT_FALSE(found.candidates[0].sure);
    EXPECT_LT(found.candidates[0].score, 0.7);
    // Of a parked code nothing but the code is known.
    found = only(place("hf0300", ""));
    ASSERT_EQ(found.candidates.size(), 1u);
    EXPECT_EQ(found.candidates[0].score, 0.8);
    EXPECT_FALSE(found.candidates[0].sure);
}

TEST(CrosswalkSuggest, KeepsToTheKind) {
    EXPECT_EQ(only(place("u1", "Ibombo District Office", "", "", PlaceKind::office)).candidates.at(0).location, "o1");
    EXPECT_TRUE(only(place("u1", "Ibombo District Office")).candidates.empty());
    EXPECT_EQ(only(place("u1", "ibombo", "", "", PlaceKind::area)).candidates.at(0).location, "ibombo");
}

TEST(CrosswalkSuggest, LeavesOutWhatIsKnownAndWhatIsUnlike) {
    CrosswalkEntry entry;
    entry.key = {"main", {PlaceKind::facility, "opencrvs-1", "u9"}};
    entry.location = "f3";
    const Crosswalk one({entry});
    const auto found = suggest(
        {place("f1", "Chisoma"), place("HF-0208", "x"), place("u9", "Lukona"), place("u1", "Zambezi Polyclinic")},
        {one, "main", country(), test::now()});
    EXPECT_EQ(found.known, 3u);
    ASSERT_EQ(found.open.size(), 1u);
    EXPECT_TRUE(found.open[0].candidates.empty());
}

TEST(CrosswalkSuggest, WritesATableToReviewAndImport) {
    const Crosswalk none;
    const auto found = suggest({place("u1", "Chisoma RHC", "Ibombo"), place("u2", "Chisoma RHC"), place("u3", "=Q")},
                               {none, "main", country(), test::now()});
    EXPECT_EQ(suggestions_csv(found, Which::all),
              "kind,system,code,location,name,note,location_name,score,matched_by\r\n"
              "facility,opencrvs-1,u1,f1,Chisoma RHC,,Chisoma Rural Health Centre,1.00,name and area\r\n"
              "facility,opencrvs-1,u2,f1,Chisoma RHC,,Chisoma Rural Health Centre,1.00,name\r\n"
              "facility,opencrvs-1,u3,,'=Q,,,,\r\n");
    const auto sure = read_crosswalk_csv(suggestions_csv(found, Which::sure), "main", &country(), test::now());
    EXPECT_TRUE(sure.problems.empty());
    ASSERT_EQ(sure.entries.size(), 1u);
    EXPECT_EQ(sure.entries[0].key.from.code, "u1");
    const auto unsure = read_crosswalk_csv(suggestions_csv(found, Which::unsure), "main", &country(), test::now());
    ASSERT_EQ(unsure.problems.size(), 1u) << "an empty location has to be filled in";
    EXPECT_EQ(unsure.problems[0].line, 3u);
    EXPECT_EQ(unsure.entries.size(), 1u);
}

TEST(CrosswalkSuggest, ReadsAListOfForeignPlaces) {
    const auto read = read_foreign_csv(
        "kind,system,code,name,parent\nfacility,dhis2,A,Clinic,North\narea,,B,,\nfacility,dhis2,C,=1,\n");
    ASSERT_EQ(read.places.size(), 1u);
    EXPECT_EQ(read.places[0].parent, "North");
    ASSERT_EQ(read.problems.size(), 2u);
    EXPECT_EQ(read.problems[0].line, 3u);
    EXPECT_EQ(read.problems[1].line, 4u);
}
