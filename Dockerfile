# One target per process: docker build --target worker . The jars are built inside, so a host needs only Docker.
# What changes least comes first: the JRE, other people's jars, our own, the ahead-of-time cache.
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
# What Error Prone and NullAway have to say is asked where the tests are; here it would double the time.
RUN --mount=type=cache,target=/root/.m2 \
    mvn -q -B -ntp -Dmaven.test.skip -Dspotless.check.skip -Derrorprone.args=-XepDisableAllChecks -Dnullaway.args= package
COPY scripts/container-jars /usr/local/bin/
RUN container-jars /src /images

FROM eclipse-temurin:25-jre AS base
RUN groupadd --system --gid 10001 millrace && \
    useradd --system --uid 10001 --gid millrace --home-dir /opt/millrace --shell /usr/sbin/nologin millrace
WORKDIR /opt/millrace
COPY --chmod=755 scripts/container-entry scripts/container-health /usr/local/bin/

# A short run of every process, on the JRE that they will have: what it loads and links is what a start takes.
FROM base AS trained
COPY --chmod=755 scripts/container-train /usr/local/bin/
RUN --mount=type=bind,from=build,source=/images,target=/images \
    --mount=type=bind,source=sandbox/data,target=/data \
    container-train /images /data/math-problems.jsonl /trained

FROM base AS role
# Of the container's memory limit. What unpacks native code does it into the one folder that may be written.
ENV JAVA_MEMORY="-XX:MaxRAMPercentage=60 -XX:InitialRAMPercentage=10" DJL_CACHE_DIR=/tmp/djl
EXPOSE 9400
HEALTHCHECK --interval=15s --timeout=4s --start-period=60s --start-interval=1s --retries=3 CMD ["container-health"]
ENTRYPOINT ["container-entry"]

# Inside a container the endpoints listen on every address; compose decides what is published.
FROM role AS producer
COPY --from=build /images/producer/third lib/
COPY --from=build /images/producer/own lib/
COPY --from=trained /trained/producer.aot millrace.aot
ENV MILLRACE_OPS_HOST=0.0.0.0 MILLRACE_OPS_PORT=9400 JAVA_MAIN=io.millrace.producer.ProducerMain
USER millrace

FROM role AS worker
COPY --from=build /images/generator-worker/third lib/
COPY --from=build /images/generator-worker/own lib/
COPY --from=trained /trained/generator-worker.aot millrace.aot
ENV MILLRACE_OPS_HOST=0.0.0.0 MILLRACE_OPS_PORT=9400 JAVA_MAIN=io.millrace.worker.WorkerMain
USER millrace

FROM role AS trainer
COPY --from=build /images/trainer-consumer/third lib/
COPY --from=build /images/trainer-consumer/own lib/
COPY --from=trained /trained/trainer-consumer.aot millrace.aot
ENV MILLRACE_TRAINER_HOST=0.0.0.0 MILLRACE_TRAINER_PORT=9400 JAVA_MAIN=io.millrace.trainer.TrainerMain
USER millrace

# The operators' commands: topics, lag, peek, audit, replay. They end; nothing is served.
FROM role AS ops
COPY --from=build /images/ops/third lib/
COPY --from=build /images/ops/own lib/
COPY --from=trained /trained/ops.aot millrace.aot
ENV JAVA_MAIN=io.millrace.ops.OpsMain
HEALTHCHECK NONE
USER millrace

# The stand-in engine and the simulated trainer, and with them every command.
FROM role AS sandbox
COPY --from=build /images/sandbox/third lib/
COPY sandbox/data data/
COPY --from=build /images/sandbox/own lib/
COPY --from=trained /trained/sandbox.aot millrace.aot
ENV JAVA_MAIN=io.millrace.sandbox.cli.MillraceMain
USER millrace
