package io.millrace.trainer.download;

import io.millrace.common.config.Setting;
import io.millrace.common.units.ByteSize;
import java.time.Duration;

/** Of batches on their way to readers over HTTP. */
public record DownloadSettings(
        @Setting(
                defaultValue = "16",
                range = "1 to 256 downloads",
                help = "Batches sent over HTTP at once, a rank each; one more ends one that stands still, or gets 503")
        int downloadsMax,

        @Setting(
                defaultValue = "512MiB",
                range = "1MiB to 64GiB",
                help = "Memory of the batches that are being sent, together; one alone may be larger")
        ByteSize downloadsMemoryMax,

        @Setting(
                name = "download-stall-limit",
                defaultValue = "30s",
                range = "1s to 1h",
                help = "Time in which a reader of a batch must take the next 64 KiB; then its connection is closed")
        Duration stallLimit) {
    public static final DownloadSettings DEFAULTS =
            new DownloadSettings(16, new ByteSize(512L << 20), Duration.ofSeconds(30));
}
