package io.millrace.sandbox.broker;

import io.millrace.common.config.Setting;
import java.nio.file.Path;

/**
 * @param kafkaHost address to listen on and to tell clients
 * @param kafkaPort 0 for any free one
 * @param dataDir where the log stands
 * @param keepData whether it is still there after the end
 */
public record BrokerSettings(
        @Setting(
                name = "kafka-host",
                defaultValue = "127.0.0.1",
                help = "Address the broker listens on and tells its clients")
        String kafkaHost,

        @Setting(
                name = "kafka-port",
                defaultValue = "9092",
                min = "0",
                max = "65535",
                help = "Port for clients; 0 takes a free one and logs it")
        int kafkaPort,

        @Setting(name = "data-dir", defaultValue = ".millrace/broker", help = "Folder of the broker's log")
        Path dataDir,

        @Setting(
                name = "keep-data",
                defaultValue = "true",
                help = "Keep the data folder, so that the next start goes on with it; false empties it at start and at"
                        + " the end")
        boolean keepData) {}
