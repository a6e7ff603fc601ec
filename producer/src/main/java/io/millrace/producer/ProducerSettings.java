package io.millrace.producer;

import io.millrace.common.batch.BatchSettings;
import io.millrace.common.config.ByteSize;
import io.millrace.common.config.Setting;
import io.millrace.common.config.SettingException;
import io.millrace.common.http.OpsSettings;
import io.millrace.common.kafka.KafkaSettings;
import io.millrace.common.topics.TopicSettings;
import java.time.Duration;

/**
 * @param groupsMax 0 for no limit
 * @param brokerTimeout after it a call counts as unanswered: what it came to is read from the topics, again and again
 *     until the broker is back
 */
public record ProducerSettings(
        KafkaSettings kafka,
        TopicSettings topics,
        OpsSettings ops,
        BatchSettings batch,
        DataSetSettings data,
        SamplingSettings sampling,
        RecoverySettings recovery,

        @Setting(
                name = "groups-max",
                defaultValue = "0",
                min = "0",
                unit = "groups",
                help = "Groups the run publishes in all, also over restarts; 0 for no limit")
        long groupsMax,

        @Setting(
                name = "publish-batch-max",
                defaultValue = "256",
                min = "1",
                max = "10000",
                unit = "groups",
                help = "Groups published in one transaction")
        int publishBatchMax,

        @Setting(
                name = "eval-groups-max",
                defaultValue = "20000",
                min = "1",
                max = "200000",
                unit = "groups",
                help = "Most prompts of one evaluation, over all its data sets; they are published in one transaction")
        int evalGroupsMax,

        @Setting(
                name = "eval-bytes-max",
                defaultValue = "64MiB",
                min = "64KiB",
                max = "1GiB",
                help =
                        "Most bytes of the prompts of one evaluation, over all its data sets, as they are held; an eighth"
                                + " of the heap where that is less; one that has more is refused")
        ByteSize evalBytesMax,

        @Setting(
                name = "broker-timeout",
                defaultValue = "30s",
                min = "1s",
                max = "10m",
                help =
                        "Longest wait for one answer of the broker; then the producer reads where it stands, and tries again")
        Duration brokerTimeout,

        @Setting(
                name = "trim-interval",
                defaultValue = "30s",
                min = "100ms",
                max = "1h",
                help = "How often records of settled groups are deleted from prompts, prompts.urgent and receipts")
        Duration trimInterval,

        @Setting(
                name = "stop-timeout",
                defaultValue = "10s",
                min = "1s",
                max = "10m",
                help = "How long stopping may take")
        Duration stopTimeout) {
    public ProducerSettings {
        if (groupsMax > 0 && groupsMax < batch.batchGroups()) {
            throw SettingException.impossible(
                    "--groups-max, --batch-groups",
                    groupsMax + " groups in all never fill a step of " + batch.batchGroups());
        }
    }
}
