package io.millrace.trainer.batch;

import com.github.luben.zstd.ZstdOutputStream;
import io.millrace.common.id.RunId;
import io.millrace.common.wire.BatchBlob;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;

/**
 * A batch in the form its reader asked for, made of the groups' own bytes while it is written.
 *
 * @param bytes its length, or {@link #UNKNOWN}
 * @param content writes all of it and closes the stream
 */
public record BatchBody(String contentType, long bytes, Content content) {
    /** Content type of the blob. */
    public static final String SAFETENSORS = "application/vnd.safetensors";

    private static final int BUFFER_BYTES = 64 << 10;

    /** Token ids shrink to half, log-probabilities hardly; more effort gains little. */
    private static final int PACK_LEVEL = 1;

    /** As {@link #bytes}: not known before it is written. */
    public static final long UNKNOWN = -1;

    /** Writes a whole batch. */
    @FunctionalInterface
    public interface Content {
        void writeTo(OutputStream out) throws IOException;
    }

    public static BatchBody json(LeasedBatch batch) {
        return new BatchBody(
                "application/json",
                UNKNOWN,
                out -> BatchJson.write(batch, new BufferedOutputStream(out, BUFFER_BYTES)));
    }

    /** The same, packed by zstd while it is written. */
    public BatchBody packed() {
        return new BatchBody(contentType, UNKNOWN, out -> content.writeTo(new ZstdOutputStream(out, PACK_LEVEL)));
    }

    /** @throws io.millrace.common.wire.BlobTooLargeException when it is larger than the form can be */
    public static BatchBody safetensors(LeasedBatch batch, RunId run) {
        GroupAdvantages advantages = batch.advantages();
        BatchBlob blob =
                BatchBlob.of(batch.header(run), advantages == null ? batch.groups() : advantages.with(batch.groups()));
        return new BatchBody(SAFETENSORS, blob.sizeBytes(), out -> {
            try (out) {
                blob.writeTo(out);
            }
        });
    }
}
