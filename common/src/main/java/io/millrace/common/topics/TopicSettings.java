package io.millrace.common.topics;

import io.millrace.common.config.Setting;
import io.millrace.common.id.RunId;
import io.millrace.common.units.ByteSize;

/**
 * The run and the form of its topics. Every process of a run gives the same values; each verifies them at start.
 */
public record TopicSettings(
        @Setting(defaultValue = Setting.REQUIRED, help = "Id of the training run; prefixes its topics")
        RunId run,

        @Setting(
                defaultValue = "4",
                range = "1 to 256 partitions",
                help = "Partitions of the results topic; fixed when the run's topics are made")
        int resultPartitions,

        @Setting(
                defaultValue = "1",
                range = "1 to 9 replicas",
                help = "Copies of each topic; 3 in production, min.insync.replicas is one less")
        int replicationFactor,

        @Setting(
                defaultValue = "16MiB",
                range = "64KiB to 512MiB",
                help = "Largest Kafka record; a larger group is split into parts")
        ByteSize recordSizeMax) {}
