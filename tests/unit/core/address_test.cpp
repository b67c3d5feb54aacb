// SPDX-License-Identifier: MPL-2.0
#include "core/address.hpp"

#include <gtest/gtest.h>

using namespace ocm;

TEST(Addresses, ThoseOfTheInternetArePublic) {
    for (const auto* text : {"8.8.8.8", "1.1.1.1", "172.15.0.1", "172.32.0.1", "100.63.255.255", "100.128.0.1",
                             "169.253.1.1", "192.167.1.1", "198.17.1.1", "223.255.255.254", "2606:4700::1111",
                             "2001:4860:4860::8888", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8"})
        EXPECT_TRUE(is_public_address(text)) << text;
}

TEST(Addresses, ThoseOfOurselvesAndOurNeighboursAreNot) {
    for (const auto* text : {"0.0.0.0",
                             "10.0.0.1",
                             "100.64.0.1",
                             "127.0.0.1",
                             "127.255.255.254",
                             "169.254.169.254",
                             "172.16.0.1",
                             "172.31.255.255",
                             "192.0.0.1",
                             "192.0.2.1",
                             "192.168.1.1",
                             "198.18.0.1",
                             "198.19.255.255",
                             "198.51.100.7",
                             "203.0.113.7",
                             "224.0.0.1",
                             "240.0.0.1",
                             "255.255.255.255",
                             "::",
                             "::1",
                             "::7f00:1",
                             "fe80::1",
                             "fc00::1",
                             "fd12::1",
                             "ff02::1",
                             "2001:db8::1",
                             "2001::1",
                             "2002:7f00:1::",
                             "::ffff:127.0.0.1",
                             "::ffff:10.0.0.1",
                             "64:ff9b::169.254.169.254",
                             "3fff::1"})
        EXPECT_FALSE(is_public_address(text)) << text;
}

TEST(Addresses, WhatIsNoneIsNotPublic) {
    for (const auto* text : {"", "example.org", "2130706433", "127.1", "[::1]", "1.2.3.4.5", "8.8.8.8/8"}) {
        EXPECT_FALSE(is_public_address(text)) << text;
        EXPECT_FALSE(is_address(text)) << text;
    }
    EXPECT_TRUE(is_address("127.0.0.1"));
    EXPECT_TRUE(is_address("::1"));
}
