// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/json.hpp"

#include <string>
#include <vector>

namespace ocm {

/// What became of every field on its way through a reader and a writer: nothing is silently dropped (design section 4).
/// Paths only, never values.
struct Account {
    struct Note {
        std::string path;  // in the terms of the side that says it: a JSON pointer of the source, a field of the target
        std::string why;   // plain words
        friend bool operator==(const Note&, const Note&) = default;
    };
    std::vector<std::string> carried;  // source paths (reader) or target fields (writer) that hold a value now
    std::vector<Note> dropped;         // was there, is not carried, and why
    std::vector<Note> recoded;         // carried under another code or form, and how
    std::vector<Note> warnings;        // about the message as a whole
    bool untouched = false;            // of a writer: the message goes on byte by byte as it came

    /// Adds a writer's part to a reader's. Of a message that goes on untouched nothing is dropped or recoded, whatever
    /// its reader understood of it.
    void append(Account other);
    Json to_json() const;
    /// `to_json` as compact text.
    std::string to_text() const;
    friend bool operator==(const Account&, const Account&) = default;
};

}  // namespace ocm
