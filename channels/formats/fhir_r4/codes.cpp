// SPDX-License-Identifier: MPL-2.0
#include "formats/fhir_r4/codes.hpp"

#include "core/http_message.hpp"

#include <array>
#include <span>

namespace ocm::fhir_r4 {
namespace {

struct Row {
    std::string_view code, word;
};

std::string_view look_up(std::span<const Row> rows, std::string_view code) {
    for (const auto& row : rows) {
        if (row.code == code) return row.word;
    }
    return {};
}

constexpr std::array relations{Row{"MTH", "MOTHER"},
                               Row{"NMTH", "MOTHER"},
                               Row{"GESTM", "MOTHER"},
                               Row{"NMTHF", "MOTHER"},
                               Row{"72705000", "MOTHER"},
                               Row{"MOTHER", "MOTHER"},
                               Row{"FTH", "FATHER"},
                               Row{"NFTH", "FATHER"},
                               Row{"NFTHF", "FATHER"},
                               Row{"66839005", "FATHER"},
                               Row{"FATHER", "FATHER"},
                               Row{"SPS", "SPOUSE"},
                               Row{"HUSB", "SPOUSE"},
                               Row{"WIFE", "SPOUSE"},
                               Row{"SPOUSE", "SPOUSE"},
                               Row{"CHILD", "CHILD"},
                               Row{"NCHILD", "CHILD"},
                               Row{"CHLDFOST", "CHILD"},
                               Row{"SON", "SON"},
                               Row{"NSON", "SON"},
                               Row{"SONC", "SON"},
                               Row{"DAU", "DAUGHTER"},
                               Row{"NDAU", "DAUGHTER"},
                               Row{"DAUC", "DAUGHTER"},
                               Row{"DAUGHTER", "DAUGHTER"},
                               Row{"BRO", "BROTHER"},
                               Row{"NBRO", "BROTHER"},
                               Row{"BROTHER", "BROTHER"},
                               Row{"SIS", "SISTER"},
                               Row{"NSIS", "SISTER"},
                               Row{"SISTER", "SISTER"},
                               Row{"GRFTH", "GRANDFATHER"},
                               Row{"GRANDFATHER", "GRANDFATHER"},
                               Row{"GRMTH", "GRANDMOTHER"},
                               Row{"GRANDMOTHER", "GRANDMOTHER"},
                               Row{"GRNDSON", "GRANDSON"},
                               Row{"GRANDSON", "GRANDSON"},
                               Row{"GRNDDAU", "GRANDDAUGHTER"},
                               Row{"GRANDDAUGHTER", "GRANDDAUGHTER"},
                               Row{"SONINLAW", "SON_IN_LAW"},
                               Row{"SON_IN_LAW", "SON_IN_LAW"},
                               Row{"DAUINLAW", "DAUGHTER_IN_LAW"},
                               Row{"DAUGHTER_IN_LAW", "DAUGHTER_IN_LAW"},
                               Row{"GUARD", "LEGAL_GUARDIAN"},
                               Row{"LEGAL_GUARDIAN", "LEGAL_GUARDIAN"},
                               Row{"OTHER", "OTHER"}};

constexpr std::array identifier_types{Row{"NI", "NATIONAL_ID"},
                                      Row{"NIIP", "NATIONAL_ID"},
                                      Row{"PPN", "PASSPORT"},
                                      Row{"DL", "DRIVING_LICENSE"},
                                      Row{"SS", "SOCIAL_SECURITY_NO"},
                                      Row{"BCT", "BIRTH_REGISTRATION_NUMBER"},
                                      Row{"BR", "BIRTH_REGISTRATION_NUMBER"},
                                      Row{"DR", "DEATH_REGISTRATION_NUMBER"},
                                      Row{"MCT", "MARRIAGE_REGISTRATION_NUMBER"},
                                      Row{"RRI", "REFUGEE_NUMBER"},
                                      Row{"PRC", "ALIEN_NUMBER"}};

constexpr std::array opencrvs_identifiers{"PASSPORT",
                                          "NATIONAL_ID",
                                          "DRIVING_LICENSE",
                                          "REFUGEE_NUMBER",
                                          "ALIEN_NUMBER",
                                          "SOCIAL_SECURITY_NO",
                                          "OTHER",
                                          "BIRTH_REGISTRATION_NUMBER",
                                          "DEATH_REGISTRATION_NUMBER",
                                          "MARRIAGE_REGISTRATION_NUMBER",
                                          "NONE"};

/// What an identifier system is called, most telling first.
constexpr std::array system_words{Row{"passport", "PASSPORT"},
                                  Row{"driv", "DRIVING_LICENSE"},
                                  Row{"refugee", "REFUGEE_NUMBER"},
                                  Row{"alien", "ALIEN_NUMBER"},
                                  Row{"us-ssn", "SOCIAL_SECURITY_NO"},
                                  Row{"social-security", "SOCIAL_SECURITY_NO"},
                                  Row{"birth-reg", "BIRTH_REGISTRATION_NUMBER"},
                                  Row{"birth-cert", "BIRTH_REGISTRATION_NUMBER"},
                                  Row{"national-id", "NATIONAL_ID"},
                                  Row{"nationalid", "NATIONAL_ID"},
                                  Row{"national_id", "NATIONAL_ID"},
                                  Row{"/nid", "NATIONAL_ID"},
                                  Row{"/nin", "NATIONAL_ID"},
                                  Row{"/nrc", "NATIONAL_ID"}};

constexpr std::array local_numbers{"MR", "MRT", "PI", "PT", "VN", "AN", "PN", "ACSN", "FILL", "PLAC", "RI"};

/// The attendant's title: SNOMED CT of the vital records profiles, and OpenCRVS's own.
constexpr std::array attendants{Row{"112247003", "PHYSICIAN"},
                                Row{"309343006", "PHYSICIAN"},
                                Row{"76231001", "PHYSICIAN"},
                                Row{"106292003", "NURSE"},
                                Row{"224535009", "NURSE"},
                                Row{"309453006", "MIDWIFE"},
                                Row{"445521000124102", "MIDWIFE"},
                                Row{"445541000124101", "MIDWIFE"},
                                Row{"445531000124104", "TRADITIONAL_BIRTH_ATTENDANT"}};

constexpr std::array manners{Row{"38605008", "NATURAL_CAUSES"},
                             Row{"7878000", "ACCIDENT"},
                             Row{"44301001", "SUICIDE"},
                             Row{"27935005", "HOMICIDE"},
                             Row{"185973002", "MANNER_UNDETERMINED"},
                             Row{"65037004", "MANNER_UNDETERMINED"}};

constexpr std::array death_places{Row{"63238001", "HEALTH_FACILITY"},
                                  Row{"16983000", "HEALTH_FACILITY"},
                                  Row{"450391000124102", "HEALTH_FACILITY"},
                                  Row{"440071000124103", "HEALTH_FACILITY"},
                                  Row{"440081000124100", "DECEASED_USUAL_RESIDENCE"},
                                  Row{"450381000124100", "OTHER"},
                                  Row{"OTH", "OTHER"},
                                  Row{"HEALTH_FACILITY", "HEALTH_FACILITY"},
                                  Row{"OTHER", "OTHER"},
                                  Row{"DECEASED_USUAL_RESIDENCE", "DECEASED_USUAL_RESIDENCE"}};

struct KindRow {
    std::string_view code;
    VitalKind kind;
};
constexpr std::array kinds{KindRow{"birth-notification", VitalKind::birth},
                           KindRow{"birth-declaration", VitalKind::birth},
                           KindRow{"68998-4", VitalKind::birth},
                           KindRow{"71230-7", VitalKind::birth},
                           KindRow{"92011-6", VitalKind::birth},
                           KindRow{"death-notification", VitalKind::death},
                           KindRow{"death-declaration", VitalKind::death},
                           KindRow{"64297-5", VitalKind::death},
                           KindRow{"69409-1", VitalKind::death},
                           KindRow{"69045-3", VitalKind::fetal_death},
                           KindRow{"92010-8", VitalKind::fetal_death}};

constexpr std::array pluralities{"SINGLE", "TWIN", "TRIPLET", "QUADRUPLET", "HIGHER_MULTIPLE_DELIVERY"};

/// Alpha-2 and alpha-3 of each country (ISO 3166-1), five letters a country.
constexpr std::string_view countries =
    "ADANDAEAREAFAFGAGATGAIAIAALALBAMARMAOAGOAQATAARARGASASMATAUTAUAUSAWABWAXALAAZAZEBABIHBBBRBBDBGDBEBEL"
    "BFBFABGBGRBHBHRBIBDIBJBENBLBLMBMBMUBNBRNBOBOLBQBESBRBRABSBHSBTBTNBVBVTBWBWABYBLRBZBLZCACANCCCCKCDCOD"
    "CFCAFCGCOGCHCHECICIVCKCOKCLCHLCMCMRCNCHNCOCOLCRCRICUCUBCVCPVCWCUWCXCXRCYCYPCZCZEDEDEUDJDJIDKDNKDMDMA"
    "DODOMDZDZAECECUEEESTEGEGYEHESHERERIESESPETETHFIFINFJFJIFKFLKFMFSMFOFROFRFRAGAGABGBGBRGDGRDGEGEOGFGUF"
    "GGGGYGHGHAGIGIBGLGRLGMGMBGNGINGPGLPGQGNQGRGRCGSSGSGTGTMGUGUMGWGNBGYGUYHKHKGHMHMDHNHNDHRHRVHTHTIHUHUN"
    "IDIDNIEIRLILISRIMIMNININDIOIOTIQIRQIRIRNISISLITITAJEJEYJMJAMJOJORJPJPNKEKENKGKGZKHKHMKIKIRKMCOMKNKNA"
    "KPPRKKRKORKWKWTKYCYMKZKAZLALAOLBLBNLCLCALILIELKLKALRLBRLSLSOLTLTULULUXLVLVALYLBYMAMARMCMCOMDMDAMEMNE"
    "MFMAFMGMDGMHMHLMKMKDMLMLIMMMMRMNMNGMOMACMPMNPMQMTQMRMRTMSMSRMTMLTMUMUSMVMDVMWMWIMXMEXMYMYSMZMOZNANAM"
    "NCNCLNENERNFNFKNGNGANINICNLNLDNONORNPNPLNRNRUNUNIUNZNZLOMOMNPAPANPEPERPFPYFPGPNGPHPHLPKPAKPLPOLPMSPM"
    "PNPCNPRPRIPSPSEPTPRTPWPLWPYPRYQAQATREREUROROURSSRBRURUSRWRWASASAUSBSLBSCSYCSDSDNSESWESGSGPSHSHNSISVN"
    "SJSJMSKSVKSLSLESMSMRSNSENSOSOMSRSURSSSSDSTSTPSVSLVSXSXMSYSYRSZSWZTCTCATDTCDTFATFTGTGOTHTHATJTJKTKTKL"
    "TLTLSTMTKMTNTUNTOTONTRTURTTTTOTVTUVTWTWNTZTZAUAUKRUGUGAUMUMIUSUSAUYURYUZUZBVAVATVCVCTVEVENVGVGBVIVIR"
    "VNVNMVUVUTWFWLFWSWSMYEYEMYTMYTZAZAFZMZMBZWZWE";

}  // namespace

std::optional<VitalKind> kind_of_code(std::string_view code) {
    for (const auto& row : kinds) {
        if (row.code == code) return row.kind;
    }
    return std::nullopt;
}

std::optional<VitalKind> kind_in_words(std::string_view words) {
    const auto lower = to_lower(words);
    const auto says = [&](std::string_view word) { return lower.find(word) != std::string::npos; };
    if (says("fetal") || says("foetal") || says("fetus") || says("stillb")) return VitalKind::fetal_death;
    const bool birth = says("birth");
    const bool death = says("death") || says("vrdr") || says("decedent");
    if (birth == death) return std::nullopt;
    return birth ? VitalKind::birth : VitalKind::death;
}

std::string_view relation_word(std::string_view code) {
    return look_up(relations, code);
}

bool is_child_relation(std::string_view word) {
    return word == "CHILD" || word == "SON" || word == "DAUGHTER";
}

std::string_view identifier_word(std::string_view type_code) {
    for (const std::string_view own : opencrvs_identifiers) {
        if (own == type_code) return own;
    }
    // "NN" and a country is its national number.
    if (type_code.size() == 5 && type_code.starts_with("NN")) return "NATIONAL_ID";
    return look_up(identifier_types, type_code);
}

std::string_view identifier_word_of_system(std::string_view system) {
    const auto lower = to_lower(system);
    for (const auto& row : system_words) {
        if (lower.find(row.code) != std::string::npos) return row.word;
    }
    return {};
}

bool is_local_number(std::string_view type_code) {
    for (const std::string_view local : local_numbers) {
        if (local == type_code) return true;
    }
    return false;
}

std::string_view attendant_word(std::string_view code) {
    return look_up(attendants, code);
}

std::string_view manner_word(std::string_view code) {
    return look_up(manners, code);
}

std::string_view death_place_word(std::string_view code) {
    return look_up(death_places, code);
}

std::string_view plurality_word(long count) {
    if (count < 1) return {};
    const auto last = static_cast<long>(pluralities.size());
    return pluralities.at(static_cast<std::size_t>(count < last ? count - 1 : last - 1));
}

bool is_plurality_word(std::string_view word) {
    for (const std::string_view known : pluralities) {
        if (known == word) return true;
    }
    return false;
}

std::string_view country_alpha3(std::string_view alpha2) {
    if (alpha2.size() != 2) return {};
    for (std::size_t i = 0; i + 5 <= countries.size(); i += 5) {
        if (countries.substr(i, 2) == alpha2) return countries.substr(i + 2, 3);
    }
    return {};
}

}  // namespace ocm::fhir_r4
