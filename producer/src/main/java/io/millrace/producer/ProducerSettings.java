package io.millrace.producer;

import io.millrace.common.batch.BatchSettings;
import io.millrace.common.config.Setting;
import io.millrace.common.config.SettingException;
import io.millrace.common.http.OpsSettings;
import io.millrace.common.kafka.KafkaSettings;
import io.millrace.common.metrics.MetricsSettings;
import io.millrace.common.topics.TopicSettings;
import io.millrace.common.units.ByteSize;
import io.millrace.producer.scale.ScalingSettings;
import java.time.Duration;

/**
 */
public record ProducerSettings(
        KafkaSettings kafka,
        TopicSettings topics,
        OpsSettings ops,
        MetricsSettings metrics,
        BatchSettings batch,
        DataSetSettings data,
        SamplingSettings sampling,
        RecoverySettings recovery,
        ScalingSettings scaling,

        @Setting(
                defaultValue = "0",
                range = "0 or more groups",
                help = "Groups the run publishes in all, also over restarts; 0 for no limit")
        long groupsMax,

        @Setting(defaultValue = "256", range = "1 to 10000 groups", help = "Groups published in one transaction")
        int publishBatchMax,

        @Setting(
                defaultValue = "20000",
                range = "1 to 200000 groups",
                help = "Most prompts of one evaluation, over all its data sets; they are published in one transaction")
        int evalGroupsMax,

        @Setting(
                defaultValue = "64MiB",
                range = "64KiB to 1GiB",
                help =
                        "Most bytes of the prompts of one evaluation, over all its data sets, as they are held; an eighth"
                                + " of the heap where that is less; one that has more is refused")
        ByteSize evalBytesMax,

        @Setting(
                defaultValue = "30s",
                range = "1s to 10m",
                help =
                        "Longest wait for one answer of the broker; then the producer reads where it stands, and tries again")
        Duration brokerTimeout,

        @Setting(
                defaultValue = "30s",
                range = "100ms to 1h",
                help = "How often records of settled groups are deleted from prompts, prompts.urgent and receipts")
        Duration trimInterval,

        @Setting(defaultValue = "10s", range = "1s to 10m", help = "How long stopping may take")
        Duration stopTimeout) {
    public ProducerSettings {
        if (groupsMax > 0 && groupsMax < batch.batchGroups()) {
            throw SettingException.impossible(
                    "--groups-max, --batch-groups",
                    groupsMax + " groups in all never fill a step of " + batch.batchGroups());
        }
    }
}
