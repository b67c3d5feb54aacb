// SPDX-License-Identifier: MPL-2.0
#include "support/sandbox/sandbox.hpp"

#include <CLI/CLI.hpp>

#include <csignal>
#include <exception>
#include <iostream>

int main(int argc, char** argv) {
    CLI::App app{"A sandbox OpenCRVS: answers as the real one would, keeps invented records in memory"};
    ocm::sandbox::SandboxOptions options;
    std::vector<std::string> clients;
    long lifetime = 600;
    bool quiet = false;
    app.add_option("--host", options.host, "address to listen on")->capture_default_str();
    app.add_option("--port", options.port, "port to listen on, 0 for any free one")->capture_default_str();
    app.add_option("--forms", options.forms_file, "event configurations, as GET /events/config answers them");
    app.add_option("--locations", options.locations_file, "locations, as GET /events/locations answers them");
    app.add_option("--areas", options.areas_file, "administrative areas, as administrativeAreas.list answers them");
    app.add_option("--version", options.version, "version of OpenCRVS")
        ->check(CLI::IsMember(ocm::sandbox::sandbox_versions))
        ->capture_default_str();
    app.add_option("--client", clients, "ID:SECRET:SCOPE;SCOPE...[:SHA_SECRET[:SECTION,...]] (may be repeated)");
    app.add_option("--forward-actions-to", options.forward_actions_to,
                   "where the country configuration of 1.9 and 2.0 sends a copy of each action (may be repeated)");
    app.add_option("--country-config", options.country_config,
                   "country configuration that 1.9 and 2.0 ask before an action takes effect");
    app.add_option("--state", options.state_file, "file that keeps the records over a restart");
    app.add_option("--token-lifetime", lifetime, "seconds")->capture_default_str();
    app.add_flag("--quiet", quiet, "print nothing but the address");
    CLI11_PARSE(app, argc, argv);

    try {
        options.token_lifetime = std::chrono::seconds(lifetime);
        for (const auto& text : clients) {
            auto client = ocm::sandbox::read_client(text);
            if (!client) throw std::runtime_error(client.error().message);
            options.clients.push_back(*std::move(client));
        }
        sigset_t signals;
        sigemptyset(&signals);
        sigaddset(&signals, SIGINT);
        sigaddset(&signals, SIGTERM);
        pthread_sigmask(SIG_BLOCK, &signals, nullptr);  // before any thread is started

        const bool own_client = options.clients.empty();
        const auto own_version = options.version;
        const ocm::sandbox::Sandbox sandbox(std::move(options));
        std::cout << "listening on " << sandbox.url() << std::endl;
        if (!quiet && own_client) {
            const auto client = ocm::sandbox::default_client(own_version);
            std::cout << "client_id " << client.id << ", client_secret " << client.secret << std::endl;
        }
        int signal = 0;
        sigwait(&signals, &signal);
    } catch (const std::exception& error) {
        std::cerr << "opencrvs-sandbox: " << error.what() << '\n';
        return 1;
    }
    return 0;
}
