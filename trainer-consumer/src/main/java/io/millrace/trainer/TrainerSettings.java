package io.millrace.trainer;

import io.millrace.common.batch.BatchSettings;
import io.millrace.common.config.Setting;
import io.millrace.common.config.SettingException;
import io.millrace.common.http.HttpDoorSettings;
import io.millrace.common.http.OpsSettings;
import io.millrace.common.json.ControlCodec;
import io.millrace.common.kafka.KafkaSettings;
import io.millrace.common.metrics.MetricsSettings;
import io.millrace.common.topics.TopicSettings;
import io.millrace.common.units.ByteSize;
import io.millrace.trainer.download.DownloadSettings;
import io.millrace.trainer.evaluate.EvaluationSettings;
import io.millrace.trainer.filter.FilterSettings;
import io.millrace.trainer.gate.GateSettings;
import io.millrace.trainer.page.PageSettings;
import io.millrace.trainer.policy.VersionSettings;
import io.millrace.trainer.session.RecoverySettings;
import java.time.Duration;
import java.util.List;

/** All settings of the trainer consumer. */
public record TrainerSettings(
        TopicSettings topics,
        KafkaSettings kafka,
        BatchSettings batch,
        GateSettings gate,
        FilterSettings filters,
        RecoverySettings recovery,
        VersionSettings versions,
        EvaluationSettings evaluations,

        @Setting(
                defaultValue = "1",
                range = "0 to 16 steps",
                help =
                        "Steps that a trainer may lease by their number while older ones are leased and not acknowledged;"
                                + " it acknowledges them in order")
        int leaseAhead,

        @Setting(
                name = "trainer-host",
                defaultValue = "127.0.0.1",
                help = "Address that the trainer's API, metrics, health and status are served on; 0.0.0.0 in a"
                        + " container")
        String host,

        @Setting(
                name = "trainer-port",
                defaultValue = "9400",
                range = "0 to 65535",
                help = "Port of the trainer's API, metrics, health and status; 0 takes a free one and logs it")
        int port,

        @Setting(
                defaultValue = "30s",
                range = "2s to 1h",
                help =
                        "How long a process that cannot do its job, for want of the broker or of an engine, still answers"
                                + " 200 at /health/ready; waiting for work is no such thing")
        Duration readyTimeout,

        @Setting(
                defaultValue = "512MiB",
                range = "0 to 64GiB",
                help = "Finished groups kept in memory; above it they are read again when a step is handed over")
        ByteSize payloadMemoryMax,

        @Setting(
                defaultValue = "256MiB",
                range = "64KiB to 64GiB",
                help = "Parts of large groups kept until their group is whole; at least the size of the largest group")
        ByteSize partsMemoryMax,

        @Setting(
                defaultValue = "32",
                range = "1 to 10000000 groups",
                help = "Most groups given up in a row, none finished in between; past it the trainer is told and the"
                        + " process ends")
        int maxConsecutiveAbandoned,

        @Setting(defaultValue = "10s", range = "1s to 10m", help = "Longest time a clean stop may take")
        Duration stopTimeout,

        @Setting(defaultValue = "30s", range = "1s to 10m", help = "Longest wait for an answer of the broker")
        Duration brokerTimeout,

        @Setting(
                defaultValue = "10m",
                range = "1s to 24h",
                help = "Time that a weight update or a pause may take; past it health, status and log warn")
        Duration updateLimit,

        HttpDoorSettings door,
        PageSettings page,
        DownloadSettings downloads,
        MetricsSettings metrics) {
    /** An entry of a lease's manifest is smaller, unless its group came in many parts. */
    private static final int MANIFEST_ENTRY_BYTES = 200;

    public TrainerSettings {
        gate.gate(batch);
        filters.chain(batch, List.of());
        if (partsMemoryMax.compareTo(topics.recordSizeMax()) < 0) {
            throw SettingException.impossible(
                    "--parts-memory-max and --record-size-max",
                    "parts of " + topics.recordSizeMax() + " never become whole in a memory of " + partsMemoryMax
                            + ", so parts-memory-max must be at least record-size-max");
        }
        long leaseBytes = (long) batch.batchGroups() * MANIFEST_ENTRY_BYTES;
        long limitBytes = Math.min(topics.recordSizeMax().bytes(), ControlCodec.BYTES_MAX);
        if (leaseBytes > limitBytes) {
            throw SettingException.impossible(
                    "--batch-groups and --record-size-max",
                    "the lease of a step of " + batch.batchGroups() + " groups takes up to " + leaseBytes
                            + " bytes and a control record at most " + limitBytes + ", so batch-groups must be at most "
                            + limitBytes / MANIFEST_ENTRY_BYTES);
        }
    }

    /** The server's address in the form all processes share. */
    public OpsSettings ops() {
        return new OpsSettings(host, port, readyTimeout, door);
    }
}
