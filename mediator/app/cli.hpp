// SPDX-License-Identifier: MPL-2.0
#pragma once

namespace ocm::app {

/// The command line (design section 9). Exit codes: 0 done, 1 failed, 2 wrong usage.
int run_cli(int argc, char** argv);

}  // namespace ocm::app
