// SPDX-License-Identifier: MPL-2.0
#include "formats/fhir_r4/read.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace ocm::fhir_r4 {
namespace {

constexpr std::array types{"document", "message", "transaction", "batch", "collection"};

Result<void> refuse_at(std::string path, std::string what) {
    return fail(ErrorCode::bad_request, std::move(what), std::move(path));
}

Result<void> check_resource(const Json* resource, const std::string& at) {
    if (resource == nullptr) return refuse_at(at, "is required");
    if (!resource->is_object()) return refuse_at(at, "must be a resource, an object");
    if (text_member(*resource, "resourceType").empty()) return refuse_at(pointer(at, "resourceType"), "is required");
    if (text_member(*resource, "resourceType") == "Bundle") {
        auto inner = check_bundle(*resource);
        if (!inner) {
            inner.error().path = at + inner.error().path;
            return inner;
        }
    }
    return {};
}

Result<void> check_entry(const Json& entry, const std::string& at) {
    if (!entry.is_object()) return refuse_at(at, "must be an object");
    if (const auto* request = member(entry, "request")) {
        const auto method = text_member(*request, "method");
        if (method != "POST" && method != "PUT") {
            return refuse_at(pointer(pointer(at, "request"), "method"),
                             "must be POST or PUT: a notification is given, nothing is read, changed or deleted");
        }
    }
    return check_resource(member(entry, "resource"), pointer(at, "resource"));
}

}  // namespace

Result<void> check_envelope(const Json& message) {
    if (!message.is_object()) return refuse_at("", "must be a FHIR resource, an object");
    const auto type = text_member(message, "resourceType");
    if (type.empty()) return refuse_at("/resourceType", "is required");
    if (type != "Bundle") return {};
    const auto kind = text_member(message, "type");
    if (std::find(types.begin(), types.end(), kind) == types.end()) {
        return refuse_at("/type", "must be one of document, message, transaction, batch, collection");
    }
    const auto* entries = member(message, "entry");
    if (entries == nullptr || !entries->is_array() || entries->empty()) {
        return refuse_at("/entry", "must be an array of at least one entry");
    }
    return {};
}

std::map<std::size_t, Error> unsound_entries(const Json& message) {
    std::map<std::size_t, Error> out;
    const auto* entries = member(message, "entry");
    if (text_member(message, "resourceType") != "Bundle" || entries == nullptr) return out;
    for (std::size_t i = 0; i < entries->size(); ++i) {
        if (auto fine = check_entry((*entries)[i], pointer("/entry", i)); !fine)
            out.emplace(i, std::move(fine.error()));
    }
    return out;
}

Result<void> check_bundle(const Json& message) {
    if (auto fine = check_envelope(message); !fine) return fine;
    if (const auto unsound = unsound_entries(message); !unsound.empty()) return fail(unsound.begin()->second);
    if (text_member(message, "resourceType") != "Bundle") return {};
    const auto kind = text_member(message, "type");
    const auto first = text_member(*member((*member(message, "entry"))[0], "resource"), "resourceType");
    constexpr auto where = "/entry/0/resource/resourceType";
    if (kind == "document" && first != "Composition") return refuse_at(where, "must be Composition in a document");
    if (kind == "message" && first != "MessageHeader") return refuse_at(where, "must be MessageHeader in a message");
    return {};
}

}  // namespace ocm::fhir_r4
