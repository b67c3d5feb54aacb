// SPDX-License-Identifier: MPL-2.0
#include "formats/vital_json/check.hpp"
#include "formats/vital_json/members.hpp"
#include "formats/vital_json/vital_json.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <limits>

namespace ocm::vital_json {
namespace {

constexpr std::array kinds{VitalKind::birth, VitalKind::death, VitalKind::fetal_death, VitalKind::marriage};

/// What came of reading: the first error, and for a sender's message the account.
struct Sink {
    std::optional<Error> error{};
    Account* account = nullptr;

    void carried(std::string_view path) {
        if (account != nullptr) account->carried.emplace_back(path);
    }
};

template <class T>
void read_value(const Json& from, std::string_view path, T& to, Sink& sink);

void refuse(Sink& sink, std::string message, std::string_view path) {
    if (!sink.error) sink.error = Error{ErrorCode::bad_request, std::move(message), std::string(path), {}};
}

/// Reads the members of one object and counts them, so that one nobody asked for is found.
struct Reader {
    const Json& from;
    std::string_view path;
    Sink& sink;
    std::size_t taken = 0;
    std::vector<std::string_view> names{};

    template <class T>
    void operator()(const char* name, T& to) {
        names.emplace_back(name);
        if (const auto* found = member(from, name); found != nullptr) {
            ++taken;
            read_value(*found, pointer(path, name), to, sink);
        }
    }
    template <class T>
    void operator()(const char* name, std::optional<T>& to) {
        names.emplace_back(name);
        if (const auto* found = member(from, name); found != nullptr) {
            ++taken;
            read_value(*found, pointer(path, name), to.emplace(), sink);
        }
    }
    /// A number that is not optional has no value that says it is absent.
    void operator()(const char* name, int& to) {
        names.emplace_back(name);
        const auto* found = member(from, name);
        if (found == nullptr) return refuse(sink, "is required", pointer(path, name));
        ++taken;
        read_value(*found, pointer(path, name), to, sink);
    }

    /// Refused, or told to the sender together with what could have been meant.
    void settle_others() {
        if (taken == from.size()) return;
        for (auto it = from.begin(); it != from.end(); ++it) {
            if (std::find(names.begin(), names.end(), it.key()) != names.end()) continue;
            auto at = pointer(path, it.key());
            if (sink.account == nullptr) return refuse(sink, "this member is not known", at);
            sink.account->dropped.push_back({std::move(at), "this member is not known; these are: " + listed()});
        }
    }
    std::string listed() const {
        std::string out;
        for (const auto name : names) {
            if (!out.empty()) out += ", ";
            out += name;
        }
        return out;
    }
};

void read_text(const Json& from, std::string_view path, std::string& to, Sink& sink) {
    if (!from.is_string()) return refuse(sink, "must be text", path);
    to = text(from);
    sink.carried(path);
}

void read_flag(const Json& from, std::string_view path, bool& to, Sink& sink) {
    if (!from.is_boolean()) return refuse(sink, "must be true or false", path);
    to = from.get<bool>();
    sink.carried(path);
}

template <class T>
void read_number(const Json& from, std::string_view path, T& to, Sink& sink) {
    const bool fits = from.is_number_integer() &&
                      (!from.is_number_unsigned() ||
                       from.get<std::uint64_t>() <= static_cast<std::uint64_t>(std::numeric_limits<T>::max())) &&
                      (from.is_number_unsigned() || (from.get<std::int64_t>() >= std::numeric_limits<T>::min() &&
                                                     from.get<std::int64_t>() <= std::numeric_limits<T>::max()));
    if (!fits) return refuse(sink, "must be a whole number", path);
    to = from.get<T>();
    sink.carried(path);
}

void read_kind(const Json& from, std::string_view path, VitalKind& to, Sink& sink) {
    for (const auto kind : kinds) {
        if (text(from) == name(kind)) {
            to = kind;
            return;
        }
    }
    refuse(sink, "must be one of birth, death, fetal-death, marriage", path);
}

template <class T>
void read_list(const Json& from, std::string_view path, std::vector<T>& to, Sink& sink) {
    if (!from.is_array()) return refuse(sink, "must be an array", path);
    to.reserve(from.size());
    for (std::size_t i = 0; i < from.size(); ++i) read_value(from[i], pointer(path, i), to.emplace_back(), sink);
}

template <class T>
void read_map(const Json& from, std::string_view path, std::map<std::string, T>& to, Sink& sink) {
    if (!from.is_object()) return refuse(sink, "must be an object", path);
    for (auto it = from.begin(); it != from.end(); ++it) {
        read_value(it.value(), pointer(path, it.key()), to[it.key()], sink);
    }
}

template <class T>
void read_value(const Json& from, std::string_view path, T& to, Sink& sink) {
    if (sink.error) return;
    if constexpr (std::is_same_v<T, std::string>) {
        read_text(from, path, to, sink);
    } else if constexpr (std::is_same_v<T, bool>) {
        read_flag(from, path, to, sink);
    } else if constexpr (std::is_same_v<T, VitalKind>) {
        read_kind(from, path, to, sink);
    } else if constexpr (std::is_arithmetic_v<T>) {
        read_number(from, path, to, sink);
    } else if constexpr (is_list<T>) {
        read_list(from, path, to, sink);
    } else if constexpr (is_map<T>) {
        read_map(from, path, to, sink);
    } else {
        if (!from.is_object()) return refuse(sink, "must be an object", path);
        Reader reader{from, path, sink};
        members(to, reader);
        reader.settle_others();
    }
}

Result<VitalEvent> read_document(const Json& document, Sink& sink) {
    if (!document.is_object()) return fail(ErrorCode::bad_request, "must be an object");
    if (text_member(document, "version") != version) {
        return fail(ErrorCode::bad_request, "must be the version of this format, \"1\"", "/version");
    }
    if (member(document, "kind") == nullptr) return fail(ErrorCode::bad_request, "is required", "/kind");
    VitalEvent event;
    Reader reader{document, {}, sink, 1, {"version"}};
    members(event, reader);
    reader.settle_others();
    if (sink.error) return fail(std::move(*sink.error));
    return event;
}

}  // namespace

Result<VitalEvent> read(const Json& document) {
    Sink sink;
    return read_document(document, sink);
}

Result<Read> read_message(const Json& document) {
    Read out;
    Sink sink;
    sink.account = &out.account;
    auto event = read_document(document, sink);
    if (!event) return fail(std::move(event.error()));
    out.event = std::move(*event);
    if (auto sound = check(out.event, out.account); !sound) return fail(std::move(sound.error()));
    return out;
}

}  // namespace ocm::vital_json
