// SPDX-License-Identifier: MPL-2.0
#include "channels/opencrvs/write_v1.hpp"

#include "channels/opencrvs/write_v2.hpp"
#include "fixtures.hpp"
#include "formats/opencrvs_v1/read.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <functional>

using namespace ocm;
using namespace ocm::opencrvs;
using namespace ocm::opencrvs::test;

namespace {

constexpr const char* seed = "5eed0000-0000-4000-8000-000000000001";

VitalEvent birth() {
    VitalEvent event;
    event.kind = VitalKind::birth;
    auto& child = event.persons[role::child];
    child.names.push_back({{"Tala"}, "Mwansa", "en"});
    child.birth_date = "2026-01-14";
    auto& mother = event.persons[role::mother];
    mother.names.push_back({{"Ruth"}, "Mwansa", "en"});
    Address home;
    home.country = "FAR";
    home.areas = {"AREA-1", "AREA-2", "AREA-3"};
    home.town = "Ibombo";
    mother.addresses.push_back(home);
    event.place.emplace().location = "HF-1";
    return event;
}

Result<WrittenDocument> written(const VitalEvent& event, std::string_view version) {
    return write_document(event, *find_version(version), "FAR", places(), seed, now());
}

Json document(const WrittenDocument& out) {
    return parse_json(out.body).value();
}

}  // namespace

TEST(WriteDocument, CodesBecomeTheTargetsIds) {
    const auto out = written(birth(), "1.8");
    ASSERT_TRUE(out) << out.error().message;
    EXPECT_FALSE(out->untouched);
    EXPECT_EQ(out->office_id, village_office) << "the nearest one above the facility";
    const auto read = opencrvs_v1::read(document(*out));
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->event.office, village_office);
    EXPECT_EQ(read->event.place->location, facility);
    EXPECT_EQ(read->event.persons.at(role::mother).addresses.at(0).areas,
              (std::vector<std::string>{province, district, village}));
    EXPECT_EQ(out->account.recoded.back().path, "place.location");
}

TEST(WriteDocument, OfficeAreaWhereTheVersionAsksForIt) {
    const auto area_of = [](std::string_view version) -> std::string {
        const auto out = written(birth(), version);
        if (!out) return out.error().message;
        const auto bundle = document(*out);
        for (const auto& each : bundle["entry"][1]["resource"]["extension"]) {
            if (text_member(each, "url").ends_with("regLastLocation")) return each["valueReference"]["reference"];
        }
        return "";
    };
    for (const auto* version : {"1.3", "1.4", "1.5"}) EXPECT_EQ(area_of(version), std::string("Location/") + village);
    for (const auto* version : {"1.6", "1.7", "1.8"}) EXPECT_EQ(area_of(version), "");
    const Places homeless({{village_office, "Office", "", "", "CRVS_OFFICE", {}},
                           {facility, "Hospital", "HF-1", village, "HEALTH_FACILITY", {}}},
                          {{village, "Village", "", "", {}}});
    auto event = birth();
    event.office = village_office;
    const auto refused = write_document(event, *find_version("1.5"), "FAR", homeless, seed, now());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().path, refusal::office);
    EXPECT_TRUE(write_document(event, *find_version("1.6"), "FAR", homeless, seed, now()));
}

TEST(WriteDocument, TheFamilyNameAsTheVersionWantsIt) {
    for (const auto& version : versions()) {
        if (version.generation != Generation::legacy) continue;
        const auto out = written(birth(), version.name);
        ASSERT_TRUE(out);
        const auto family = document(*out)["entry"][2]["resource"]["name"][0]["family"];
        if (version.name < "1.7") {
            EXPECT_EQ(family, Json::array({"Mwansa"})) << version.name;
        } else {
            EXPECT_EQ(family, "Mwansa") << version.name;
        }
    }
}

namespace {

struct RefusalRow {
    std::function<void(VitalEvent&)> change;
    std::string_view path;
};

}  // namespace

TEST(WriteDocument, RefusesWhatHasNoDocument) {
    const std::vector<RefusalRow> rows{
        {[](VitalEvent& event) { event.kind = VitalKind::marriage; }, refusal::kind},
        {[](VitalEvent& event) { event.place.reset(); }, refusal::location},
        {[](VitalEvent& event) { event.place->location = "HF-99"; }, refusal::location},
        {[](VitalEvent& event) { event.place->location = closed_facility; }, refusal::location},
        {[](VitalEvent& event) { event.place->location = village_office; }, refusal::location},
        {[](VitalEvent& event) { event.place->location = village; }, refusal::location},
        {[](VitalEvent& event) { event.office = "OFF-99"; }, refusal::office},
        {[](VitalEvent& event) {
             event.place->location.reset();
             event.place->kind = "PRIVATE_HOME";
         },
         refusal::location},
    };
    for (const auto& row : rows) {
        auto event = birth();
        row.change(event);
        const auto out = written(event, "1.8");
        ASSERT_FALSE(out) << row.path;
        EXPECT_EQ(out.error().code, ErrorCode::bad_request);
        EXPECT_EQ(out.error().path, row.path) << out.error().message;
    }
}

TEST(WriteDocument, TheSendersBytesWhereTheyFit) {
    auto event = birth();
    const auto first = written(event, "1.8");
    ASSERT_TRUE(first);
    const auto bytes = pretty_json(document(*first));  // the same document, other bytes
    event.document = bytes;
    event.office = village_office;
    auto out = written(event, "1.8");
    ASSERT_TRUE(out);
    EXPECT_TRUE(out->untouched);
    EXPECT_EQ(out->body, bytes);
    EXPECT_TRUE(written(event, "1.7")->untouched);
    EXPECT_FALSE(written(event, "1.6")->untouched);
    event.document = "{";
    EXPECT_FALSE(written(event, "1.8")->untouched);
}

TEST(Account, OfWhatGoesUntouchedLosesNothing) {
    Account reader;
    reader.carried = {"/a"};
    reader.dropped = {{"/b", "not understood here"}};
    reader.recoded = {{"/c", "read as kilograms"}};
    Account writer;
    writer.untouched = true;
    reader.append(writer);
    EXPECT_EQ(reader.carried, (std::vector<std::string>{"/a", "/b"}));
    EXPECT_TRUE(reader.dropped.empty());
    EXPECT_TRUE(reader.recoded.empty());
    EXPECT_EQ(reader.to_json()["untouched"], true);
}
