// SPDX-License-Identifier: MPL-2.0
#include "channels/webhook/callback.hpp"

#include <gtest/gtest.h>

using namespace ocm;
using namespace ocm::webhook;

namespace {

CallbackPolicy policy(std::vector<std::string> hosts) {
    CallbackPolicy out;
    out.allowed_hosts = std::move(hosts);
    return out;
}

std::string refusal(const std::string& url, const CallbackPolicy& by) {
    const auto checked = check_callback(url, by);
    if (checked) return "";
    EXPECT_EQ(checked.error().code, ErrorCode::bad_request);
    EXPECT_EQ(checked.error().path, "hub.callback");
    EXPECT_EQ(checked.error().message.find("planted"), std::string::npos) << "it quotes the URL";
    return checked.error().message;
}

const std::string no_url = "the callback is not an absolute http or https URL without credentials";
const std::string plain = "the callback has to begin with https://";
const std::string not_allowed =
    "the host of the callback is not one that this mediator may call; its administrator allows them";
const std::string inside = "the callback is not at a public address";

}  // namespace

TEST(Callback, OnlyAllowedHostsAreCalled) {
    EXPECT_EQ(refusal("https://planted.example.org/", {}), not_allowed) << "as shipped nobody is";
    const auto some = policy({"one.example.org", "*.ministry.example"});
    EXPECT_EQ(refusal("https://one.example.org/a?b=c", some), "");
    EXPECT_EQ(refusal("https://ONE.example.org:8443", some), "");
    EXPECT_EQ(refusal("https://a.b.ministry.example/", some), "");
    for (const auto* url : {"https://ministry.example/", "https://planted-ministry.example/", "https://planted.org/",
                            "https://one.example.org.planted.org/", "https://.planted/"})
        EXPECT_EQ(refusal(url, some), not_allowed) << url;
    EXPECT_EQ(refusal("https://any.example.org/", policy({"*"})), "");
}

TEST(Callback, ItsUrlIsWhatEverybodyReadsAlike) {
    const auto any = policy({"*"});
    for (const auto* url :
         {"", "planted", "ftp://planted.org/", "file:///planted", "//planted.org/", "https://", "https:///planted",
          "https://user:planted@planted.org/", "https://planted.org\\@other.org/", "https://planted%2eorg/",
          "https://planted.org/a b", "https://planted.org/\x01", "https://planted.org:99999999/", "https://[::1/"})
        EXPECT_EQ(refusal(url, any), no_url) << url;
    EXPECT_EQ(refusal("https://planted.org/" + std::string(2048, 'a'), any), no_url);
    EXPECT_EQ(refusal("http://planted.org/", any), plain);
    auto plaintext = any;
    plaintext.allow_plaintext = true;
    EXPECT_EQ(refusal("http://planted.org/", plaintext), "");
}

TEST(Callback, AnAddressIsPublicUnlessAllowed) {
    auto any = policy({"*"});
    for (const auto* url : {"https://127.0.0.1/", "https://10.1.2.3/", "https://[::1]/", "https://169.254.169.254/",
                            "https://[::ffff:10.0.0.1]/"})
        EXPECT_EQ(refusal(url, any), inside) << url;
    EXPECT_EQ(refusal("https://8.8.8.8/", any), "");
    EXPECT_TRUE(verification_call("https://8.8.8.8/", "T", "c", any).public_only);
    any.allow_private = true;
    EXPECT_EQ(refusal("https://[::1]/", any), "");
    EXPECT_FALSE(verification_call("https://8.8.8.8/", "T", "c", any).public_only);
}

// opencrvs.md 4.2: bare parameter names, the callback's own query and fragment thrown away, the challenge encoded.
TEST(Callback, IsAskedAsIn1x) {
    const auto url = [](const char* callback) {
        return verification_call(callback, "BIRTH_REGISTERED", "q0v1+/aZ==", {}).url;
    };
    const std::string query = "?mode=subscribe&challenge=q0v1%2B%2FaZ%3D%3D&topic=BIRTH_REGISTERED";
    EXPECT_EQ(url("https://h.org/a/b?x=1"), "https://h.org/a/b" + query);
    EXPECT_EQ(url("https://h.org"), "https://h.org/" + query);
    EXPECT_EQ(url("https://h.org?x"), "https://h.org/" + query);
    EXPECT_EQ(url("https://h.org/a#f"), "https://h.org/a" + query);
    const auto call = verification_call("https://h.org", "T", "c", {});
    EXPECT_EQ(call.method, "GET");
    EXPECT_EQ(call.headers.get("content-type"), "application/json");
}

TEST(Callback, AnswersWithTheChallengeAsJson) {
    const auto verified = [](std::string body, int status = 200) {
        return is_verified({status, {}, std::move(body)}, "q0v1+/aZ==");
    };
    EXPECT_TRUE(verified(R"({"challenge":"q0v1+/aZ=="})"));
    EXPECT_TRUE(verified(R"({"challenge":"q0v1+/aZ==","more":1})", 500)) << "the status is not looked at";
    EXPECT_FALSE(verified("q0v1+/aZ==")) << "W3C's way";
    EXPECT_FALSE(verified(R"({"challenge":"q0v1%2B%2FaZ%3D%3D"})"));
    EXPECT_FALSE(verified(R"({"challenge":["q0v1+/aZ=="]})"));
    EXPECT_FALSE(verified(""));
    EXPECT_FALSE(is_verified({200, {}, R"({"challenge":""})"}, ""));
}
