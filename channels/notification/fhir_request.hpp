// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/http_message.hpp"
#include "core/json.hpp"
#include "core/result.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

/// What a FHIR client asks for, before anything of its message is read (external-systems.md 4.3).
namespace ocm::notification {

struct FhirRequest {
    Json message;
    std::string root;                      // its resourceType
    std::string type;                      // of a Bundle
    std::map<std::size_t, Error> unsound;  // entries of a batch: they do not fail the others
    enum class Return { outcome, minimal, representation };
    Return wants = Return::outcome;  // Prefer: return=
    bool strict = false;             // Prefer: handling=strict
    bool async = false;              // Prefer: respond-async
    std::string if_none_exist;       // the identifier's value, empty without the header
};

/// Content negotiation, preferences and the JSON, checked as a message of FHIR R4. `not_acceptable`,
/// `unsupported_media_type`, or `bad_request` with an expression or a header's name.
Result<FhirRequest> open_fhir(const HttpRequest& request);

/// What `Prefer: return=` asks for; `otherwise` where it says nothing.
FhirRequest::Return preferred_return(const HttpHeaders& headers, FhirRequest::Return otherwise);

/// True where the answer can be FHIR JSON: by `_format`, which goes first, or Accept.
bool accepts_fhir_json(const HttpRequest& request);

}  // namespace ocm::notification
