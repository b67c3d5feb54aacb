# SPDX-License-Identifier: MPL-2.0
FROM debian:12-slim AS build
WORKDIR /src
COPY scripts/install-deps scripts/install-deps
RUN scripts/install-deps --build
COPY . .
RUN cmake --preset release -DOCM_TESTS=OFF -DOCM_BENCH=OFF \
  && cmake --build --preset release --target opencrvs-mediator \
  && strip -o /opencrvs-mediator build/release/bin/opencrvs-mediator

FROM debian:12-slim
RUN apt-get update \
  && apt-get install -y --no-install-recommends ca-certificates libcurl4 libsqlite3-0 libssl3 libspdlog1.10 libfmt9 libprometheus-cpp-core1.0 libzstd1 libsimdjson14 libjemalloc2 \
  && rm -rf /var/lib/apt/lists/* \
  && useradd --system --uid 10001 --home-dir /var/lib/opencrvs-mediator --create-home mediator
COPY --from=build /opencrvs-mediator /usr/bin/opencrvs-mediator
COPY config/countries /usr/share/opencrvs-mediator/countries
USER 10001
VOLUME /var/lib/opencrvs-mediator
EXPOSE 8480
HEALTHCHECK --interval=15s --timeout=5s --start-period=10s CMD ["opencrvs-mediator", "health"]
ENTRYPOINT ["opencrvs-mediator"]
CMD ["serve", "--config", "/etc/opencrvs-mediator/mediator.json"]
