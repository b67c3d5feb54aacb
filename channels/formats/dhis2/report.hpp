// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/account.hpp"
#include "core/http_message.hpp"
#include "core/json.hpp"
#include "core/result.hpp"

#include <functional>
#include <string>
#include <string_view>

/// DHIS2's import report (external-systems.md 3.1), which is what whoever feeds tracker data knows to read:
///   {"status":"OK|WARNING|ERROR",
///    "stats":{"created","updated","ignored","deleted","total"},
///    "validationReport":{"errorReports":[{"message","errorCode","trackerType","uid","path"}],"warningReports":[...]},
///    "bundleReport":{"typeReportMap":{"TRACKED_ENTITY":{"trackerType","stats","objectReports":[
///      {"trackerType","uid","index","errorReports":[...],"notification":{"id","state","trackingId","status"},"ignored"}]}}}}
namespace ocm::dhis2 {

/// What became of one notification, or why there is none.
struct Told {
    std::string id, state, tracking_id, status_path;
};

class Report {
  public:
    Report() = default;
    /// A report that was written before; empty where the text is none.
    static Report parse(std::string_view text);

    void accepted(const std::string& uid, const Told& told, const Account& account);
    void ignored(const std::string& uid, const std::string& path, const std::string& why);
    void failed(const std::string& uid, const Error& error);

    /// Adds another report; its paths are put into the terms of this one by `in_whole`, its objects are at `index`.
    void add(const Report& part, std::size_t index, const std::function<std::string(std::string_view)>& in_whole);

    bool has_errors() const { return !errors_.empty(); }
    std::size_t created() const { return created_; }
    std::size_t ignored() const { return ignored_; }
    std::size_t failed() const { return failed_; }
    std::size_t total() const { return created_ + ignored_ + failed_; }

    Json to_json() const;

  private:
    struct Problem {
        std::string message, code, uid, path;
        Json to_json() const;
    };
    static std::vector<Problem> read_problems(const Json& list);
    static Json write(const std::vector<Problem>& list);

    std::vector<Problem> errors_, warnings_;
    std::vector<Json> objects_;
    std::size_t created_ = 0, ignored_ = 0, failed_ = 0;
};

/// A report of one failure, with the error's status and Retry-After.
HttpResponse refusal(const Error& error, const std::string& uid);

}  // namespace ocm::dhis2
