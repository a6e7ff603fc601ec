package io.millrace.producer;

import io.millrace.common.config.Setting;
import io.millrace.common.config.SettingException;
import io.millrace.producer.ledger.RecoveryLimits;
import java.time.Duration;

/** When an attempt counts as over, and when its group is given up. */
public record RecoverySettings(
        @Setting(
                defaultValue = "10s",
                range = "5s to 10m",
                help = "How long no live worker may name a claimed group before its attempt counts as lost")
        Duration workerTimeout,

        @Setting(
                defaultValue = "2s",
                range = "100ms to 1m",
                help = "How soon the ledger must read its own heartbeat back; else it judges no worker")
        Duration heartbeatTimeout,

        @Setting(
                defaultValue = "2h",
                range = "1s to 168h",
                help = "How long an attempt may take from its claim on; after it the attempt has failed")
        Duration taskDeadline,

        @Setting(
                defaultValue = "3",
                range = "1 to 100 attempts",
                help = "Failed attempts with which a group is abandoned")
        int maxAttempts,

        @Setting(
                defaultValue = "10",
                range = "1 to 1000 attempts",
                help = "Lost attempts with which a group is abandoned; apart from failed ones")
        int maxLosses) {
    public RecoverySettings {
        // A status may be one heartbeat limit old when it is read, and the next one as late again.
        if (workerTimeout.compareTo(heartbeatTimeout.multipliedBy(2)) < 0) {
            throw SettingException.impossible(
                    "--worker-timeout, --heartbeat-timeout",
                    "living workers would count as lost unless the first is at least twice the second");
        }
    }

    RecoveryLimits limits() {
        return new RecoveryLimits(maxAttempts, maxLosses, workerTimeout.toMillis(), taskDeadline.toMillis());
    }
}
