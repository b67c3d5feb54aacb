// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/json.hpp"
#include "core/result.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace ocm::fhir_r4 {

/// One notification out of a message that holds several.
struct Part {
    Json message;                      // self-contained: a Bundle of its own
    std::vector<std::size_t> entries;  // which entries of the whole it took
    bool whole_bundle = false;         // it is the Bundle that was in `entries[0]`, not a selection of entries
};

struct Split {
    std::vector<Part> parts;
    std::vector<std::size_t> others;  // entries that belong to none of them
};

/// The notifications of a transaction, batch or collection: each Bundle inside it, each document, each child and each
/// deceased with what refers to them and what they refer to; what several need (a mother of twins, a facility) goes
/// with each. No parts where the message is one notification, or none.
///
/// `message` passed `check_envelope`, and its entries `unsound_entries` but for those in `unsound`: they are among the
/// others, and what is sound is a part even where it is one.
Split split(const Json& message, const std::map<std::size_t, Error>& unsound = {});

/// "Bundle.entry[2]..." of a part in terms of the whole.
std::string in_whole(const Part& part, std::string_view expression);

}  // namespace ocm::fhir_r4
