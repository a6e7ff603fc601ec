package io.millrace.trainer.serve;

import io.millrace.common.id.RunId;
import io.millrace.common.wire.RolloutBatchCodec;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;

/**
 * A batch in the form its reader asked for. JSON is made while it is written, since it is larger than the batch in
 * memory; the blob is made first, and the batch is garbage.
 *
 * @param bytes its length, or {@link #UNKNOWN}
 * @param content writes all of it and closes the stream
 */
record BatchBody(String contentType, long bytes, Content content) {
    /** As {@link #bytes}: not known before it is written. */
    static final long UNKNOWN = -1;

    /** Writes a whole batch. */
    @FunctionalInterface
    interface Content {
        void writeTo(OutputStream out) throws IOException;
    }

    static BatchBody json(LeasedBatch batch) {
        return new BatchBody(
                "application/json",
                UNKNOWN,
                out -> BatchJson.write(batch, new BufferedOutputStream(out, ProgressStream.PIECE_BYTES)));
    }

    /** @throws io.millrace.common.wire.BlobTooLargeException when it is larger than the form can be */
    static BatchBody safetensors(LeasedBatch batch, RunId run) {
        byte[] blob = RolloutBatchCodec.encode(batch.header(run), batch.groups());
        return new BatchBody(TrainerRoutes.SAFETENSORS, blob.length, out -> {
            try (out) {
                out.write(blob);
            }
        });
    }
}
