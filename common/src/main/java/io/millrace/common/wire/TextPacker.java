package io.millrace.common.wire;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdDecompressCtx;
import java.util.Arrays;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * Packs texts into one zstd frame, and unpacks it. What it works with (zstd's tables, two buffers) costs more to make than a small group
 * does to pack, so a few are kept for whoever comes next. One owner at a time.
 */
final class TextPacker {
    private static final int LEVEL = 1;

    /** Kept; as many more as are needed at once are made and let go. */
    private static final int KEPT_MAX = 4;

    /** Larger buffers are not kept. */
    private static final int KEPT_BYTES_MAX = 4 << 20;

    private static final BlockingQueue<TextPacker> KEPT = new ArrayBlockingQueue<>(KEPT_MAX);
    private static final BlockingQueue<ZstdDecompressCtx> KEPT_UNPACKERS = new ArrayBlockingQueue<>(KEPT_MAX);

    private final ZstdCompressCtx context = new ZstdCompressCtx();
    private byte[] plain = {};
    private byte[] frame = {};

    private TextPacker() {
        context.setLevel(LEVEL);
        context.setContentSize(true);
    }

    /**
     * @param sizeBytes of all texts
     * @param frameMin a smaller frame is of no use
     * @return null where the texts had better stay as they are
     */
    static byte @Nullable [] pack(byte[][] texts, int sizeBytes, int frameMin) {
        long bound = Zstd.compressBound(sizeBytes);
        if (bound > Safetensors.BLOB_BYTES_MAX) {
            return null;
        }
        TextPacker kept = KEPT.poll();
        TextPacker packer = kept == null ? new TextPacker() : kept;
        try {
            return packer.packed(texts, sizeBytes, (int) bound, frameMin);
        } finally {
            if (bound > KEPT_BYTES_MAX || !KEPT.offer(packer)) {
                packer.context.close();
            }
        }
    }

    /**
     * Unpacks a frame into an array.
     *
     * @return how many bytes it has
     * @throws com.github.luben.zstd.ZstdException when it is none, or has more than the array
     */
    static int unpack(byte[] packed, int begin, int length, byte[] into) {
        ZstdDecompressCtx kept = KEPT_UNPACKERS.poll();
        ZstdDecompressCtx context = kept == null ? new ZstdDecompressCtx() : kept;
        try {
            return context.decompressByteArray(into, 0, into.length, packed, begin, length);
        } finally {
            if (!KEPT_UNPACKERS.offer(context)) {
                context.close();
            }
        }
    }

    private byte @Nullable [] packed(byte[][] texts, int sizeBytes, int bound, int frameMin) {
        plain = plain.length < sizeBytes ? new byte[sizeBytes] : plain;
        frame = frame.length < bound ? new byte[bound] : frame;
        int at = 0;
        for (byte[] text : texts) {
            System.arraycopy(text, 0, plain, at, text.length);
            at += text.length;
        }
        int size = context.compressByteArray(frame, 0, frame.length, plain, 0, sizeBytes);
        return size >= sizeBytes || size < frameMin ? null : Arrays.copyOf(frame, size);
    }
}
