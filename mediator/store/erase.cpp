// SPDX-License-Identifier: MPL-2.0
#include "store/session.hpp"

namespace ocm::store {

std::vector<std::string> Session::erase(std::vector<std::string> transactions, WallTime before, std::size_t limit,
                                        const std::string& actor, WallTime now, std::int64_t& parts) {
    if (transactions.empty()) {
        auto rows = erasable_.query(millis(before), static_cast<std::int64_t>(limit));
        while (rows.next()) transactions.push_back(rows.text(0));
    }
    std::vector<std::string> erased;
    for (auto& transaction : transactions) {
        const auto txn = projector_.find(transaction);
        if (!txn) continue;
        parts += delete_parts_.run(*txn);
        erased.push_back(std::move(transaction));
    }
    if (!erased.empty()) {
        auto entry = erased_entry(now, actor, erased);
        append(entry);
    }
    return erased;
}

}  // namespace ocm::store
