// SPDX-License-Identifier: MPL-2.0
#include "channels/account.hpp"

#include <nlohmann/json.hpp>

namespace ocm {
namespace {

Json notes(const std::vector<Account::Note>& from) {
    auto out = Json::array();
    for (const auto& note : from) out.push_back({{"path", note.path}, {"why", note.why}});
    return out;
}

template <class T>
void extend(std::vector<T>& to, const std::vector<T>& from) {
    to.insert(to.end(), from.begin(), from.end());
}

}  // namespace

void Account::append(const Account& other) {
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

}  // namespace ocm
