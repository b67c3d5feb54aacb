// SPDX-License-Identifier: MPL-2.0
#pragma once

#include "channels/notification/channel.hpp"
#include "core/ids.hpp"
#include "core/json.hpp"
#include "support/fakes/fakes.hpp"
#include "unit/formats/fixtures.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <memory>
#include <set>
#include <stdexcept>

/// The notification channel on fakes, with an OpenCRVS that keeps what it was sent.
namespace ocm::test {

using namespace ocm::fakes;

/// An OpenCRVS that keeps what it was sent, idempotent on the ids, and fails as told.
class FakeOpenCrvs {
  public:
    Task<Result<opencrvs::Sent>> notify(Exchange& exchange, const VitalEvent& event, opencrvs::NotifyIds ids) {
        EXPECT_TRUE(exchange.received()) << "nothing may be sent before it is recorded";
        ++calls;
        last = ids;
        events.push_back(event);
        while (closed) co_await take_turn();
        if (!failures.empty()) {
            auto error = failures.front();
            failures.pop_front();
            co_return fail(std::move(error));
        }
        const auto [record, created] = records_.try_emplace(ids.create, records_.size() + 1);
        record->second.notified.insert(ids.notify);
        opencrvs::Sent sent;
        sent.tracking_id = "TRK" + std::to_string(record->second.number);
        sent.event_id = "33333333-3333-4333-8333-33333333330" + std::to_string(record->second.number);
        sent.office_id = "0f51ce00-0000-4000-8000-000000000001";
        sent.pending = pending;
        sent.potential_duplicate = duplicate;
        sent.account.dropped.push_back({"child.nid", "the form has no place for it"});
        co_return sent;
    }
    Task<Result<Account>> preview(Exchange& exchange, const VitalEvent&) {
        EXPECT_TRUE(exchange.received());
        if (!failures.empty()) {
            auto error = failures.front();
            failures.pop_front();
            co_return fail(std::move(error));
        }
        Account account;
        account.dropped.push_back({"child.nid", "the form has no place for it"});
        co_return account;
    }
    std::size_t records() const { return records_.size(); }

    std::deque<Error> failures;
    bool closed = false;     // holds every notification until opened
    bool duplicate = false;  // it has one like it
    bool pending = false;    // the country configuration takes its time
    int calls = 0;
    opencrvs::NotifyIds last;
    std::vector<VitalEvent> events;

  private:
    struct Record {
        explicit Record(std::size_t n) : number(n) {}
        std::size_t number;
        std::set<std::string> notified;
    };
    std::map<std::string, Record> records_;
};

struct Given {
    Answer answer;
    std::string transaction;
    Json body() const { return parse_json(answer.response.body).value_or(Json()); }
    std::string message() const { return std::string(text_member(body(), "message")); }
    std::string tracking_id() const {
        const auto whole = body();
        const auto* entries = member(whole, "entry");
        if (entries == nullptr) return {};
        for (const auto& each : (*entries)[1]["resource"]["identifier"]) {
            const auto system = text_member(each, "system");
            if (system.ends_with("-tracking-id")) return std::string(text_member(each, "value"));
        }
        return {};
    }
};

class Notification : public testing::Test {
  protected:
    static Task<Given> through(Exchange& exchange, const Route& route, FakeStore& store, FakeClock& clock) {
        auto answer = co_await route.handler(exchange);
        Given given{answer, exchange.id()};
        store_ops::Unit unit;
        if (!exchange.received()) unit.emplace_back(exchange.receive_op(std::nullopt));
        unit.emplace_back(answer_op(exchange, answer, clock.now()));
        auto committed = co_await store.commit(std::move(unit));
        EXPECT_TRUE(committed);
        co_return given;
    }

    Exchange& open(std::string body, HttpHeaders headers = {{"Content-Type", "application/json"}},
                   const std::string& client_id = "c0ffee00-0000-4000-8000-00000000000c", std::string query = "") {
        HttpRequest request{"POST", path, path, std::move(query), std::move(headers), std::move(body), {}};
        Caller caller;
        caller.through = Caller::Through::direct;
        store_ops::Client client;
        client.id = client_id;
        client.name = "Hilltop hospital";
        client.on_outage = on_outage;
        client.contract_version = contract;
        caller.client = std::make_shared<const store_ops::Client>(std::move(client));
        exchanges_.push_back(std::make_unique<Exchange>(std::move(request), std::move(caller), "notification", path,
                                                        clock.steady() + std::chrono::seconds(30),
                                                        Ports{upstream, store, clock, ids}));
        return *exchanges_.back();
    }
    Given send(const Json& bundle, HttpHeaders headers = {{"Content-Type", "application/json"}},
               const std::string& client_id = "c0ffee00-0000-4000-8000-00000000000c") {
        return send_text(dump_json(bundle), std::move(headers), client_id);
    }
    Given dry_run(const Json& bundle, std::string query = "dry-run") {
        Runner runner;
        auto& exchange = open(dump_json(bundle), {{"Content-Type", "application/json"}},
                              "c0ffee00-0000-4000-8000-00000000000c", std::move(query));
        return runner.run(through(exchange, route(), store, clock));
    }
    Given send_text(std::string body, HttpHeaders headers = {{"Content-Type", "application/json"}},
                    const std::string& client_id = "c0ffee00-0000-4000-8000-00000000000c") {
        Runner runner;
        return runner.run(through(open(std::move(body), std::move(headers), client_id), route(), store, clock));
    }
    /// The route that posts go to.
    const Route& route() const { return route(path); }
    const Route& route(std::string_view pattern) const {
        for (const auto& each : channel.routes) {
            if (each.pattern == pattern) return each;
        }
        throw std::logic_error("there is no such route");
    }

    static Json birth() { return json_file(format_data() / "birth-full.json"); }

    std::string path = "/notification";
    FakeClock clock;
    FakeIds ids;
    FakeUpstream upstream;
    FakeStore store{clock};
    FakeOpenCrvs target;
    std::atomic<bool> hold{false};
    std::atomic<bool> park{false};
    std::vector<PlaceCode> unknown_places;  // that the next event names
    store_ops::OnOutage on_outage = store_ops::OnOutage::refuse;
    store_ops::ContractVersion contract = store_ops::ContractVersion::v1_8;
    notification::NotificationDeps deps() {
        notification::NotificationDeps out{
            [this](Exchange& exchange, const VitalEvent& event, opencrvs::NotifyIds upstream_ids) {
                return target.notify(exchange, event, std::move(upstream_ids));
            },
            [this](Exchange& exchange, const VitalEvent& event) { return target.preview(exchange, event); }, "main",
            hold};
        out.park = &park;
        out.unknown_places = [this](const VitalEvent&) { return unknown_places; };
        return out;
    }
    ChannelDefinition channel = notification::make_notification_channel(deps());

  private:
    std::vector<std::unique_ptr<Exchange>> exchanges_;
};

}  // namespace ocm::test
