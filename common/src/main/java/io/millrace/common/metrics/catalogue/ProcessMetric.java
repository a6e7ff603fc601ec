package io.millrace.common.metrics.catalogue;

import static io.millrace.common.metrics.catalogue.Declared.counts;
import static io.millrace.common.metrics.catalogue.Declared.countsBytes;
import static io.millrace.common.metrics.catalogue.Declared.shows;
import static io.millrace.common.metrics.catalogue.Declared.showsBytes;

/** What more than one kind of process serves. */
public enum ProcessMetric implements OwnMetric {
    KAFKA_SENT(countsBytes("kafka.sent", "What a Kafka client of the process has sent to brokers", "client")),
    KAFKA_RECEIVED(countsBytes("kafka.received", "What a Kafka client has received from brokers", "client")),
    KAFKA_CONNECTIONS(shows("kafka.connections", "Connections to brokers that a Kafka client has now", "client")),
    BROKER_DISK_FREE(
            showsBytes("broker.disk.free", "Free on the disks that hold a broker's topics (producer)", "broker")),
    BROKER_DISK_SIZE(showsBytes("broker.disk.size", "Size of those disks (producer)", "broker")),
    TOPIC_SIZE(showsBytes(
            "topic.size",
            "What a topic of the run takes on the brokers' disks, copies counted in (producer)",
            "topic")),
    DELETIONS_FAILED(counts(
            "deletions.failed",
            "Deletions of records that the broker did not do, by topic: its disk fills (producer, trainer consumer)",
            "topic")),
    LAG_COMMITS_FAILED(counts(
            "lag.commits.failed",
            "Commits of lag offsets that the broker refused or left unanswered, by group: tools that read consumer lag show old figures, the run itself goes on (producer, trainer consumer)",
            "group")),
    ENGINE_REJECTED_REQUESTS(
            counts("engine.rejected.requests", "Requests that the stand-in engine turned away", "model_name"));

    @SuppressWarnings("ImmutableEnumChecker") // a record of immutable values
    private final MetricSpec spec;

    ProcessMetric(MetricSpec spec) {
        this.spec = spec;
    }

    @Override
    public MetricSpec spec() {
        return spec;
    }
}
