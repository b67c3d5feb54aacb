// SPDX-License-Identifier: MPL-2.0
#pragma once

#include <boost/asio/awaitable.hpp>

namespace ocm {

/// A coroutine on an io thread. Coroutines are named functions whose arguments are values or outlive them; no
/// capturing lambda stands inside a co_await or co_spawn expression (g++ 12 destroys it twice).
template <class T>
using Task = boost::asio::awaitable<T>;

}  // namespace ocm
