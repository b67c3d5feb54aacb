// SPDX-License-Identifier: MPL-2.0
#include "formats/opencrvs_v1/codes.hpp"
#include "formats/opencrvs_v1/write_parts.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace ocm::opencrvs_v1 {
namespace {

/// One Patient. Members are named as the account names them: ROLE.value.
class PatientWriter {
  public:
    PatientWriter(const Person& person, const std::string& whose, const Rules& rules, const Destination& destination,
                  Bookkeeper& books)
        : person_(person), whose_(whose), rules_(rules), destination_(destination), books_(books) {
        out_ = Json::object();
        out_["resourceType"] = "Patient";
    }

    Json run(const std::optional<std::string>& died) {
        write_availability();
        write_names();
        write_identifiers();
        write_plain("gender", "gender", person_.gender);
        write_plain("birthDate", "birth_date", person_.birth_date);
        write_death(died);
        write_multiple_birth();
        write_telecom();
        write_marital_status();
        write_addresses();
        write_extensions();
        return std::move(out_);
    }

  private:
    std::string named(std::string_view value) const { return whose_ + "." + std::string(value); }

    void write_plain(const char* key, std::string_view value, const std::optional<std::string>& from) {
        if (!from) return;
        out_[key] = *from;
        books_.carried(named(value));
    }

    /// 1.x writes "details not available" as an inactive person.
    void write_availability() {
        out_["active"] = !person_.unavailable_reason.has_value();
        if (!person_.unavailable_reason) return;
        books_.carried(named("unavailable_reason"));
        if (!person_.unavailable_reason->empty()) {
            extend({{"url", extension::not_applying}, {"valueString", *person_.unavailable_reason}});
        }
    }

    void write_names() {
        if (person_.names.empty()) return;
        auto names = Json::array();
        for (const auto& from : person_.names) {
            Json name = Json::object();
            name["use"] = from.use.empty() ? "en" : from.use;  // 1.x shows no other
            if (from.use.empty()) books_.recoded(named("names"), "a name without a use is written as \"en\"");
            name["given"] = from.given;
            if (from.family) name["family"] = rules_.family_list ? Json::array({*from.family}) : Json(*from.family);
            names.push_back(std::move(name));
        }
        out_["name"] = std::move(names);
        books_.carried(named("names"));
    }

    void write_identifiers() {
        if (person_.identifiers.empty()) return;
        auto identifiers = Json::array();
        for (const auto& from : person_.identifiers) {
            Json identifier = Json::object();
            identifier["use"] = "official";
            if (!from.type.empty()) {
                identifier["type"] = codeable("http://opencrvs.org/specs/identifier-type", from.type);
            }
            identifier["value"] = from.value;
            identifiers.push_back(std::move(identifier));
        }
        out_["identifier"] = std::move(identifiers);
        books_.carried(named("identifiers"));
    }

    void write_death(const std::optional<std::string>& died) {
        const bool deceased = whose_ == role::deceased;
        out_["deceasedBoolean"] = deceased;
        if (!deceased || !died) return;
        out_["deceasedDateTime"] = *died;
        books_.carried("date");
    }

    void write_multiple_birth() {
        if (person_.is_multiple) {
            if (whose_ == role::child) {
                out_["multipleBirthBoolean"] = *person_.is_multiple;
                books_.carried(named("is_multiple"));
            } else {
                books_.dropped(named("is_multiple"), "1.x keeps it of the child only");
            }
        }
        if (!person_.multiple_birth) return;
        if (*person_.multiple_birth < 0 || *person_.multiple_birth > 100) {
            books_.dropped(named("multiple_birth"), "it is not a number of births");
        } else if (whose_ == role::mother) {
            out_["multipleBirthInteger"] = *person_.multiple_birth;
            books_.carried(named("multiple_birth"));
        } else {
            books_.dropped(named("multiple_birth"), "1.x keeps it of the mother only");
        }
    }

    void write_telecom() {
        auto telecom = Json::array();
        if (person_.phone) {
            telecom.push_back({{"use", "mobile"}, {"system", "phone"}, {"value", *person_.phone}});
            books_.carried(named("phone"));
        }
        if (person_.email) {
            telecom.push_back({{"use", "home"}, {"system", "email"}, {"value", *person_.email}});
            books_.carried(named("email"));
        }
        if (!telecom.empty()) out_["telecom"] = std::move(telecom);
    }

    void write_marital_status() {
        if (!person_.marital_status || person_.marital_status->empty()) return;
        Json status = Json::object();
        for (const auto& row : marital_codes) {
            if (row.to != *person_.marital_status) continue;
            status = codeable("http://hl7.org/fhir/StructureDefinition/marital-status", row.from);
            break;
        }
        status["text"] = *person_.marital_status;
        out_["maritalStatus"] = std::move(status);
        books_.carried(named("marital_status"));
    }

    void write_addresses() {
        auto addresses = Json::array();
        for (std::size_t i = 0; i < person_.addresses.size(); ++i) {
            const auto path = named("addresses") + "." + std::to_string(i);
            addresses.push_back(write_address(person_.addresses[i], path));
        }
        if (!addresses.empty()) out_["address"] = std::move(addresses);
    }

    Json write_address(const Address& from, const std::string& path) {
        const auto levels = destination_.registry.levels(from);
        auto country = from.country.value_or("");
        if (country.empty()) {
            country = destination_.home_country;
            books_.recoded(path + ".country", "not said; written as the target's own, because there has to be one");
        }
        const bool home = country == destination_.home_country;
        Json out = Json::object();
        if (!from.type.empty()) out["type"] = from.type;
        write_lines(from, home ? levels : std::vector<std::string>{}, path, out);
        if (from.town) out["city"] = *from.town;
        if (home) {
            if (!levels.empty()) out["state"] = levels[0];
            if (levels.size() > 1) out["district"] = levels[1];
            if (levels.size() < from.areas.size()) {
                books_.dropped(path + ".areas", "OpenCRVS knows no such area, or not all of them");
            }
            // In their places stand ids of areas, which 1.5 and later look up.
            if (from.state_text) books_.dropped(path + ".state_text", only_abroad);
            if (from.district_text) books_.dropped(path + ".district_text", only_abroad);
        } else {
            if (from.state_text) out["state"] = *from.state_text;
            if (from.district_text) out["district"] = *from.district_text;
            if (!from.areas.empty()) books_.dropped(path + ".areas", "an address abroad names no areas of OpenCRVS");
        }
        if (from.postal_code) out["postalCode"] = *from.postal_code;
        out["country"] = std::move(country);
        books_.carried(path);
        return out;
    }

    void write_lines(const Address& from, const std::vector<std::string>& levels, const std::string& path, Json& out) {
        constexpr std::array<std::size_t, 6> free{3, 4, 6, 7, 8, 9};
        std::vector<std::string> lines;
        const auto put = [&](std::size_t slot, const std::string& value) {
            if (lines.size() <= slot) lines.resize(slot + 1);
            lines[slot] = value;
        };
        if (from.number) put(0, *from.number);
        if (from.street) put(1, *from.street);
        if (from.residential_area) put(2, *from.residential_area);
        std::size_t used = 0;
        for (const auto& line : from.lines) {
            if (line.empty()) continue;
            if (used == free.size()) {
                books_.dropped(path + ".lines", "1.x has room for six lines without a meaning of their own");
                break;
            }
            put(free[used++], line);
        }
        if (from.urban_or_rural == "URBAN" || from.urban_or_rural == "RURAL") {
            put(address_line::setting, *from.urban_or_rural);
        } else if (from.urban_or_rural) {
            books_.dropped(path + ".urban_or_rural", "1.x knows URBAN and RURAL");
        }
        for (std::size_t i = 2; i < levels.size(); ++i) {
            const auto slot = address_line::first_level + i - 2;
            if (slot > address_line::last_level) {
                books_.dropped(path + ".areas", "1.x has room for five levels of areas");
                break;
            }
            put(slot, levels[i]);
        }
        if (!lines.empty()) out["line"] = std::move(lines);
    }

    void write_extensions() {
        if (person_.age && (person_.age->years < 0 || person_.age->years > 150)) {
            books_.dropped(named("age"), "it is not the age of a person");
        } else if (person_.age) {
            extend({{"url", extension::age}, {"valueString", std::to_string(person_.age->years)}});
            books_.carried(named("age"));
        }
        write_text(extension::occupation, "occupation", person_.occupation);
        write_text(extension::education, "education", person_.education);
        if (person_.nationality) {
            const Json code{{"url", "code"},
                            {"valueCodeableConcept", codeable("urn:iso:std:iso:3166", *person_.nationality)}};
            const Json period{{"url", "period"}, {"valuePeriod", {{"start", ""}, {"end", ""}}}};
            extend({{"url", extension::nationality}, {"extension", Json::array({code, period})}});
            books_.carried(named("nationality"));
        }
        if (!extensions_.empty()) out_["extension"] = std::move(extensions_);
    }

    void write_text(std::string_view url, std::string_view value, const std::optional<std::string>& from) {
        if (!from) return;
        extend({{"url", url}, {"valueString", *from}});
        books_.carried(named(value));
    }

    void extend(Json extension) { extensions_.push_back(std::move(extension)); }

    static constexpr std::string_view only_abroad = "1.x keeps it of an address abroad only";

    const Person& person_;
    const std::string& whose_;
    const Rules& rules_;
    const Destination& destination_;
    Bookkeeper& books_;
    Json out_;
    Json extensions_ = Json::array();
};

}  // namespace

Json codeable(std::string_view system, std::string_view code) {
    Json coding = Json::object();
    coding["system"] = system;
    coding["code"] = code;
    Json out = Json::object();
    out["coding"] = Json::array({std::move(coding)});
    return out;
}

Json write_patient(const Person& person, const std::string& role, const std::optional<std::string>& died,
                   const Rules& rules, const Destination& destination, Bookkeeper& books) {
    return PatientWriter(person, role, rules, destination, books).run(died);
}

}  // namespace ocm::opencrvs_v1
