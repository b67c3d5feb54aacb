// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "core/ids.hpp"
#include "core/io_pool.hpp"
#include "store/store.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <chrono>
#include <filesystem>
#include <stdlib.h>
#include <string>
#include <utility>

namespace ocm::test {

inline WallTime wall_now() {
    return std::chrono::floor<Milliseconds>(std::chrono::system_clock::now());
}

inline std::string new_id() {
    return uuid_v7(wall_now());
}

/// A folder that goes with the test.
class TemporaryFolder {
  public:
    TemporaryFolder() {
        std::string pattern = (std::filesystem::temp_directory_path() / "ocm-store-XXXXXX").string();
        path_ = ::mkdtemp(pattern.data());
    }
    ~TemporaryFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    std::string file(const std::string& name) const { return (path_ / name).string(); }

  private:
    std::filesystem::path path_;
};

/// Runs one coroutine to its end on a context of its own.
template <class T>
T run(Task<T> task) {
    boost::asio::io_context context(1);
    auto result = boost::asio::co_spawn(context, std::move(task), boost::asio::use_future);
    context.run();
    return result.get();
}

inline store_ops::Receive receive(const std::string& id, std::string body = "{\"name\":\"Invented\"}") {
    store_ops::Receive op;
    op.transaction = id;
    op.at = wall_now();
    op.channel = "notification";
    op.route = "/notification";
    op.method = "POST";
    op.client = "6a8f2f0e-1c7b-4f0a-9d61-0f7f3f1a2b3c";
    op.caller = "direct";
    op.parts = {{"request.target", "/notification"}, {"request.body", std::move(body)}};
    return op;
}

inline store_ops::Answer answer(const std::string& id, int http_status = 201, std::string body = "{\"ok\":true}") {
    store_ops::Answer op;
    op.transaction = id;
    op.at = wall_now();
    op.http_status = http_status;
    op.status = status_for(http_status);
    op.parts = {{"response.body", std::move(body)}, {"response.content_type", "application/fhir+json"}};
    return op;
}

inline store_ops::Attempt attempt(const std::string& id) {
    store_ops::Attempt op;
    op.transaction = id;
    op.step.name = "Create event";
    op.step.method = "POST";
    op.step.scheme = "http";
    op.step.host = "gateway";
    op.step.port = "7070";
    op.step.path = "/events";
    op.step.headers = {{"content-type", "application/json"}};
    op.step.body = "{\"child\":\"Invented\"}";
    op.step.at = wall_now();
    op.step.took = Milliseconds(12);
    op.step.response =
        Orchestration::Response{200, {{"content-type", "application/json"}}, "{\"id\":\"e1\"}", op.step.at};
    return op;
}

inline store_ops::Enqueue enqueue(const std::string& transaction, const std::string& client = "clinic",
                                  std::string delivery = new_id()) {
    store_ops::Enqueue op;
    op.delivery = std::move(delivery);
    op.transaction = transaction;
    op.at = wall_now();
    op.kind = "notification";
    op.destination = "opencrvs";
    op.client = client;
    op.due = op.at;
    op.payload = "{\"event\":1}";
    return op;
}

/// Everything of a transaction in one unit.
inline store_ops::Unit whole_transaction(const std::string& id) {
    store_ops::Unit unit;
    unit.emplace_back(receive(id));
    unit.emplace_back(attempt(id));
    unit.emplace_back(answer(id));
    return unit;
}

inline store_ops::Unit unit_of(store_ops::Op op) {
    store_ops::Unit unit;
    unit.emplace_back(std::move(op));
    return unit;
}

inline Claim claim(std::string key, std::string content, KeyKind kind = KeyKind::document) {
    Claim made;
    made.client = "clinic";
    made.format = "opencrvs-1";
    made.kind = kind;
    made.key = std::move(key);
    made.content_sha256 = std::move(content);
    made.subject = {"person-a", "2026-01-15", "parent-a", "female", false};
    return made;
}

inline store_ops::Receive receive_with(const std::string& id, Claim made) {
    auto op = receive(id);
    op.claim = std::move(made);
    return op;
}

inline store_ops::Answer settle(const std::string& id, ClaimState state, int http_status = 201) {
    auto op = answer(id, http_status);
    op.claim = state;
    return op;
}

}  // namespace ocm::test
