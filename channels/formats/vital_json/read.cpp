// SPDX-License-Identifier: MPL-2.0
#include "formats/vital_json/members.hpp"
#include "formats/vital_json/vital_json.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <limits>

namespace ocm::vital_json {
namespace {

constexpr std::array kinds{VitalKind::birth, VitalKind::death, VitalKind::fetal_death, VitalKind::marriage};

struct Reader;
template <class T>
void read_value(const Json& from, std::string_view path, T& to, std::optional<Error>& error);

void refuse(std::optional<Error>& error, std::string message, std::string_view path) {
    if (!error) error = Error{ErrorCode::bad_request, std::move(message), std::string(path), {}};
}

/// Reads the members of one object and counts them, so that one nobody asked for is found.
struct Reader {
    const Json& from;
    std::string_view path;
    std::optional<Error>& error;
    std::size_t taken = 0;
    std::vector<std::string_view> names{};

    template <class T>
    void operator()(const char* name, T& to) {
        names.emplace_back(name);
        if (const auto* found = member(from, name); found != nullptr) {
            ++taken;
            read_value(*found, pointer(path, name), to, error);
        }
    }
    template <class T>
    void operator()(const char* name, std::optional<T>& to) {
        names.emplace_back(name);
        if (const auto* found = member(from, name); found != nullptr) {
            ++taken;
            read_value(*found, pointer(path, name), to.emplace(), error);
        }
    }
    void refuse_others() {
        if (taken == from.size()) return;
        for (auto it = from.begin(); it != from.end(); ++it) {
            if (std::find(names.begin(), names.end(), it.key()) == names.end()) {
                refuse(error, "this member is not known", pointer(path, it.key()));
                return;
            }
        }
    }
};

void read_text(const Json& from, std::string_view path, std::string& to, std::optional<Error>& error) {
    if (!from.is_string()) return refuse(error, "must be text", path);
    to = text(from);
}

void read_flag(const Json& from, std::string_view path, bool& to, std::optional<Error>& error) {
    if (!from.is_boolean()) return refuse(error, "must be true or false", path);
    to = from.get<bool>();
}

template <class T>
void read_number(const Json& from, std::string_view path, T& to, std::optional<Error>& error) {
    const bool fits = from.is_number_integer() &&
                      (!from.is_number_unsigned() ||
                       from.get<std::uint64_t>() <= static_cast<std::uint64_t>(std::numeric_limits<T>::max())) &&
                      (from.is_number_unsigned() || (from.get<std::int64_t>() >= std::numeric_limits<T>::min() &&
                                                     from.get<std::int64_t>() <= std::numeric_limits<T>::max()));
    if (!fits) return refuse(error, "must be a whole number", path);
    to = from.get<T>();
}

void read_kind(const Json& from, std::string_view path, VitalKind& to, std::optional<Error>& error) {
    for (const auto kind : kinds) {
        if (text(from) == name(kind)) {
            to = kind;
            return;
        }
    }
    refuse(error, "must be one of birth, death, fetal-death, marriage", path);
}

template <class T>
void read_list(const Json& from, std::string_view path, std::vector<T>& to, std::optional<Error>& error) {
    if (!from.is_array()) return refuse(error, "must be an array", path);
    to.reserve(from.size());
    for (std::size_t i = 0; i < from.size(); ++i) read_value(from[i], pointer(path, i), to.emplace_back(), error);
}

template <class T>
void read_map(const Json& from, std::string_view path, std::map<std::string, T>& to, std::optional<Error>& error) {
    if (!from.is_object()) return refuse(error, "must be an object", path);
    for (auto it = from.begin(); it != from.end(); ++it) {
        read_value(it.value(), pointer(path, it.key()), to[it.key()], error);
    }
}

template <class T>
void read_value(const Json& from, std::string_view path, T& to, std::optional<Error>& error) {
    if (error) return;
    if constexpr (std::is_same_v<T, std::string>) {
        read_text(from, path, to, error);
    } else if constexpr (std::is_same_v<T, bool>) {
        read_flag(from, path, to, error);
    } else if constexpr (std::is_same_v<T, VitalKind>) {
        read_kind(from, path, to, error);
    } else if constexpr (std::is_arithmetic_v<T>) {
        read_number(from, path, to, error);
    } else if constexpr (is_list<T>) {
        read_list(from, path, to, error);
    } else if constexpr (is_map<T>) {
        read_map(from, path, to, error);
    } else {
        if (!from.is_object()) return refuse(error, "must be an object", path);
        Reader reader{from, path, error};
        members(to, reader);
        reader.refuse_others();
    }
}

}  // namespace

Result<VitalEvent> read(const Json& document) {
    if (!document.is_object()) return fail(ErrorCode::bad_request, "must be an object");
    if (text_member(document, "version") != version) {
        return fail(ErrorCode::bad_request, "must be the version of this format, \"1\"", "/version");
    }
    if (member(document, "kind") == nullptr) return fail(ErrorCode::bad_request, "is required", "/kind");
    VitalEvent event;
    std::optional<Error> error;
    Reader reader{document, {}, error, 1, {"version"}};
    members(event, reader);
    reader.refuse_others();
    if (error) return fail(std::move(*error));
    return event;
}

}  // namespace ocm::vital_json
