// SPDX-License-Identifier: MPL-2.0
#include "channels/account.hpp"

#include "core/json_text.hpp"

#include <nlohmann/json.hpp>

#include <iterator>

namespace ocm {
namespace {

Json notes(const std::vector<Account::Note>& from) {
    auto out = Json::array();
    for (const auto& note : from) out.push_back({{"path", note.path}, {"why", note.why}});
    return out;
}

void write_notes(JsonText& out, std::string_view name, const std::vector<Account::Note>& from) {
    out.key(name);
    out.begin_array();
    for (const auto& note : from) {
        out.begin_object();
        out.member("path", note.path);
        out.member("why", note.why);
        out.end_object();
    }
    out.end_array();
}

template <class T>
void extend(std::vector<T>& to, std::vector<T>& from) {
    to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

}  // namespace

void Account::append(Account other) {
    if (other.untouched && !untouched) {
        for (auto& note : dropped) carried.push_back(std::move(note.path));
        dropped.clear();
        recoded.clear();
        untouched = true;
    }
    extend(carried, other.carried);
    extend(dropped, other.dropped);
    extend(recoded, other.recoded);
    extend(warnings, other.warnings);
}

Json Account::to_json() const {
    Json out{
        {"carried", carried}, {"dropped", notes(dropped)}, {"recoded", notes(recoded)}, {"warnings", notes(warnings)}};
    if (untouched) out["untouched"] = true;
    return out;
}

std::string Account::to_text() const {
    JsonText out;
    out.begin_object();
    out.key("carried");
    out.begin_array();
    for (const auto& path : carried) out.string(path);
    out.end_array();
    write_notes(out, "dropped", dropped);
    write_notes(out, "recoded", recoded);
    write_notes(out, "warnings", warnings);
    out.end_object();
    return out.take();
}

}  // namespace ocm
