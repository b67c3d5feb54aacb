// SPDX-License-Identifier: MPL-2.0
#include "support/sandbox/options.hpp"

#include "core/ids.hpp"

#include <fstream>
#include <iterator>

namespace ocm::sandbox {
namespace {

std::vector<std::string> split(std::string_view text, char at) {
    std::vector<std::string> out;
    while (!text.empty()) {
        const auto end = std::min(text.find(at), text.size());
        if (end > 0) out.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return out;
}

}  // namespace

SystemClient default_client(std::string_view version) {
    const SystemClient notifier{"dddddddd-0000-4000-8000-000000000001", "sandbox-secret", "Mediator", {}};
    if (version < "1.9") {
        auto client = notifier;
        if (version < "1.7") client.scopes.emplace_back("declare");
        client.scopes.emplace_back("notification-api");
        return client;
    }
    if (version == "1.9") {
        auto client = notifier;
        client.scopes = {"notification-api", "record.create[event=birth|death]", "record.notify[event=birth|death]"};
        return client;
    }
    return SystemClient{"dddddddd-0000-4000-8000-000000000001",
                        "sandbox-secret",
                        "Mediator",
                        {"type=record.create", "type=record.notify", "type=record.read", "type=record.search",
                         "type=integration.create"}};
}

Result<SystemClient> read_client(std::string_view text) {
    const auto first = text.find(':');
    const auto second = first == text.npos ? text.npos : text.find(':', first + 1);
    if (second == text.npos)
        return fail(ErrorCode::bad_request, "a client is given as ID:SECRET:SCOPE;SCOPE...[:SHA_SECRET[:SECTION,...]]");
    SystemClient client;
    client.id = std::string(text.substr(0, first));
    client.secret = std::string(text.substr(first + 1, second - first - 1));
    client.name = "Client";
    const auto third = std::min(text.find(':', second + 1), text.size());
    std::string scopes(text.substr(second + 1, third - second - 1));
    if (third < text.size()) {
        const auto fourth = std::min(text.find(':', third + 1), text.size());
        client.sha_secret = std::string(text.substr(third + 1, fourth - third - 1));
        client.permissions = split(fourth < text.size() ? text.substr(fourth + 1) : std::string_view{}, ',');
    }
    for (auto at = scopes.find(",type="); at != scopes.npos; at = scopes.find(",type=", at)) scopes[at] = ';';
    client.scopes = split(scopes, ';');
    if (!is_uuid(client.id) || client.secret.empty()) {
        return fail(ErrorCode::bad_request, "a client needs a UUID as its id, and a secret");
    }
    return client;
}

Result<std::string> read_file(const std::string& name) {
    std::ifstream input(name, std::ios::binary);
    if (!input) return fail(ErrorCode::not_found, "the file cannot be read: " + name);
    return std::string(std::istreambuf_iterator<char>(input), {});
}

}  // namespace ocm::sandbox
