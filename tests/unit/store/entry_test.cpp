// SPDX-License-Identifier: MPL-2.0
#include "store/entry.hpp"

#include "core/hash.hpp"
#include "core/json.hpp"
#include "store/part.hpp"
#include "support/paths/paths.hpp"
#include "unit/store/fixture.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <regex>

using namespace ocm;
using namespace ocm::store;

namespace {

const auto at = *parse_rfc3339("2026-01-15T09:30:00.007Z");
constexpr const char* id = "019bc0de-0000-7000-8000-000000000001";

/// Salts are random, so hashes are: the vectors show where they stand.
std::string without_hashes(const std::string& canonical) {
    return std::regex_replace(canonical, std::regex("[0-9a-f]{64}"), "HASH");
}

PreparedEntry only_entry(store_ops::Op op) {
    auto unit = prepare(test::unit_of(std::move(op)), at);
    EXPECT_TRUE(unit);
    return std::get<PreparedEntry>(std::move(unit->ops.at(0)));
}

std::vector<std::pair<std::string, store_ops::Op>> vectors() {
    auto received = test::receive(id);
    received.at = at;
    received.openhim_transaction = "65a4f0c2e1b2c3d4e5f60718";
    auto attempt = test::attempt(id);
    attempt.step.at = at;
    attempt.step.error = Error{ErrorCode::target_timeout, "no answer in time", {}, {}};
    attempt.step.response.reset();
    auto answered = test::answer(id, 409);
    answered.at = at;
    answered.error_code = "conflict";
    answered.claim = ClaimState::refused;
    answered.subjects.tracking_id = "BXYZ123";
    store_ops::Enqueue queued;
    queued.delivery = "019bc0de-0000-7000-8000-000000000002";
    queued.transaction = id;
    queued.at = at;
    queued.kind = "notification";
    queued.destination = "opencrvs";
    queued.client = "6a8f2f0e-1c7b-4f0a-9d61-0f7f3f1a2b3c";
    queued.order_key = "record-1";
    queued.due = at + Milliseconds(1000);
    queued.payload = "{}";
    queued.carries_claim = true;
    queued.why = {ErrorCode::unavailable, "OpenCRVS is down", {}, {}};
    store_ops::StepDelivery postponed;
    postponed.delivery = queued.delivery;
    postponed.transaction = id;
    postponed.at = at;
    postponed.step = DeliveryStep::postpone;
    postponed.due = at + Milliseconds(2000);
    postponed.why = {ErrorCode::target_timeout, "no answer in time", {}, {}};
    store_ops::Complete completed;
    completed.transaction = id;
    completed.at = at;
    completed.claim = ClaimState::delivered;
    const store_ops::Disclose disclosed{at, "cli:root", "asked by the registrar", id, {"request.body"}};
    const store_ops::Administer administered{at, "cli", "settings.apply", R"({"log.level":"info"})"};
    return {{"received", received},   {"attempt", attempt},          {"answered", answered},
            {"queued", queued},       {"postponed", postponed},      {"completed", completed},
            {"disclosed", disclosed}, {"administered", administered}};
}

}  // namespace

TEST(StoreEntry, CanonicalFormsAreTheGoldenVectors) {
    std::ifstream file(ocm::support::source_dir() / "tests/unit/store/golden/entries_v1.txt");
    ASSERT_TRUE(file);
    for (const auto& [label, op] : vectors()) {
        std::string expected;
        ASSERT_TRUE(std::getline(file, expected)) << label;
        EXPECT_EQ(without_hashes(only_entry(op).canonical), expected) << label;
    }
}

TEST(StoreEntry, SaysItsVersionAndHoldsNoPersonalValue) {
    for (const auto& [label, op] : vectors()) {
        const auto entry = only_entry(op);
        const auto json = parse_json(entry.canonical);
        ASSERT_TRUE(json) << label;
        EXPECT_EQ((*json)["v"], 1) << label;
        for (const auto* value : {"Invented", "BXYZ123", "/events", "registrar", "record-1"}) {
            EXPECT_EQ(entry.canonical.find(value), std::string::npos) << label << " holds " << value;
        }
    }
}

TEST(StoreEntry, HoldsTheSaltedHashOfEachPart) {
    const auto entry = only_entry(test::receive(id, "a body"));
    ASSERT_EQ(entry.parts.size(), 2U);
    const auto& part = entry.parts[1];
    EXPECT_EQ(part.name, "request.body");
    EXPECT_EQ(part.salt.size(), 32U);
    EXPECT_EQ(entry.body["parts"]["request.body"], sha256_hex(part.salt + "a body"));
    EXPECT_EQ(decompress(part.packed, part.size), "a body");
    EXPECT_NE(entry.parts[0].salt, part.salt);
}

TEST(StoreEntry, TextThatIsNotUtf8IsMadeSo) {
    auto op = test::receive(id);
    op.route = std::string("/a\xff") + '\0' + "b";
    EXPECT_EQ(only_entry(op).body["route"],
              "/a\xEF\xBF\xBD"
              "b");
}

TEST(StoreEntry, RefusesWhatCannotBeRecorded) {
    auto twice = test::receive(id);
    twice.parts.push_back(twice.parts.front());
    EXPECT_FALSE(prepare(test::unit_of(twice), at));
    EXPECT_FALSE(prepare(test::unit_of(test::receive("")), at));
    auto many = test::receive(id);
    for (int i = 0; i < 70; ++i) many.parts.push_back({"p" + std::to_string(i), "x"});
    const auto refused = prepare(test::unit_of(many), at);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::storage);
}

TEST(StorePart, DamageIsSeenBeforeMemoryIsTaken) {
    const std::string plain(10'000, 'a');
    auto packed = compress(plain);
    EXPECT_LT(packed.size(), 200U);
    EXPECT_EQ(decompress(packed, plain.size()), plain);
    EXPECT_FALSE(decompress(packed, std::size_t{1} << 40));
    EXPECT_FALSE(decompress(packed.substr(0, packed.size() / 2), plain.size()));
    EXPECT_FALSE(decompress("not zstd", 8));
    EXPECT_EQ(decompress(compress(""), 0), "");
}

TEST(StorePart, IsWholeAgainWhateverItsSize) {
    for (const std::size_t size : {1u, 31u, 32u, 254u, 255u, 256u, 257u, 65'535u, 65'536u, 65'537u, 300'000u}) {
        std::string plain(size, '\0');
        for (std::size_t i = 0; i < size; ++i) plain[i] = static_cast<char>(i * 31 % 251);
        const auto packed = compress(plain);
        EXPECT_EQ(decompress(packed, size), plain) << size;
        EXPECT_LE(packed.size(), size + 20) << size;
        EXPECT_FALSE(decompress(packed, size + 1)) << size;
        EXPECT_FALSE(decompress(std::string_view(packed).substr(0, packed.size() - 1), size)) << size;
    }
}

TEST(Entry, OfAnAttemptNamesTheKeyThatSigned) {
    auto op = test::attempt(id);
    EXPECT_FALSE(only_entry(op).body.contains("key_id"));
    op.step.key_id = "0123456789abcdef";
    EXPECT_EQ(text_member(only_entry(op).body, "key_id"), "0123456789abcdef");
}
