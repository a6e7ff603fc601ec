package io.millrace.sandbox.bench;

import io.millrace.common.batch.BatchSettings;
import io.millrace.common.config.Setting;
import io.millrace.common.config.SettingException;
import io.millrace.common.kafka.KafkaSettings;
import io.millrace.common.topics.TopicSettings;
import java.nio.file.Path;

/** What {@code millrace bench-seed} needs. */
public record SeedRunSettings(
        KafkaSettings kafka,
        TopicSettings topics,
        BatchSettings batch,

        @Setting(defaultValue = Setting.REQUIRED, help = "Prompts that the producer will be given")
        Path dataset,

        @Setting(
                defaultValue = "1000000",
                range = "1 to 100000000 groups",
                help = "Groups published and trained, a multiple of batch-groups")
        long settledGroups,

        @Setting(defaultValue = "100", range = "1 to 100000 steps", help = "Steps between two snapshots")
        int snapshotSteps) {
    public SeedRunSettings {
        if (settledGroups % batch.batchGroups() != 0) {
            throw SettingException.impossible(
                    "--settled-groups, --batch-groups",
                    settledGroups + " groups are no whole number of steps of " + batch.batchGroups());
        }
    }
}
