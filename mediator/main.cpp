// SPDX-License-Identifier: MPL-2.0
#include "app/cli.hpp"

#include <cstdio>
#include <exception>

int main(int argc, char** argv) try { return ocm::app::run_cli(argc, argv); } catch (const std::exception& error) {
    std::fprintf(stderr, "opencrvs-mediator: %s\n", error.what());
    return 1;
}
