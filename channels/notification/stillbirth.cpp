// SPDX-License-Identifier: MPL-2.0
#include "channels/notification/stillbirth.hpp"

namespace ocm::notification {

void settle_stillbirth(VitalEvent& event, Account& account, const std::atomic<bool>* as_death) {
    if (event.kind != VitalKind::fetal_death || as_death == nullptr || !*as_death) return;
    event.kind = VitalKind::death;
    auto child = event.persons.extract(role::child);
    if (child.empty()) return;
    child.key() = role::deceased;
    auto& born = child.mapped().birth_date;
    if (!born) born = event.date;
    if (!event.date) event.date = born;
    event.persons.insert(std::move(child));
    account.recoded.push_back({"", "the stillbirth is sent as a death"});
}

}  // namespace ocm::notification
