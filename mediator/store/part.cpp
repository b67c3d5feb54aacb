// SPDX-License-Identifier: MPL-2.0
#include "store/part.hpp"

#include "core/hash.hpp"

#include <zstd.h>

#include <memory>
#include <new>
#include <stdexcept>
#include <vector>

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

/// Up to here (one byte holds the size) nothing is won by looking for what repeats: a header, a path, an identifier.
constexpr std::size_t longest_raw = 255;

/// A frame of one raw block (RFC 8878 3.1.1): what zstd makes of bytes that it cannot compress.
std::string raw_frame(std::string_view bytes) {
    const auto size = static_cast<unsigned char>(bytes.size());
    const auto block = (unsigned{size} << 3) | 1u;  // the last one, of type raw
    std::string frame("\x28\xb5\x2f\xfd\x20", 5);   // magic, then: one segment, its size in a byte, no checksum
    frame.reserve(frame.size() + 4 + bytes.size());
    frame += static_cast<char>(size);
    frame += static_cast<char>(block & 0xffu);
    frame += static_cast<char>(block >> 8);
    frame += '\0';
    return frame.append(bytes);
}

}  // namespace

std::string compress(std::string_view bytes) {
    if (bytes.size() <= longest_raw) return raw_frame(bytes);
    // A context per thread: making one costs more than compressing a small part.
    thread_local const auto context = make_compressor();
    // So is room for the result of what is small: it is copied out at its size instead of being cleared and cut.
    constexpr std::size_t kept = 64u << 10;
    thread_local std::vector<char> room(ZSTD_compressBound(kept));
    std::vector<char> larger(bytes.size() > kept ? ZSTD_compressBound(bytes.size()) : 0);
    auto& out = bytes.size() > kept ? larger : room;
    const auto size = ZSTD_compress2(context.get(), out.data(), out.size(), bytes.data(), bytes.size());
    if (ZSTD_isError(size) != 0) throw std::runtime_error(ZSTD_getErrorName(size));
    return {out.data(), size};
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
