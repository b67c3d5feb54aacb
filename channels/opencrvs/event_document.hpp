// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/account.hpp"
#include "channels/opencrvs/read_v2.hpp"
#include "channels/registration_event.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The record of OpenCRVS 1.9 and 2.0 as it is forwarded, sent with a trigger or asked for: all its actions, out of
/// which whoever reads it makes the values that hold now (opencrvs.md 7.8, 7.10, 7.11).
namespace ocm::opencrvs {

/// What an EventDocument was sent about: its last action that is more than book-keeping.
struct Told {
    std::string record;       // id of the record
    std::string event_type;   // "birth"
    std::string action;       // id of the action as it was asked for: the same before and after it was accepted
    std::string action_type;  // "REGISTER"
    friend bool operator==(const Told&, const Told&) = default;
};
/// `bad_request` with a JSON pointer where it is no EventDocument or has no such action.
Result<Told> told_of(const Json& document);

/// Whether an accepted action of this type ("REGISTER") is something to tell anybody.
bool may_tell(std::string_view action_type);
/// Whether OpenCRVS 1.9 or 2.0 is known to have actions of this type.
bool is_known_action(std::string_view action_type);

/// True where the REGISTER of the record is accepted and has its number. Says nothing good of a forwarded copy, which
/// calls its last action accepted before it is.
bool is_confirmed(const Json& document);

/// The actions of the record that are accepted, from its registration on, oldest first and without book-keeping: each
/// as in `Told::action`. Empty where it is not registered, or `document` is none.
std::vector<std::string> actions_since_registration(const Json& document);

/// What a search of 1.9 or 2.0 shows of a registered record (7.7) as a document of one action, its registration: 1.9
/// lets systems see no more. Its values are those that hold now, without the ones that a search keeps back.
Json document_of_result(const Json& result);

/// How the document came, and what is asked of it.
struct About {
    std::string target;  // name of the OpenCRVS it is of
    std::string action;  // as in `Told`; empty: the last action that was accepted and is more than book-keeping
    Heard heard = Heard::forwarded;
    bool confirmed = true;  // false of a forwarded copy
};

enum class Standing { accepted, pending, rejected };

struct DocumentRead {
    std::optional<RegistrationEvent> event;  // absent where the action is not accepted, or tells nobody anything
    Standing standing = Standing::accepted;  // of the action
    std::string why;                         // there is no event, in plain words
    Account account;  // JSON pointers of what is of the document, fields of the form of what is of the declaration
};

/// Folds the actions up to the one that is asked for into a declaration, and reads that by the country map. Pure.
/// REGISTER is `registered`, APPROVE_CORRECTION `corrected`, PRINT_CERTIFICATE `certified`; ARCHIVE is `revoked` where
/// the record was registered. REJECT, and ARCHIVE of what was not, are the status of a notification. Other actions are
/// nothing to tell; those that OpenCRVS is not known to have are in the account.
/// `bad_request` with a JSON pointer where it is no EventDocument.
Result<DocumentRead> read_document(const Json& document, const About& about, const CountryMap& map,
                                   const FormConfig& form, const Places& places);

}  // namespace ocm::opencrvs
