// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/json.hpp"
#include "core/result.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace ocm::opencrvs_v1 {

struct Accepted;

/// The record as 1.6 and later answer it (opencrvs.md 2.4): the document as it was sent and what the record has got
/// since. The document is written at once, while its tree has just been read: a tree that waits for OpenCRVS has left
/// the processor's caches, and walking and freeing it then takes several times as long. What the record has got is
/// filled in when it is known.
class SavedRecord {
  public:
    /// Of a document that passed `read`.
    explicit SavedRecord(Json bundle);

    /// The record as compact JSON.
    std::string text(const Accepted& outcome) const;
    /// The document again; null in it is what `text` fills in.
    Result<Json> document() const;

  private:
    enum class What : std::uint8_t { id, identifiers, status, modified };
    struct Blank {
        std::size_t at;  // of `blank` in `text_`
        What what;
    };
    struct Identifier {
        std::string system, json;
    };
    struct Member;
    class Writer;

    /// What was sent and OpenCRVS's own.
    std::vector<Identifier> with_own(const Accepted& outcome) const;

    std::string text_;
    std::vector<Blank> blanks_;            // in their order
    std::vector<Identifier> identifiers_;  // the Task's, as they were sent
};

/// Id of the record's resource in this place of the bundle. The same every time: it follows from the record.
std::string resource_id(const Accepted& outcome, std::size_t place);

}  // namespace ocm::opencrvs_v1
