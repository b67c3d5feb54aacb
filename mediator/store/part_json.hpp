// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/json.hpp"
#include "core/store_port.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The text of those parts of an entry that we read again ourselves, both ways. Of what is kept for ever: a member may
/// come, none may change its meaning.
namespace ocm::store {

/// Sets a member where the value is not empty. Rows are made from the entry's values, so the text must be what the
/// canonical form can hold.
void put(Json& body, const char* name, std::string_view value);

/// Claim and look-up values.
std::string claim_json(const Claim& claim);
std::optional<Claim> read_claim(std::string_view text);
std::string subject_json(const Subject& subject);
Subject read_subject(std::string_view text);
/// Empty where there is no value.
std::string subjects_json(const store_ops::Subjects& subjects);
store_ops::Subjects read_subjects(std::string_view text);

std::string client_json(const store_ops::Client& client);
std::optional<store_ops::Client> read_client(std::string_view text);
/// Without its number, which the writer counts.
std::string subscription_json(const Subscription& subscription);
std::optional<Subscription> read_subscription(std::string_view text);

std::string texts_json(const std::vector<std::string>& texts);
std::vector<std::string> read_texts(std::string_view text);
std::string place_codes_json(const std::vector<PlaceCode>& codes);
std::vector<PlaceCode> read_place_codes(std::string_view text);
/// What a change of the crosswalk puts and removes; who and when are its entry's.
std::string crosswalk_json(const store_ops::ChangeCrosswalk& change);
std::optional<store_ops::ChangeCrosswalk> read_crosswalk(std::string_view text);

}  // namespace ocm::store
