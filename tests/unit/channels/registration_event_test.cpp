// SPDX-License-Identifier: MPL-2.0
#include "channels/registration_event.hpp"

#include <gtest/gtest.h>

using namespace ocm;

TEST(RegistrationEvent, KeepsAllButItsContent) {
    RegistrationEvent whole;
    whole.topic = {Change::notification_status, VitalKind::death};
    whole.target = "national";
    whole.record = "record-1";
    whole.occurrence = "2026D0000001";
    whole.occurred_at = "2026-03-02T09:00:00.000Z";
    whole.event.comment = "planted";
    whole.event.document = "planted";
    whole.partial = true;
    whole.confirmed = false;
    whole.heard = Heard::catch_up;
    whole.status = NotificationStatus::rejected;
    whole.reason = "planted";
    whole.notifier = Notifier{"client", "transaction", "source"};
    whole.document = "{}";
    VitalEvent content;
    content.office = "office-1";
    auto expected = whole;
    expected.event = content;
    EXPECT_EQ(with_content(whole, content), expected);
}
