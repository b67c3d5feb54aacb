// SPDX-License-Identifier: MPL-2.0
#include "formats/dhis2/report.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>

namespace ocm::dhis2 {
namespace {

constexpr const char* entity_type = "TRACKED_ENTITY";

std::string type_of(std::string_view path) {
    if (path.find("/events/") != path.npos) return "EVENT";
    if (path.find("/enrollments/") != path.npos) return "ENROLLMENT";
    return entity_type;
}

std::string code_of(const Error& error) {
    std::string out(name(error.code));
    std::transform(out.begin(), out.end(), out.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return out;
}

std::string message_of(const Error& error) {
    return error.code == ErrorCode::internal ? "an internal error occurred" : error.message;
}

std::string copy(const Json& node, const char* key) {
    return std::string(text_member(node, key));
}

}  // namespace

Json Report::Problem::to_json() const {
    Json out{{"message", message}, {"errorCode", code}, {"trackerType", type_of(path)}};
    if (!uid.empty()) out["uid"] = uid;
    if (!path.empty()) out["path"] = path;
    return out;
}

std::vector<Report::Problem> Report::read_problems(const Json& list) {
    std::vector<Problem> out;
    for (const auto& each : list) {
        out.push_back({copy(each, "message"), copy(each, "errorCode"), copy(each, "uid"), copy(each, "path")});
    }
    return out;
}

Json Report::write(const std::vector<Problem>& list) {
    auto out = Json::array();
    for (const auto& each : list) out.push_back(each.to_json());
    return out;
}

Report Report::parse(std::string_view text) {
    Report out;
    const auto json = parse_json(text);
    if (!json) return out;
    const auto* validation = member(*json, "validationReport");
    const auto* bundle = member(*json, "bundleReport");
    const auto* types = bundle == nullptr ? nullptr : member(*bundle, "typeReportMap");
    const auto* type = types == nullptr ? nullptr : member(*types, entity_type);
    const auto* objects = type == nullptr ? nullptr : member(*type, "objectReports");
    if (validation == nullptr || objects == nullptr) return out;
    if (const auto* errors = member(*validation, "errorReports")) out.errors_ = read_problems(*errors);
    if (const auto* warnings = member(*validation, "warningReports")) out.warnings_ = read_problems(*warnings);
    for (const auto& object : *objects) {
        if (member(object, "notification") != nullptr) {
            ++out.created_;
        } else if (member(object, "ignored") != nullptr) {
            ++out.ignored_;
        } else {
            ++out.failed_;
        }
        out.objects_.push_back(object);
    }
    return out;
}

void Report::accepted(const std::string& uid, const Told& told, const Account& account) {
    for (const auto* notes : {&account.warnings, &account.dropped, &account.recoded}) {
        const auto* code = notes == &account.dropped ? "DROPPED" : notes == &account.recoded ? "RECODED" : "WARNING";
        for (const auto& note : *notes) warnings_.push_back({note.why, code, uid, note.path});
    }
    Json notification{{"state", told.state}};
    if (!told.id.empty()) notification["id"] = told.id;
    if (!told.tracking_id.empty()) notification["trackingId"] = told.tracking_id;
    if (!told.status_path.empty()) notification["status"] = told.status_path;
    objects_.push_back({{"trackerType", entity_type},
                        {"uid", uid},
                        {"index", 0},
                        {"errorReports", Json::array()},
                        {"notification", std::move(notification)}});
    ++created_;
}

void Report::ignored(const std::string& uid, const std::string& path, const std::string& why) {
    objects_.push_back({{"trackerType", entity_type},
                        {"uid", uid},
                        {"index", 0},
                        {"errorReports", Json::array()},
                        {"ignored", {{"path", path}, {"why", why}}}});
    ++ignored_;
}

void Report::failed(const std::string& uid, const Error& error) {
    const Problem problem{message_of(error), code_of(error), uid, error.path};
    Json object{{"trackerType", entity_type}, {"index", 0}, {"errorReports", Json::array({problem.to_json()})}};
    if (!uid.empty()) object["uid"] = uid;
    objects_.push_back(std::move(object));
    errors_.push_back(problem);
    ++failed_;
}

void Report::add(const Report& part, std::size_t index, const std::function<std::string(std::string_view)>& in_whole) {
    const auto append = [&](std::vector<Problem>& to, const std::vector<Problem>& from) {
        for (auto problem : from) {
            problem.path = in_whole(problem.path);
            to.push_back(std::move(problem));
        }
    };
    append(errors_, part.errors_);
    append(warnings_, part.warnings_);
    for (auto object : part.objects_) {
        object["index"] = index;
        auto errors = read_problems(object["errorReports"]);
        for (auto& problem : errors) problem.path = in_whole(problem.path);
        object["errorReports"] = write(errors);
        objects_.push_back(std::move(object));
    }
    created_ += part.created_;
    ignored_ += part.ignored_;
    failed_ += part.failed_;
}

Json Report::to_json() const {
    const Json stats{{"created", created_},
                     {"updated", 0},
                     {"ignored", ignored_ + failed_},
                     {"deleted", 0},
                     {"total", created_ + ignored_ + failed_}};
    Json out;
    out["status"] = !errors_.empty() ? "ERROR" : !warnings_.empty() ? "WARNING" : "OK";
    out["stats"] = stats;
    out["validationReport"] = {{"errorReports", write(errors_)}, {"warningReports", write(warnings_)}};
    out["bundleReport"] = {
        {"typeReportMap",
         {{entity_type, {{"trackerType", entity_type}, {"stats", stats}, {"objectReports", objects_}}}}}};
    return out;
}

HttpResponse refusal(const Error& error, const std::string& uid) {
    Report report;
    report.failed(uid, error);
    auto response = json_response(http_status(error.code), dump_json(report.to_json()));
    if (error.retry_after) response.headers.set("Retry-After", std::to_string(error.retry_after->count()));
    return response;
}

}  // namespace ocm::dhis2
