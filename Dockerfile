# One target per process: docker build --target worker . The jars are built inside, so a host needs only Docker.
FROM eclipse-temurin:25-jdk AS build
RUN apt-get update && apt-get install -y --no-install-recommends maven && rm -rf /var/lib/apt/lists/*
WORKDIR /src
# The poms first: while they stay the same, the dependencies come from this layer.
COPY .mvn .mvn
COPY pom.xml ./
COPY common/pom.xml common/
COPY producer/pom.xml producer/
COPY generator-worker/pom.xml generator-worker/
COPY trainer-consumer/pom.xml trainer-consumer/
COPY ops/pom.xml ops/
COPY sandbox/pom.xml sandbox/
COPY common/src/main common/src/main
COPY producer/src/main producer/src/main
COPY generator-worker/src/main generator-worker/src/main
COPY trainer-consumer/src/main trainer-consumer/src/main
COPY ops/src/main ops/src/main
COPY sandbox/src/main sandbox/src/main
RUN --mount=type=cache,target=/root/.m2 \
    mvn -q -B -ntp -Dmaven.test.skip -Dspotless.check.skip package && \
    for module in producer generator-worker trainer-consumer ops sandbox; do \
        cp "$module/target/millrace-$module.jar" "$module/target/lib/"; \
    done

FROM eclipse-temurin:25-jre AS base
RUN groupadd --system --gid 10001 millrace && \
    useradd --system --uid 10001 --gid millrace --home-dir /opt/millrace --shell /usr/sbin/nologin millrace
WORKDIR /opt/millrace
COPY --chmod=755 scripts/container-entry scripts/container-health /usr/local/bin/
ENV JAVA_MEMORY=-XX:MaxRAMPercentage=70
USER millrace
EXPOSE 9400
HEALTHCHECK --interval=5s --timeout=4s --start-period=60s --retries=6 CMD ["container-health"]
ENTRYPOINT ["container-entry"]

# Inside a container the endpoints listen on every address; compose decides what is published.
FROM base AS producer
COPY --from=build /src/producer/target/lib lib/
ENV MILLRACE_OPS_HOST=0.0.0.0 MILLRACE_OPS_PORT=9400 JAVA_MAIN=io.millrace.producer.ProducerMain

FROM base AS worker
COPY --from=build /src/generator-worker/target/lib lib/
ENV MILLRACE_OPS_HOST=0.0.0.0 MILLRACE_OPS_PORT=9400 JAVA_MAIN=io.millrace.worker.WorkerMain

FROM base AS trainer
COPY --from=build /src/trainer-consumer/target/lib lib/
ENV MILLRACE_TRAINER_HOST=0.0.0.0 MILLRACE_TRAINER_PORT=9400 JAVA_MAIN=io.millrace.trainer.TrainerMain

# The operators' commands: topics, lag, peek, audit, replay. They end; nothing is served.
FROM base AS ops
COPY --from=build /src/ops/target/lib lib/
ENV JAVA_MAIN=io.millrace.ops.OpsMain
HEALTHCHECK NONE

# The stand-in engine and the simulated trainer, and with them every command.
FROM base AS sandbox
COPY --from=build /src/sandbox/target/lib lib/
COPY sandbox/data data/
ENV JAVA_MAIN=io.millrace.sandbox.cli.MillraceMain
