package io.millrace.producer;

import io.millrace.common.batch.BatchSettings;
import io.millrace.common.config.Setting;
import io.millrace.common.config.SettingException;
import io.millrace.common.http.OpsSettings;
import io.millrace.common.kafka.KafkaSettings;
import io.millrace.common.topics.TopicSettings;
import java.time.Duration;

/**
 * @param groupsMax 0 for no limit
 * @param brokerTimeout after it the process ends, since whoever started it can tell a dead broker from a slow one
 */
public record ProducerSettings(
        KafkaSettings kafka,
        TopicSettings topics,
        OpsSettings ops,
        BatchSettings batch,
        DataSetSettings data,
        SamplingSettings sampling,

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
                name = "broker-timeout",
                defaultValue = "2m",
                min = "1s",
                max = "10m",
                help = "How long the broker may not answer before the producer ends")
        Duration brokerTimeout,

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
