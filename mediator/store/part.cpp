// SPDX-License-Identifier: MPL-2.0
#include "store/part.hpp"

#include "core/hash.hpp"

#include <zstd.h>

#include <memory>
#include <new>
#include <stdexcept>

namespace ocm::store {
namespace {

/// Half the time of level 1, for parts a fifth larger.
constexpr int compression_level = -1;

struct FreeCompressor {
    void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
};

std::unique_ptr<ZSTD_CCtx, FreeCompressor> make_compressor() {
    std::unique_ptr<ZSTD_CCtx, FreeCompressor> context(ZSTD_createCCtx());
    if (!context) throw std::bad_alloc();
    // Fast, with small tables: a part is a few kilobytes, and what larger tables find in it is worth less than the time
    // to clear them and to bring them into the processor's cache.
    ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, compression_level);
    ZSTD_CCtx_setParameter(context.get(), ZSTD_c_hashLog, 12);
    return context;
}

}  // namespace

std::string compress(std::string_view bytes) {
    // A context per thread: making one costs more than compressing a small part.
    thread_local const auto context = make_compressor();
    std::string packed(ZSTD_compressBound(bytes.size()), '\0');
    const auto size = ZSTD_compress2(context.get(), packed.data(), packed.size(), bytes.data(), bytes.size());
    if (ZSTD_isError(size) != 0) throw std::runtime_error(ZSTD_getErrorName(size));
    packed.resize(size);
    packed.shrink_to_fit();
    return packed;
}

std::optional<std::string> decompress(std::string_view packed, std::size_t size) {
    // The size is believed only where the frame says the same: a damaged row must not make us allocate.
    if (ZSTD_getFrameContentSize(packed.data(), packed.size()) != size) return std::nullopt;
    std::string plain(size, '\0');
    const auto got = ZSTD_decompress(plain.data(), plain.size(), packed.data(), packed.size());
    if (ZSTD_isError(got) != 0 || got != size) return std::nullopt;
    return plain;
}

std::string part_hash(std::string_view salt, std::string_view plain) {
    return hex(sha256(salt, plain));
}

}  // namespace ocm::store
