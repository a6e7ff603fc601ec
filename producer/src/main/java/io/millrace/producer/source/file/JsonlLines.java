package io.millrace.producer.source.file;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/**
 * The lines of a stream that are not blank, each with its number. A line ends with a line feed, with or without a
 * carriage return before it; a byte order mark at the start is left out. Memory is bounded: of a line over the limit only
 * the length is known. One thread.
 */
final class JsonlLines {
    private static final int BUFFER_BYTES = 1 << 16;
    private static final byte[] BYTE_ORDER_MARK = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};

    private final InputStream in;
    private final int maxLineBytes;
    private final byte[] buffer = new byte[BUFFER_BYTES];
    private int position;
    private int limit = -1;

    private byte[] content = new byte[1024];
    private long contentBytes;
    private boolean blank;
    private long line;

    JsonlLines(InputStream in, int maxLineBytes) {
        this.in = in;
        this.maxLineBytes = maxLineBytes;
    }

    /** Goes to the next line that is not blank; false at the end. */
    boolean next() throws IOException {
        while (readLine()) {
            line++;
            if (!blank) {
                return true;
            }
        }
        return false;
    }

    /** The current line's number, 1 for the file's first; blank lines count. */
    long line() {
        return line;
    }

    /** Whether the current line is over the limit, so that its content is not there. */
    boolean tooLong() {
        return contentBytes > maxLineBytes;
    }

    /** Length of the current line without its end, in bytes. */
    long lengthBytes() {
        return contentBytes;
    }

    /** The current line's bytes, 0 to {@link #lengthBytes()}; valid until the next call of {@link #next()}. */
    byte[] content() {
        return content;
    }

    private boolean readLine() throws IOException {
        contentBytes = 0;
        blank = true;
        byte last = 0;
        while (position < limit || fill()) {
            byte value = buffer[position++];
            if (value == '\n') {
                dropCarriageReturn(last);
                return true;
            }
            keep(value);
            blank &= value == ' ' || value == '\t' || value == '\r';
            last = value;
        }
        dropCarriageReturn(last);
        return contentBytes > 0;
    }

    private void dropCarriageReturn(byte last) {
        if (last == '\r') {
            contentBytes--;
        }
    }

    private void keep(byte value) {
        if (contentBytes < maxLineBytes) {
            if (contentBytes == content.length) {
                content = Arrays.copyOf(content, (int) Math.min(maxLineBytes, content.length * 2L));
            }
            content[(int) contentBytes] = value;
        }
        contentBytes++;
    }

    private boolean fill() throws IOException {
        boolean first = limit < 0;
        limit = in.readNBytes(buffer, 0, BUFFER_BYTES);
        boolean marked = first
                && limit >= BYTE_ORDER_MARK.length
                && Arrays.equals(buffer, 0, BYTE_ORDER_MARK.length, BYTE_ORDER_MARK, 0, BYTE_ORDER_MARK.length);
        position = marked ? BYTE_ORDER_MARK.length : 0;
        return position < limit;
    }
}
