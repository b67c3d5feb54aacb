// SPDX-License-Identifier: MPL-2.0
#include "formats/opencrvs_v1/marks.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <functional>

namespace ocm::opencrvs_v1 {
namespace {

void append_token(std::string& path, std::string_view token) {
    path += '/';
    if (token.find_first_of("~/") == std::string_view::npos) {
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

template <class T>
auto first_at(const std::vector<T>& sorted, const Json& node) {
    return std::lower_bound(sorted.begin(), sorted.end(), &node,
                            [](const T& one, const Json* wanted) { return std::less<>()(one.node, wanted); });
}

template <class T>
void sort_by_node(std::vector<T>& all) {
    std::stable_sort(all.begin(), all.end(), [](const T& a, const T& b) { return std::less<>()(a.node, b.node); });
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

const Marks::Mark* Marks::find(const Json& node) const {
    const auto at = first_at(marks_, node);
    return at == marks_.end() || at->node != &node ? nullptr : &*at;
}

void Marks::walk(const Json& node, std::string& path, const Mark* above, Account& account) const {
    if (const auto* mark = find(node)) above = mark;
    for (auto said = first_at(said_, node); said != said_.end() && said->node == &node; ++said) {
        (account.*(said->list)).push_back({path, std::string(said->what)});
    }
    const auto size = path.size();
    if (node.is_object()) {
        for (auto it = node.begin(); it != node.end(); ++it) {
            append_token(path, it.key());
            walk(it.value(), path, above, account);
            path.resize(size);
        }
    } else if (node.is_array()) {
        for (std::size_t i = 0; i < node.size(); ++i) {
            append_token(path, i);
            walk(node[i], path, above, account);
            path.resize(size);
        }
    } else if (above != nullptr && above->fate == Fate::carried) {
        account.carried.push_back(path);
    } else if (!node.is_null() && (above == nullptr || above->fate == Fate::dropped)) {
        account.dropped.push_back({path, above == nullptr ? "not understood here" : std::string(above->why)});
    }
}

Account Marks::account() {
    // The last word on a node counts, so equal nodes keep their order and all but the last go.
    sort_by_node(marks_);
    const auto last_of_each =
        std::unique(marks_.rbegin(), marks_.rend(), [](const Mark& a, const Mark& b) { return a.node == b.node; });
    marks_.erase(marks_.begin(), last_of_each.base());

    sort_by_node(said_);

    Account account;
    std::string path;
    walk(root_, path, nullptr, account);
    return account;
}

}  // namespace ocm::opencrvs_v1
