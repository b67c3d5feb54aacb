// SPDX-License-Identifier: MPL-2.0
#include "channels/notification/identify.hpp"

#include "core/hash.hpp"
#include "core/ids.hpp"

#include <algorithm>

namespace ocm::notification {
namespace {

/// Name space of every id this mediator derives; it must never change.
constexpr std::string_view id_space = "7b1c5f0e-3d0a-5e6c-9f57-2a6f1d8e4c90";

constexpr std::size_t longest_key = 255;

/// Case (of ASCII) and spacing do not make another person.
std::string normalised(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
            if (!out.empty() && out.back() != ' ') out += ' ';
        } else {
            out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        }
    }
    if (!out.empty() && out.back() == ' ') out.pop_back();
    return out;
}

/// Parts that cannot run into each other.
std::string joined(std::initializer_list<std::string_view> parts) {
    std::string out;
    for (const auto part : parts) {
        out += part;
        out += '\x1f';
    }
    return out;
}

std::string name_of(const Person& person) {
    if (person.names.empty()) return {};
    const auto& name = person.names.front();
    std::string all;
    for (const auto& given : name.given) all.append(given).append(" ");
    all += name.family.value_or("");
    return normalised(all);
}

const Person* find(const VitalEvent& event, std::initializer_list<const char*> roles) {
    for (const auto* wanted : roles) {
        const auto found = event.persons.find(wanted);
        if (found != event.persons.end() && !name_of(found->second).empty()) return &found->second;
    }
    return nullptr;
}

class Features {
  public:
    explicit Features(std::string_view client) : client_(client) {}

    /// Nothing known gives no feature, which compares with nothing.
    std::string of(std::string_view what, std::string_view value) const {
        return value.empty() ? std::string() : sha256_hex(joined({client_, what, value}));
    }

  private:
    std::string_view client_;
};

bool printable(std::string_view key) {
    return std::all_of(key.begin(), key.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

}  // namespace

bool is_multiple(const VitalEvent& event) {
    if (event.kind != VitalKind::birth) return false;
    const auto child = event.persons.find(role::child);
    if (child != event.persons.end() && child->second.is_multiple.value_or(false)) return true;
    const auto type = event.birth.birth_type.value_or("");
    return !type.empty() && type != "SINGLE";
}

Subject subject_of(std::string_view client, const VitalEvent& event) {
    const bool birth = event.kind == VitalKind::birth;
    const Features features(client);
    Subject subject;
    subject.multiple = is_multiple(event);
    const auto found = event.persons.find(birth ? role::child : role::deceased);
    if (found != event.persons.end()) {
        const auto& person = found->second;
        const auto born = person.birth_date.value_or("");
        const auto name = name_of(person);
        if (!name.empty()) subject.person = features.of("person", birth ? name : joined({name, born}));
        subject.date = features.of("date", birth ? born : event.date.value_or(""));
        subject.sex = features.of("sex", normalised(person.gender.value_or("")));
    }
    const auto* parent = birth ? find(event, {role::mother, role::informant, role::father})
                               : find(event, {role::informant, role::spouse, role::mother});
    if (parent != nullptr) {
        subject.parent = features.of("parent", joined({name_of(*parent), parent->birth_date.value_or("")}));
    }
    return subject;
}

Result<std::optional<Claim>> identify(const Identified& message, const VitalEvent& event) {
    Claim claim;
    claim.client = message.client;
    claim.format = message.format;
    claim.content_sha256 = sha256_hex(message.body);
    claim.subject = subject_of(message.client, event);
    if (!message.idempotency_key.empty()) {
        if (message.idempotency_key.size() > longest_key || !printable(message.idempotency_key)) {
            return fail(ErrorCode::bad_request, "Idempotency-Key must be at most 255 printable characters",
                        "Idempotency-Key");
        }
        claim.kind = KeyKind::explicit_key;
        claim.key = message.idempotency_key;
    } else if (!event.source.document.empty()) {
        claim.kind = KeyKind::document;
        claim.key = joined({name(event.kind), event.source.document});
    } else if (!event.source.record.empty()) {
        claim.kind = KeyKind::source;
        claim.key = joined({name(event.kind), event.source.system, event.source.record});
    } else if (!claim.subject.multiple) {
        claim.kind = KeyKind::content;
        claim.key = claim.content_sha256;
    } else {
        return std::optional<Claim>();
    }
    return std::optional(std::move(claim));
}

UpstreamIds upstream_ids(const UpstreamName& name) {
    return {
        uuid_v5(id_space, joined({"create", name.target, name.client, name.create_key})),
        uuid_v5(id_space, joined({"notify", name.target, name.client, name.create_key, std::to_string(name.version)}))};
}

}  // namespace ocm::notification
