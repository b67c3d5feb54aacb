// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/json.hpp"
#include "core/time.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <memory>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace ocm::opencrvs {

enum class Truth : std::uint8_t { no, unknown, yes };

/// What a condition is evaluated against: a declaration (field id to value) and a day. A system client has no user
/// role, so `$user` is not there; `$event` is not known to us.
struct Facts {
    const Json& form;
    std::chrono::year_month_day today;
};

/// A SHOW condition of a form, as OpenCRVS writes it (a JSON Schema over `$form`, `$now`, `$user`...), parsed once into
/// a small tree. A keyword we do not know makes the outcome unknown where it matters, never a guess.
class Condition {
  public:
    /// From the JSON Schema of `GET /events/config`. Never fails.
    static Condition from_schema(const Json& schema);
    /// From the compact form that `reduced` writes; a node that is not understood is unknown.
    static Condition from_reduced(const Json& reduced);

    Truth holds(const Facts& facts) const;
    /// True where no declaration can make it hold.
    bool never() const;
    Json reduced() const;
    /// Ids of the fields it looks at.
    std::set<std::string> fields() const;

    friend bool operator==(const Condition&, const Condition&) = default;

    enum class Op : std::uint8_t {
        yes,
        no,
        unknown,
        all,
        any,
        one,
        negate,
        form,      // child over `$form`
        now,       // child over `$now`
        property,  // where `key` is there, child over its value
        required,  // `key` is there
        has,       // `key` is there and child holds over its value
        type,      // one of `types`
        in,        // equals one of `values`
        contains,
        items,
        pattern,
        date,                   // is a calendar date
        date_at_most,           // date <= values[0], or today where there is none
        date_at_least,          // date >= ...
        days_from,              // date `key` ("after" | "before") values[0] days from today
        above,                  // number > values[0]
        below,                  // number < values[0]
        at_least,               // number >= values[0]
        at_most,                // number <= values[0]
        longer_than_or_equal,   // string of at least values[0] characters
        shorter_than_or_equal,  // string of at most values[0] characters
        if_then_else,           // three children
    };
    struct Node {
        Op op = Op::yes;
        std::uint8_t types = 0;
        std::string key;
        std::vector<Json> values;
        std::vector<Node> children;
        std::shared_ptr<const std::regex> regex;
        friend bool operator==(const Node& a, const Node& b) {
            return a.op == b.op && a.types == b.types && a.key == b.key && a.values == b.values &&
                   a.children == b.children;
        }
    };

  private:
    explicit Condition(Node root) : root_(std::move(root)) {}
    Node root_;
};

}  // namespace ocm::opencrvs
