// SPDX-License-Identifier: MPL-2.0
#include "support/fake_openhim/server.hpp"

#include <CLI/CLI.hpp>

#include <csignal>
#include <cstdio>

int main(int argc, char** argv) {
    std::string host = "127.0.0.1";
    std::uint16_t port = 0;
    std::string user = "root@openhim.org";
    std::string password = "openhim-password";
    CLI::App app{"A stand-in for the API of an OpenHIM core 8.5, for tests"};
    app.add_option("--host", host, "Address to listen on")->capture_default_str();
    app.add_option("--port", port, "Port to listen on; 0 for any free one")->capture_default_str();
    app.add_option("--user", user, "E-mail address of its administrator")->capture_default_str();
    app.add_option("--password", password, "Password of its administrator")->capture_default_str();
    CLI11_PARSE(app, argc, argv);

    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);

    ocm::test::FakeOptions options;
    options.users = {{user, ocm::test::FakeUser{.password = password, .permissions = {}}}};
    ocm::test::FakeOpenHimServer server(options, host, port);
    if (auto started = server.start(); !started) {
        std::fprintf(stderr, "%s\n", started.error().message.c_str());
        return 1;
    }
    std::printf("listening on %s\n", server.url().c_str());
    std::fflush(stdout);
    int signal = 0;
    sigwait(&signals, &signal);
    return 0;
}
