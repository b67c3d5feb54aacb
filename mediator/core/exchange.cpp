// SPDX-License-Identifier: MPL-2.0
#include "core/exchange.hpp"

#include "core/json.hpp"
#include "core/redact.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <stdexcept>
#include <utility>

namespace ocm {
namespace {

template <std::size_t N>
std::size_t index_of(std::string_view text, const std::array<std::string_view, N>& names) {
    for (std::size_t i = 0; i < N; ++i) {
        if (names[i] == text) return i;
    }
    return N;
}

constexpr std::array<std::string_view, 6> status_names{"Processing", "Pending Async",           "Successful",
                                                       "Completed",  "Completed with error(s)", "Failed"};
constexpr std::array<std::string_view, 4> kind_names{"event-notification", "record-search", "webhook", "national-id"};

bool worth_repeating(int status) {
    return status == 429 || status == 502 || status == 503 || status == 504;
}

Orchestration step_of(const UpstreamCall& call, int attempt, WallTime at) {
    Orchestration step;
    step.name = call.name;
    step.method = call.method;
    if (auto url = split_url(call.url)) {
        step.scheme = std::move(url->scheme);
        step.host = std::move(url->host);
        step.port = std::move(url->port);
        step.path = std::move(url->path);
        step.query = redact_query(url->query);
    }
    step.headers = redact_headers(call.headers);
    step.body = call.credentials ? redact_credentials_body(call.headers.get("content-type"), call.body) : call.body;
    step.at = at;
    step.attempt = attempt;
    step.key_id = call.key_id;
    return step;
}

void add_outcome(Orchestration& step, const UpstreamCall& call, const Result<UpstreamReply>& reply, WallTime at) {
    if (!reply) {
        step.error = reply.error();
        return;
    }
    Orchestration::Response response;
    response.status = reply->status;
    response.headers = redact_headers(reply->headers);
    response.body =
        call.credentials ? redact_credentials_body(reply->headers.get("content-type"), reply->body) : reply->body;
    response.at = at;
    step.response = std::move(response);
}

}  // namespace

std::string_view name(TransactionStatus status) {
    return status_names[static_cast<std::size_t>(status)];
}

std::optional<TransactionStatus> transaction_status(std::string_view text) {
    const auto i = index_of(text, status_names);
    return i == status_names.size() ? std::nullopt : std::optional(static_cast<TransactionStatus>(i));
}

TransactionStatus status_for(int http_status) {
    if (http_status >= 500) return TransactionStatus::failed;
    if (http_status >= 200 && http_status < 300) return TransactionStatus::successful;
    return TransactionStatus::completed;
}

namespace store_ops {

std::string_view name(ClientKind kind) {
    return kind_names[static_cast<std::size_t>(kind)];
}

std::optional<ClientKind> client_kind(std::string_view text) {
    const auto i = index_of(text, kind_names);
    return i == kind_names.size() ? std::nullopt : std::optional(static_cast<ClientKind>(i));
}

std::string_view name(OnOutage wish) {
    return wish == OnOutage::queue ? "queue" : "refuse";
}

std::optional<OnOutage> on_outage(std::string_view text) {
    if (text == name(OnOutage::queue)) return OnOutage::queue;
    if (text == name(OnOutage::refuse)) return OnOutage::refuse;
    return std::nullopt;
}

std::string_view name(ContractVersion version) {
    switch (version) {
        case ContractVersion::v1_3:
            return "1.3";
        case ContractVersion::v1_6:
            return "1.6";
        case ContractVersion::v1_8:
            break;
    }
    return "1.8";
}

std::optional<ContractVersion> contract_version(std::string_view text) {
    for (const auto version : {ContractVersion::v1_3, ContractVersion::v1_6, ContractVersion::v1_8}) {
        if (name(version) == text) return version;
    }
    return std::nullopt;
}

}  // namespace store_ops

Exchange::Exchange(HttpRequest request, Caller caller, std::string channel, std::string route, SteadyTime deadline,
                   Ports ports)
    : request_(std::move(request)),
      caller_(std::move(caller)),
      channel_(std::move(channel)),
      route_(std::move(route)),
      deadline_(deadline),
      ports_(ports),
      id_(ports.ids.next()),
      received_at_(ports.clock.now()) {}

Exchange::Exchange(std::string transaction, std::string channel, SteadyTime deadline, Ports ports)
    : channel_(std::move(channel)),
      deadline_(deadline),
      ports_(ports),
      id_(std::move(transaction)),
      received_at_(ports.clock.now()),
      received_(true) {}

std::string Exchange::openhim_transaction() const {
    if (caller_.through != Caller::Through::openhim) return {};
    return std::string(request_.headers.get("x-openhim-transactionid"));
}

std::string Exchange::openhim_parent() const {
    if (caller_.through != Caller::Through::openhim) return {};
    return std::string(request_.headers.get("parentid"));
}

store_ops::Receive Exchange::receive_op(std::optional<Claim> claim) const {
    store_ops::Receive op;
    op.transaction = id_;
    op.at = received_at_;
    op.channel = channel_;
    op.route = route_;
    op.method = request_.method;
    if (caller_.client) op.client = caller_.client->id;
    op.caller = caller_.through == Caller::Through::openhim ? "openhim" : "direct";
    op.openhim_transaction = openhim_transaction();
    op.openhim_parent = openhim_parent();
    op.parts.push_back({"request.target", redact_target(request_.target)});
    std::string headers;
    for (const auto& [field, value] : redact_headers(request_.headers)) {
        headers.append(field).append(": ").append(value).append("\r\n");
    }
    op.parts.push_back({"request.headers", std::move(headers)});
    if (keeps_bodies && !request_.body.empty()) op.parts.push_back({"request.body", request_.body});
    op.claim = std::move(claim);
    return op;
}

Task<Result<store_ops::UnitResult>> Exchange::receive(std::optional<Claim> claim) {
    store_ops::Unit unit;
    unit.emplace_back(receive_op(std::move(claim)));
    auto committed = co_await ports_.store.commit(std::move(unit));
    received_ = committed.has_value();
    co_return committed;
}

Task<HttpResponse> Exchange::run_part(HttpRequest part) {
    if (!part_runner) throw std::logic_error("a part of a message cannot hold parts");
    auto answered = co_await part_runner(*this, std::move(part));
    co_return answered;
}

void Exchange::note_part(const std::vector<Orchestration>& steps) {
    part_steps_.insert(part_steps_.end(), steps.begin(), steps.end());
}

std::vector<Orchestration> Exchange::take_steps() {
    auto steps = std::exchange(steps_, {});
    const auto of_parts = std::exchange(part_steps_, {});
    steps.insert(steps.end(), of_parts.begin(), of_parts.end());
    return steps;
}

Task<Result<UpstreamReply>> Exchange::call(SharedCall call, RetryPolicy policy) {
    if (!received_) co_return fail(ErrorCode::internal, "a call was made before the transaction was recorded");
    if (!call->repeatable && before_unrepeatable) {
        const auto before = std::exchange(before_unrepeatable, nullptr);
        auto known = co_await before();
        if (!known) co_return fail(known.error());
    }
    for (unsigned attempt = 1;; ++attempt) {
        auto step = step_of(*call, static_cast<int>(attempt), ports_.clock.now());
        const auto begun = ports_.clock.steady();
        auto reply = co_await ports_.upstream.send(call, deadline_);
        const auto now = ports_.clock.steady();
        step.took = std::chrono::duration_cast<Milliseconds>(now - begun);
        add_outcome(step, *call, reply, ports_.clock.now());
        steps_.push_back(std::move(step));

        const bool failed = !reply || worth_repeating(reply->status);
        if (!failed || (!reply && reply.error().code == ErrorCode::cancelled)) co_return reply;
        // Where no connection was made nothing was sent, so even a call that must not be repeated may be.
        const bool unsent = !reply && reply.error().code == ErrorCode::unavailable;
        const auto left = std::chrono::duration_cast<Milliseconds>(deadline_ - now);
        const auto wait = next_attempt(policy, attempt, call->repeatable || unsent, left, ports_.ids.random());
        if (!wait) co_return reply;
        const bool slept = co_await ports_.clock.sleep(*wait);
        if (!slept) co_return fail(ErrorCode::cancelled, "the work was cancelled");
    }
}

Task<Result<UpstreamReply>> Exchange::pass(UpstreamCall passed) {
    const auto call = std::make_shared<const UpstreamCall>(std::move(passed));
    auto step = step_of(*call, 1, ports_.clock.now());
    step.body.clear();
    const auto begun = ports_.clock.steady();
    auto reply = co_await ports_.upstream.send(call, deadline_);
    step.took = std::chrono::duration_cast<Milliseconds>(ports_.clock.steady() - begun);
    add_outcome(step, *call, reply, ports_.clock.now());
    if (step.response) step.response->body.clear();
    steps_.push_back(std::move(step));
    co_return reply;
}

}  // namespace ocm
