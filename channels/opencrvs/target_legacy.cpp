// SPDX-License-Identifier: MPL-2.0
// Notifying OpenCRVS 1.3 to 1.8: one document in one call, which must not be repeated blindly (opencrvs.md 2.4, ADR
// 11).
#include "channels/opencrvs/legacy_answers.hpp"
#include "channels/opencrvs/target_interface.hpp"
#include "channels/opencrvs/write_v1.hpp"

namespace ocm::opencrvs {
namespace {

class PreparedDocument final : public Prepared {
  public:
    PreparedDocument(const TargetOptions& options, const Version& version, TokenSource& tokens, WrittenDocument written)
        : options_(options), version_(version), tokens_(tokens), written_(std::move(written)) {
        account = std::move(written_.account);
    }

    Task<Result<Sent>> send(Way& way) override {
        UpstreamCall call;
        call.name = "Notify";
        call.method = "POST";
        call.url = options_.gateway_url + std::string(version_.notify_path);
        call.headers.add("Content-Type", "application/json");
        call.headers.add("Accept", "application/json");
        call.body = std::move(written_.body);
        call.timeout = options_.timeout;
        call.repeatable = false;
        auto reply = co_await send_authorized(way, tokens_, std::move(call));
        if (!reply) co_return fail(settled(reply.error()));
        auto taken = read_legacy_answer(*reply, version_, options_.name);
        if (!taken) co_return fail(settled(taken.error()));
        Sent out;
        out.event_id = std::move(taken->record_id);
        out.tracking_id = std::move(taken->tracking_id);
        out.office_id = std::move(written_.office_id);
        out.account = std::move(account);
        out.potential_duplicate = taken->potential_duplicate;
        if (taken->potential_duplicate) {
            out.account.warnings.push_back(
                {"", "OpenCRVS holds a record that may be of the same event, and marked both"});
        }
        co_return out;
    }

  private:
    /// What is unclear stays so, or is sent again, as the administrator has chosen.
    Error settled(Error error) const {
        if (error.code != ErrorCode::target_timeout) return unreachable(std::move(error));
        if (options_.after_unclear == AfterUnclear::resend) {
            error.message += "; it is sent again, because targets." + options_.name + ".after_unclear says so";
            return unreachable(std::move(error));
        }
        error.message +=
            "; look it up in OpenCRVS: where it is not there, retry the delivery, else resolve it with its tracking id";
        return error;
    }

    const TargetOptions& options_;
    const Version& version_;
    TokenSource& tokens_;
    WrittenDocument written_;
};

class LegacyInterface final : public Interface {
  public:
    LegacyInterface(const TargetOptions& options, const Version& version, const CountryMap& map, TokenSource& tokens)
        : options_(options), version_(version), map_(map), tokens_(tokens) {}

    Result<std::unique_ptr<Prepared>> prepare(const Snapshot& snapshot, const VitalEvent& event, const NotifyIds& ids,
                                              WallTime now) const override {
        auto written = write_document(event, version_, map_.country, snapshot.places, ids.create, now);
        if (!written) return fail(written.error());
        return std::make_unique<PreparedDocument>(options_, version_, tokens_, std::move(*written));
    }

  private:
    const TargetOptions& options_;
    const Version& version_;
    const CountryMap& map_;
    TokenSource& tokens_;
};

}  // namespace

std::unique_ptr<Interface> legacy_interface(const TargetOptions& options, const Version& version, const CountryMap& map,
                                            TokenSource& tokens) {
    return std::make_unique<LegacyInterface>(options, version, map, tokens);
}

}  // namespace ocm::opencrvs
