// SPDX-License-Identifier: MPL-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace ocm {

/// Wall time, for records and due times only. Durations are measured on the steady clock.
using WallTime = std::chrono::sys_time<std::chrono::milliseconds>;
using SteadyTime = std::chrono::steady_clock::time_point;
using Milliseconds = std::chrono::milliseconds;

/// RFC 3339 in UTC with milliseconds: `2026-01-15T09:30:00.000Z`.
std::string rfc3339(WallTime at);

/// Reads an RFC 3339 instant (any offset, any fraction; cut to milliseconds). Impossible dates are absent.
std::optional<WallTime> parse_rfc3339(std::string_view text);

/// A calendar date `YYYY-MM-DD` that exists; anything else is absent.
std::optional<std::chrono::year_month_day> parse_date(std::string_view text);
std::string format_date(std::chrono::year_month_day date);

}  // namespace ocm
