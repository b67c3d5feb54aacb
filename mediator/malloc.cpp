// SPDX-License-Identifier: MPL-2.0
// How jemalloc behaves; linked into the program only.

/// Read by jemalloc when it starts, by this name. Few threads allocate, so few arenas do; what is free goes back to the
/// system after a second, not after ten.
extern "C" {
extern const char* malloc_conf;
const char* malloc_conf = "narenas:2,dirty_decay_ms:1000,muzzy_decay_ms:0";
}
