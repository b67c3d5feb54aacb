// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/account.hpp"
#include "core/json.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace ocm::opencrvs_v1 {

/// What became of each value of a document while it was read. Values are marked by address, which costs no path; paths
/// are made once, at the end, and only for what the account names. A mark holds for what is below its node too, until
/// something there has a mark of its own. Texts given with a mark outlive the marks.
class Marks {
  public:
    explicit Marks(const Json& root) : root_(root) { marks_.reserve(256); }

    /// Its value is in the event now.
    void carried(const Json& node) { marks_.push_back({&node, Fate::carried, {}}); }
    /// The format's own wording: types, codes, statuses, references that were followed.
    void structure(const Json& node) { marks_.push_back({&node, Fate::structure, {}}); }
    void structure(const Json* node) {
        if (node != nullptr) structure(*node);
    }
    /// The wording of a CodeableConcept, or of an array of them: its codes, their systems and texts.
    void wording(const Json* codeable);
    /// A reference that says nothing of its own.
    void reference(const Json* reference);
    /// It has no place in the event, and why.
    void dropped(const Json& node, std::string_view why) { marks_.push_back({&node, Fate::dropped, why}); }
    /// Carried under another form, and how.
    void recoded(const Json& node, std::string_view how) { said_.push_back({&node, &Account::recoded, how}); }
    /// About the message, at a node of it.
    void warn(const Json& node, std::string_view what) { said_.push_back({&node, &Account::warnings, what}); }

    const Json& root() const { return root_; }
    /// JSON pointer of a node of the document.
    std::string pointer_to(const Json& node) const;

    /// The account of the whole document, in its order: every leaf is carried, structure or dropped. Once.
    Account account();

  private:
    enum class Fate { carried, structure, dropped };
    struct Mark {
        const Json* node;
        Fate fate;
        std::string_view why;
    };
    struct Said {
        const Json* node;
        std::vector<Account::Note> Account::* list;
        std::string_view what;
    };

    class Telling;

    const Json& root_;
    std::vector<Mark> marks_;
    std::vector<Said> said_;
};

}  // namespace ocm::opencrvs_v1
