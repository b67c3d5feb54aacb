// SPDX-License-Identifier: MPL-2.0
#include "core/csv.hpp"

#include "core/envelope.hpp"

#include <algorithm>
#include <utility>

namespace ocm {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

char separator_of(std::string_view text) {
    const auto first = text.substr(0, text.find_first_of("\r\n"));
    return first.find(',') == std::string_view::npos && first.find(';') != std::string_view::npos ? ';' : ',';
}

class Parser {
  public:
    explicit Parser(std::string_view text) : text_(text), separator_(separator_of(text)) {}

    Csv run() {
        while (at_ < text_.size()) row();
        return std::move(out_);
    }

  private:
    bool done() const { return at_ >= text_.size(); }
    bool at_break() const { return !done() && (text_[at_] == '\r' || text_[at_] == '\n'); }

    void pass_break() {
        if (text_[at_] == '\r' && at_ + 1 < text_.size() && text_[at_ + 1] == '\n') ++at_;
        ++at_;
        ++line_;
    }

    void row() {
        CsvRow row{line_, {}};
        std::string wrong;
        for (;;) {
            row.cells.push_back(cell(wrong));
            if (done() || text_[at_] != separator_) break;
            ++at_;
        }
        if (at_break()) pass_break();
        const bool blank = row.cells.size() == 1 && row.cells.front().empty();
        if (wrong.empty() && std::any_of(row.cells.begin(), row.cells.end(),
                                         [](const std::string& text) { return valid_utf8(text) != text; }))
            wrong = "is not UTF-8 text: save the file as UTF-8";
        if (!wrong.empty())
            out_.problems.push_back({row.line, std::move(wrong)});
        else if (!blank)
            out_.rows.push_back(std::move(row));
    }

    std::string cell(std::string& wrong) {
        if (!done() && text_[at_] == '"') return quoted(wrong);
        return bare(wrong);
    }

    std::string bare(std::string& wrong) {
        std::string out;
        for (; !done() && text_[at_] != separator_ && !at_break(); ++at_) {
            if (text_[at_] == '"' && wrong.empty()) wrong = "has a quote within a cell that is not quoted";
            out += text_[at_];
        }
        return out;
    }

    std::string quoted(std::string& wrong) {
        std::string out;
        ++at_;
        for (;;) {
            if (done()) {
                wrong = "has a quote that is not closed";
                return out;
            }
            if (text_[at_] == '"') {
                ++at_;
                if (done() || text_[at_] != '"') break;
            }
            if (at_break()) {
                const auto from = at_;
                pass_break();
                out += text_.substr(from, at_ - from);
                continue;
            }
            out += text_[at_++];
        }
        if (done() || text_[at_] == separator_ || at_break()) return out;
        if (wrong.empty()) wrong = "has text after a closing quote";
        std::string ignored;
        bare(ignored);
        return out;
    }

    std::string_view text_;
    char separator_;
    std::size_t at_ = 0;
    std::size_t line_ = 1;
    Csv out_;
};

}  // namespace

Csv read_csv(std::string_view text) {
    if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
    return Parser(text).run();
}

bool looks_like_formula(std::string_view cell) {
    constexpr std::string_view starts = "=+-@\t\r";
    return !cell.empty() && starts.find(cell.front()) != std::string_view::npos;
}

std::string unescaped(std::string cell) {
    if (cell.size() > 1 && cell.front() == '\'' && looks_like_formula(std::string_view(cell).substr(1)))
        cell.erase(0, 1);
    return cell;
}

std::string csv_line(const std::vector<std::string>& cells) {
    std::string out;
    for (const auto& each : cells) {
        if (&each != &cells.front()) out += ',';
        const auto text = looks_like_formula(each) ? "'" + each : each;
        if (text.find_first_of(",;\"\r\n") == std::string::npos) {
            out += text;
            continue;
        }
        out += '"';
        for (const char c : text) {
            if (c == '"') out += '"';
            out += c;
        }
        out += '"';
    }
    return out + "\r\n";
}

}  // namespace ocm
