// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/subscription.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ocm::webhook {

/// Every subscription as one immutable picture; replaced whole when one changes.
class SubscriptionDirectory {
  public:
    SubscriptionDirectory() = default;
    explicit SubscriptionDirectory(std::vector<Subscription> subscriptions) : all_(std::move(subscriptions)) {
        for (std::size_t i = 0; i < all_.size(); ++i) by_id_.emplace(all_[i].id, i);
    }
    SubscriptionDirectory(const SubscriptionDirectory&) = delete;
    SubscriptionDirectory& operator=(const SubscriptionDirectory&) = delete;

    const std::vector<Subscription>& all() const { return all_; }
    const Subscription* by_id(std::string_view id) const {
        const auto found = by_id_.find(id);
        return found == by_id_.end() ? nullptr : &all_[found->second];
    }

  private:
    std::vector<Subscription> all_;
    std::map<std::string, std::size_t, std::less<>> by_id_;
};

/// The picture of now; never nullptr.
using Directory = std::function<std::shared_ptr<const SubscriptionDirectory>()>;

}  // namespace ocm::webhook
