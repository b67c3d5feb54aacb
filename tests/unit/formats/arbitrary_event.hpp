// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "formats/vital_json/members.hpp"

#include <rapidcheck.h>

/// Events of every shape, made member by member from the same list the serialisation uses, so that a new member is
/// generated the day it is added.
namespace ocm::test {

template <class T>
rc::Gen<T> arbitrary();

struct Fill {
    template <class T>
    void operator()(const char*, T& to) {
        to = *arbitrary<T>();
    }
};

/// Text with what JSON has to escape and what takes more than a byte.
inline rc::Gen<std::string> arbitrary_text() {
    return rc::gen::map(rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(std::vector<std::string>{
                            "a", "Z", "7", " ", "é", "ñ", "𝔸", "\"", "\\", "/", "~", "\n", "\t", "\x01"})),
                        [](const std::vector<std::string>& parts) {
                            std::string out;
                            for (const auto& part : parts) out += part;
                            return out;
                        });
}

template <class T>
struct Arbitrary {
    static rc::Gen<T> make() {
        if constexpr (std::is_same_v<T, std::string>) {
            return arbitrary_text();
        } else if constexpr (std::is_same_v<T, VitalKind>) {
            return rc::gen::element(VitalKind::birth, VitalKind::death, VitalKind::fetal_death, VitalKind::marriage);
        } else if constexpr (std::is_arithmetic_v<T>) {
            return rc::gen::arbitrary<T>();
        } else {
            return rc::gen::exec([] {
                T value;
                Fill fill;
                vital_json::members(value, fill);
                return value;
            });
        }
    }
};
template <class T>
struct Arbitrary<std::vector<T>> {
    static rc::Gen<std::vector<T>> make() {
        return rc::gen::exec([] {
            std::vector<T> out;
            const auto size = *rc::gen::inRange<std::size_t>(0, 3);
            for (std::size_t i = 0; i < size; ++i) out.push_back(*arbitrary<T>());
            return out;
        });
    }
};
template <class T>
struct Arbitrary<std::optional<T>> {
    static rc::Gen<std::optional<T>> make() {
        return rc::gen::exec([]() -> std::optional<T> {
            const bool there = *rc::gen::arbitrary<bool>();
            if (!there) return std::nullopt;
            return *arbitrary<T>();
        });
    }
};
template <class T>
struct Arbitrary<std::map<std::string, T>> {
    static rc::Gen<std::map<std::string, T>> make() {
        return rc::gen::exec([] {
            std::map<std::string, T> out;
            const auto size = *rc::gen::inRange<std::size_t>(0, 3);
            for (std::size_t i = 0; i < size; ++i) out[*arbitrary<std::string>()] = *arbitrary<T>();
            return out;
        });
    }
};

template <class T>
rc::Gen<T> arbitrary() {
    return Arbitrary<T>::make();
}

}  // namespace ocm::test
