// SPDX-License-Identifier: MPL-2.0
#include "config/loader.hpp"

#include "config/checks.hpp"
#include "config/notation.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <set>
#include <sys/stat.h>
#include <unistd.h>

extern char** environ;

namespace ocm::config {
namespace {

using namespace std::literals;

constexpr std::string_view environment_prefix = "MEDIATOR_";
constexpr std::size_t max_suggestions = 50;  // each costs a walk over the table
constexpr std::size_t max_problems = 200;

class SystemFiles final : public Files {
  public:
    Info info(const std::string& path) const override {
        struct stat status{};
        if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return {};
        return {::access(path.c_str(), R_OK) == 0, (status.st_mode & S_IROTH) != 0};
    }

    Result<std::string> read_small(const std::string& path) const override {
        std::ifstream in(path, std::ios::binary);
        std::string out(16u << 10, '\0');
        in.read(out.data(), static_cast<std::streamsize>(out.size()));
        if (in.bad() || !in.eof()) return fail(ErrorCode::bad_request, "cannot be read or is longer than 16 KiB");
        out.resize(static_cast<std::size_t>(in.gcount()));
        return out;
    }
};

std::optional<Value> in_limits(const Setting& setting, std::int64_t number) {
    if (number < setting.min || number > setting.max) return std::nullopt;
    return number;
}

template <class T>
std::optional<Value> as_value(std::optional<T> parsed) {
    if (!parsed) return std::nullopt;
    return Value(std::move(*parsed));
}

std::optional<Value> from_items(const Setting& setting, std::vector<std::string> items) {
    if (items.size() > static_cast<std::size_t>(setting.max)) return std::nullopt;
    for (auto& item : items) {
        if (setting.type == Type::networks) {
            if (!Network::parse(item)) return std::nullopt;
            continue;
        }
        if (setting.type == Type::hosts) {
            auto host = parse_host_pattern(item);
            if (!host) return std::nullopt;
            item = std::move(*host);
            continue;
        }
        auto fingerprint = parse_fingerprint(item);
        if (!fingerprint) return std::nullopt;
        item = std::move(*fingerprint);
    }
    return Value(std::move(items));
}

bool is_list(Type type) {
    return type == Type::networks || type == Type::fingerprints || type == Type::hosts;
}

std::optional<Value> from_text(const Setting& setting, std::string_view text) {
    switch (setting.type) {
        case Type::text:
            if (std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20; })) return std::nullopt;
            if (!in_limits(setting, static_cast<std::int64_t>(text.size()))) return std::nullopt;
            return Value(std::string(text));
        case Type::integer: {
            const auto number = parse_integer(text);
            return number ? in_limits(setting, *number) : std::nullopt;
        }
        case Type::boolean:
            return as_value(parse_boolean(text));
        case Type::duration: {
            const auto duration = parse_duration(text);
            if (!duration || !in_limits(setting, duration->count())) return std::nullopt;
            return Value(*duration);
        }
        case Type::size: {
            const auto size = parse_size(text);
            return size ? in_limits(setting, *size) : std::nullopt;
        }
        case Type::choice:
            if (std::find(setting.choices.begin(), setting.choices.end(), text) == setting.choices.end()) {
                return std::nullopt;
            }
            return Value(std::string(text));
        case Type::url:
            return as_value(parse_url(text));
        case Type::path:
        case Type::output_path:
        case Type::secret_file:
            if (text.empty() || text.find('\0') != text.npos) return std::nullopt;
            return Value(std::string(text));
        case Type::host:
            return as_value(parse_host(text));
        case Type::fingerprint:
            return as_value(parse_fingerprint(text));
        case Type::networks:
        case Type::fingerprints:
        case Type::hosts:
            return from_items(setting, parse_list(text));
    }
    return std::nullopt;
}

/// The file is strict about JSON types; the console's forms are not, so its text is read as in the environment.
std::optional<Value> from_json(const Setting& setting, const Json& json, bool strict) {
    if (json.is_string() &&
        (!strict || (setting.type != Type::integer && setting.type != Type::boolean && !is_list(setting.type)))) {
        return from_text(setting, text(json));
    }
    if (setting.type == Type::integer && json.is_number_integer()) {
        if (json.is_number_unsigned() && json.get<std::uint64_t>() > INT64_MAX) return std::nullopt;
        return in_limits(setting, json.get<std::int64_t>());
    }
    if (setting.type == Type::boolean && json.is_boolean()) return Value(json.get<bool>());
    if (is_list(setting.type) && json.is_array()) {
        std::vector<std::string> items;
        for (const auto& item : json) {
            if (!item.is_string()) return std::nullopt;
            items.emplace_back(text(item));
        }
        return from_items(setting, std::move(items));
    }
    return std::nullopt;
}

std::string dotted(std::string_view json_pointer) {
    std::string out(json_pointer.empty() ? json_pointer : json_pointer.substr(1));
    std::replace(out.begin(), out.end(), '/', '.');
    return out;
}

/// "line 12" for the byte offset that a parse error ends with, where it has one.
std::string line_of(std::string_view text, const Error& error) {
    constexpr auto mark = "at byte "sv;
    const auto at = error.message.rfind(mark);
    if (at == std::string::npos) return {};
    const auto* digits = error.message.data() + at + mark.size();
    std::size_t offset = 0;
    if (std::from_chars(digits, error.message.data() + error.message.size(), offset).ec != std::errc{}) return {};
    const auto end = text.begin() + static_cast<std::ptrdiff_t>(std::min(offset, text.size()));
    return "line " + std::to_string(1 + std::count(text.begin(), end, '\n'));
}

class Loader {
  public:
    explicit Loader(const LoadInput& input) : input_(input) {}

    LoadOutcome run(const Json* console) {
        take_file();
        read_environment();
        if (console != nullptr) take_console(*console);
        take_environment();
        add_defaults();
        resolve_files();
        finish();
        return std::move(outcome_);
    }

  private:
    void error(std::string path, std::string message, std::string allowed = {}) {
        if (outcome_.errors.size() == max_problems) {
            outcome_.errors.push_back({"", "there are more errors; correct these first", ""});
        }
        if (outcome_.errors.size() > max_problems) return;
        outcome_.errors.push_back({std::move(path), std::move(message), std::move(allowed)});
    }

    void wrong_value(const std::string& path, const std::string& key, const Setting& setting) {
        doubtful_.insert(key);
        error(path, "is not " + std::string(setting.type == Type::choice ? "a known choice" : "a valid value"),
              allowed(setting));
    }

    void unknown(const std::string& path, const std::string& key, bool as_variable) {
        std::string hint;
        if (suggestions_ < max_suggestions) {
            ++suggestions_;
            hint = suggestion(key);
        }
        if (!hint.empty()) hint = "did you mean " + (as_variable ? environment_name(hint) : hint) + "?";
        error(path, "is not a setting", std::move(hint));
    }

    void set(const std::string& key, Value value, Origin origin) {
        values_.insert_or_assign(key, Config::Entry{std::move(value), origin});
    }

    // -- the file

    void take_file() {
        auto parsed = parse_json(input_.text, config_json_limits, JsonComments::allow);
        if (!parsed) {
            auto line = line_of(input_.text, parsed.error());
            const auto& where = parsed.error().path;
            auto message = parsed.error().message;
            if (!line.empty() && !where.empty()) message += " in " + dotted(where);
            if (line.empty() && !where.empty()) message = "cannot be read: " + message;
            error(!line.empty()   ? line
                  : where.empty() ? input_.name
                                  : dotted(where),
                  std::move(message), "one JSON object; comments with // and /* */ are allowed");
            broken_ = true;
            return;
        }
        if (!parsed->is_object()) {
            error(input_.name, "is not a JSON object", "one JSON object with the sections of the documentation");
            broken_ = true;
            return;
        }
        take_section(*parsed, {});
    }

    // Sections are as deep as the table, so the recursion is bounded.
    void take_section(const Json& section, const std::string& prefix) {
        for (auto it = section.begin(); it != section.end(); ++it) {
            const auto key = prefix + it.key();
            const bool one_segment = !it.key().empty() && it.key().find('.') == std::string::npos;
            if (one_segment && prefix == "targets." && !is_chosen_name(it.key())) {
                error(key, "is not a name for a target",
                      "at most 32 lower-case letters, digits, \"-\" and \"_\", without \"__\"");
            } else if (one_segment && is_section(key)) {
                if (prefix == "targets.") targets_.insert(it.key());
                if (it->is_object()) {
                    take_section(*it, key + ".");
                } else {
                    error(key, "is a section", "an object in braces");
                }
            } else if (const auto* setting = one_segment ? find_setting(key) : nullptr; setting != nullptr) {
                if (auto value = from_json(*setting, *it, true)) {
                    set(key, std::move(*value), Origin::file);
                } else {
                    wrong_value(key, key, *setting);
                }
            } else if (one_segment && secret_setting(key) != nullptr) {
                error(key, "is a secret, and secrets are not written into the configuration",
                      "its file's path in " + key + "_file, or the environment variable " + environment_name(key));
            } else {
                unknown(key, key, false);
            }
        }
    }

    // -- the environment

    struct Variable {
        std::string name;
        const std::string* text;
        std::string key;
        const Setting* setting;
        bool secret;
    };

    /// The key a variable names, with the names of targets as the file spells them.
    std::string key_of(std::string_view variable) const {
        std::string key;
        for (std::size_t i = environment_prefix.size(); i < variable.size(); ++i) {
            if (variable.substr(i, 2) == "__") {
                key += '.';
                ++i;
            } else {
                key += static_cast<char>(std::tolower(static_cast<unsigned char>(variable[i])));
            }
        }
        auto segments = split_key(key);
        if (segments.size() < 2 || segments[0] != "targets") return key;
        for (const auto& name : targets_) {
            auto spelt = name;
            std::replace(spelt.begin(), spelt.end(), '-', '_');
            if (spelt == segments[1]) {
                return "targets." + name + key.substr("targets."sv.size() + segments[1].size());
            }
        }
        return key;
    }

    void read_environment() {
        for (const auto& [name, text] : input_.environment) {
            if (!name.starts_with(environment_prefix) || name == "MEDIATOR_CONFIG") continue;
            Variable variable{name, &text, key_of(name), nullptr, false};
            variable.setting = find_setting(variable.key);
            if (variable.setting == nullptr) {
                variable.setting = secret_setting(variable.key);
                variable.secret = variable.setting != nullptr;
            }
            const auto segments = split_key(variable.key);
            if (variable.setting != nullptr && segments[0] == "targets" && !is_chosen_name(segments[1])) {
                variable.setting = nullptr;
            }
            if (variable.setting == nullptr) {
                unknown(name, variable.key, true);
                continue;
            }
            if (segments[0] == "targets") targets_.emplace(segments[1]);
            pinned_.insert(variable.key);
            variables_.push_back(std::move(variable));
        }
    }

    void take_environment() {
        for (const auto& variable : variables_) {
            if (variable.secret) {
                if (variable.text->empty()) {
                    error(variable.name, "is empty", "the secret itself");
                    doubtful_.insert(variable.key);
                }
                secrets_[variable.key] = *variable.text;
            } else if (auto value = from_text(*variable.setting, *variable.text)) {
                set(variable.key, std::move(*value), Origin::environment);
            } else {
                wrong_value(variable.name, variable.key, *variable.setting);
            }
        }
    }

    // -- the OpenHIM console

    void take_console(const Json& console) {
        if (!console.is_object()) {
            error("OpenHIM configuration", "is not a JSON object", "an object of parameters");
            return;
        }
        for (auto it = console.begin(); it != console.end(); ++it) {
            auto key = it.key();
            for (auto at = key.find("__"); at != key.npos; at = key.find("__", at)) key.replace(at, 2, ".");
            const auto* setting = find_setting(key);
            if (setting == nullptr) {
                unknown(key, key, false);
            } else if (!setting->console()) {
                error(key, "cannot be changed from the OpenHIM console", "set it in the configuration file");
            } else if (it->is_null()) {
                continue;
            } else if (pinned_.contains(key)) {
                // Core keeps a parameter until a newer version is registered, so it may be none that was changed.
                outcome_.warnings.push_back({key,
                                             "is set by the environment: what the OpenHIM console says is not used",
                                             "unset " + environment_name(key) + " to change it there"});
            } else if (auto value = from_json(*setting, *it, false)) {
                set(key, std::move(*value), Origin::console);
            } else {
                wrong_value(key, key, *setting);
            }
        }
    }

    // -- everything together

    void add_default(const std::string& key, const Setting& setting) {
        if (setting.fallback == nullptr || values_.contains(key)) return;
        set(key, from_text(setting, setting.fallback).value(), Origin::fallback);
    }

    void add_defaults() {
        for (const auto& setting : settings()) {
            const auto star = setting.key.find('*');
            if (star == setting.key.npos) {
                add_default(std::string(setting.key), setting);
                continue;
            }
            for (const auto& name : targets_) {
                add_default(std::string(setting.key.substr(0, star)) + name + std::string(setting.key.substr(star + 1)),
                            setting);
            }
        }
        if (targets_.size() == 1 && !values_.contains("active_target") && !doubtful_.contains("active_target")) {
            set("active_target", *targets_.begin(), Origin::fallback);
        }
    }

    void resolve_files() {
        for (auto& [key, entry] : values_) {
            const auto& setting = *find_setting(key);
            const bool reads = setting.type == Type::path || setting.type == Type::secret_file;
            if (!reads && setting.type != Type::output_path) continue;
            auto& path = std::get<std::string>(entry.value);
            const bool relative = !path.starts_with('/') && !input_.folder.empty();
            if (relative) path.insert(0, input_.folder + "/");
            if (!reads) continue;
            if (setting.type == Type::secret_file && secrets_.contains(secret_key(key))) continue;
            const auto info = input_.files->info(path);
            if (!info.readable) {
                doubtful_.insert(key);
                error(key, "names a file that does not exist or cannot be read by this user",
                      allowed(setting) +
                          (relative ? " (without a / in front it starts at the configuration's folder)" : ""));
            } else if (setting.type == Type::secret_file) {
                read_secret(key, path, info);
            }
        }
    }

    void read_secret(const std::string& key, const std::string& path, const Files::Info& info) {
        auto content = input_.files->read_small(path);
        if (!content) {
            doubtful_.insert(key);
            error(key, "names a file that " + content.error().message, allowed(*find_setting(key)));
            return;
        }
        if (content->ends_with('\n')) content->pop_back();
        if (content->ends_with('\r')) content->pop_back();
        if (content->empty() || content->find_first_of("\r\n\0"sv) != std::string::npos) {
            doubtful_.insert(key);
            error(key, "names a file that is empty or has more than one line", allowed(*find_setting(key)));
            return;
        }
        if (info.readable_by_all) {
            outcome_.warnings.push_back({key, "names a file that every user of this machine can read",
                                         "take the permission away: chmod o= FILE"});
        }
        secrets_[secret_key(key)] = std::move(*content);
    }

    void finish() {
        if (broken_) {
            outcome_.warnings.clear();
            return;
        }
        auto config = std::make_shared<const Config>(std::move(values_), std::move(secrets_));
        check_together(*config, doubtful_, outcome_);
        if (outcome_.errors.empty()) outcome_.config = std::move(config);
    }

    const LoadInput& input_;
    LoadOutcome outcome_;
    std::map<std::string, Config::Entry> values_;
    std::map<std::string, std::string> secrets_;
    std::set<std::string> doubtful_;  // keys that have an error already
    std::set<std::string> pinned_;    // keys the environment sets
    std::set<std::string> targets_;
    std::vector<Variable> variables_;
    std::size_t suggestions_ = 0;
    bool broken_ = false;
};

}  // namespace

const Files& system_files() {
    static const SystemFiles files;
    return files;
}

LoadOutcome load(const LoadInput& input) {
    return Loader(input).run(nullptr);
}

LoadOutcome load(const LoadInput& input, const Json& console) {
    return Loader(input).run(&console);
}

Result<LoadInput> read_input(const std::string& file) {
    LoadInput out;
    out.name = file;
    out.folder = std::filesystem::path(file).parent_path().string();
    std::ifstream in(file, std::ios::binary);
    if (!in) return fail(ErrorCode::bad_request, "the configuration file cannot be opened", file);
    constexpr std::size_t longest = 4u << 20;
    out.text.resize(longest + 1);
    in.read(out.text.data(), static_cast<std::streamsize>(out.text.size()));
    out.text.resize(static_cast<std::size_t>(in.gcount()));
    if (in.bad()) return fail(ErrorCode::bad_request, "the configuration file cannot be read", file);
    if (out.text.size() > longest) return fail(ErrorCode::bad_request, "the configuration file is over 4 MiB", file);
    for (char** variable = environ; *variable != nullptr; ++variable) {
        const std::string_view assignment(*variable);
        const auto equals = assignment.find('=');
        if (equals == assignment.npos) continue;
        out.environment.emplace(assignment.substr(0, equals), assignment.substr(equals + 1));
    }
    return out;
}

}  // namespace ocm::config
