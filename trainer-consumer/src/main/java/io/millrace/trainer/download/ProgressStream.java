package io.millrace.trainer.download;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;

/** Tells after every piece that the other side has taken it. Used by one thread. */
final class ProgressStream extends FilterOutputStream {
    /** Of one write; a slower reader than one such piece in the stall limit is sent away. */
    static final int PIECE_BYTES = 64 << 10;

    private final Runnable progressed;

    ProgressStream(OutputStream out, Runnable progressed) {
        super(out);
        this.progressed = progressed;
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        int end = offset + length;
        for (int at = offset; at < end; at += PIECE_BYTES) {
            out.write(bytes, at, Math.min(PIECE_BYTES, end - at));
            progressed.run();
        }
    }
}
