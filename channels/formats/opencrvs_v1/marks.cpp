// SPDX-License-Identifier: MPL-2.0
#include "formats/opencrvs_v1/marks.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstdint>
#include <functional>

namespace ocm::opencrvs_v1 {
namespace {

void append_token(std::string& path, std::string_view token) {
    path += '/';
    const bool plain = std::none_of(token.begin(), token.end(), [](char c) { return c == '~' || c == '/'; });
    if (plain) {
        path += token;
        return;
    }
    for (const char c : token) {
        if (c == '~') {
            path += "~0";
        } else if (c == '/') {
            path += "~1";
        } else {
            path += c;
        }
    }
}

void append_token(std::string& path, std::size_t index) {
    char digits[20];
    const auto end = std::to_chars(digits, digits + sizeof digits, index).ptr;
    path += '/';
    path.append(digits, end);
}

bool path_to(const Json& from, const Json* node, std::string& path) {
    if (&from == node) return true;
    const auto size = path.size();
    if (from.is_object()) {
        for (auto it = from.begin(); it != from.end(); ++it) {
            append_token(path, it.key());
            if (path_to(it.value(), node, path)) return true;
            path.resize(size);
        }
    } else if (from.is_array()) {
        for (std::size_t i = 0; i < from.size(); ++i) {
            append_token(path, i);
            if (path_to(from[i], node, path)) return true;
            path.resize(size);
        }
    }
    return false;
}

}  // namespace

void Marks::wording(const Json* codeable) {
    if (codeable == nullptr) return;
    if (codeable->is_array()) {
        for (const auto& each : *codeable) wording(&each);
        return;
    }
    structure(member(*codeable, "text"));
    const auto* codings = member(*codeable, "coding");
    if (codings == nullptr || !codings->is_array()) return;
    for (const auto& coding : *codings) {
        for (const auto key : {"system", "code", "display"}) structure(member(coding, key));
    }
}

void Marks::reference(const Json* reference) {
    if (reference == nullptr) return;
    for (const auto key : {"reference", "display"}) structure(member(*reference, key));
}

std::string Marks::pointer_to(const Json& node) const {
    std::string path;
    path_to(root_, &node, path);
    return path;
}

/// Tells what became of each value, in the order of the document.
class Marks::Telling {
  public:
    Telling(const std::vector<Mark>& marks, std::vector<Said> said)
        : marks_(marks), slots_(std::bit_ceil(2 * marks.size() + 1)), said_(std::move(said)) {
        std::size_t carried = 0;
        for (const auto& mark : marks_) {
            slot_of(*mark.node) = &mark;  // the last word on a node counts
            if (mark.fate == Fate::carried) ++carried;
        }
        account_.carried.reserve(carried);
        std::stable_sort(said_.begin(), said_.end(),
                         [](const Said& a, const Said& b) { return std::less<>()(a.node, b.node); });
    }

    Account all(const Json& root) {
        walk(root, mark_of(root, nullptr));
        return std::move(account_);
    }

  private:
    /// Where the mark of a node is, or would be: a table of addresses, at most half full.
    const Mark*& slot_of(const Json& node) {
        constexpr std::uint64_t golden = 0x9E3779B97F4A7C15;
        const auto mask = slots_.size() - 1;
        const auto address = static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(&node));
        auto at = static_cast<std::size_t>((address * golden) >> 32) & mask;
        while (slots_[at] != nullptr && slots_[at]->node != &node) at = (at + 1) & mask;
        return slots_[at];
    }

    const Mark* mark_of(const Json& node, const Mark* above) {
        const auto* own = slot_of(node);
        return own == nullptr ? above : own;
    }

    auto first_said(const Json& node) const {
        return std::lower_bound(said_.begin(), said_.end(), &node,
                                [](const Said& one, const Json* wanted) { return std::less<>()(one.node, wanted); });
    }

    void walk(const Json& node, const Mark* mark) {
        for (auto said = first_said(node); said != said_.end() && said->node == &node; ++said) {
            (account_.*(said->list)).push_back({path_, std::string(said->what)});
        }
        if (const auto* members = node.get_ptr<const Json::object_t*>()) {
            for (const auto& [key, value] : *members) below(key, value, mark);
        } else if (const auto* elements = node.get_ptr<const Json::array_t*>()) {
            for (std::size_t i = 0; i < elements->size(); ++i) below(i, (*elements)[i], mark);
        } else if (mark != nullptr && mark->fate == Fate::carried) {
            account_.carried.push_back(path_);
        } else if (!node.is_null() && (mark == nullptr || mark->fate == Fate::dropped)) {
            account_.dropped.push_back({path_, mark == nullptr ? "not understood here" : std::string(mark->why)});
        }
    }

    template <class Token>
    void below(const Token& token, const Json& node, const Mark* above) {
        const auto* mark = mark_of(node, above);
        // Half of a document is wording, of which nothing is told.
        const bool wording = mark != nullptr && mark->fate == Fate::structure && node.is_primitive();
        if (wording && said_.empty()) return;
        const auto size = path_.size();
        append_token(path_, token);
        walk(node, mark);
        path_.resize(size);
    }

    const std::vector<Mark>& marks_;
    std::vector<const Mark*> slots_;
    std::vector<Said> said_;  // by address
    std::string path_;
    Account account_;
};

Account Marks::account() {
    return Telling(marks_, std::move(said_)).all(root_);
}

}  // namespace ocm::opencrvs_v1
