package io.millrace.producer.source.file;

import io.millrace.producer.source.column.BadRowException;
import io.millrace.producer.source.column.BadRowReason;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.StandardCharsets;

/** Rows of JSON lines, UTF-8; blank lines are none. */
final class JsonlRows implements RowFile {
    private final FileFormat format;
    private final InputStream in;
    private final JsonlLines lines;
    private final int maxRowBytes;
    private final CharsetDecoder utf8 = StandardCharsets.UTF_8.newDecoder();

    JsonlRows(FileFormat format, InputStream in, int maxRowBytes) {
        this.format = format;
        this.in = in;
        this.lines = new JsonlLines(in, maxRowBytes);
        this.maxRowBytes = maxRowBytes;
    }

    @Override
    public long skip(long rows) {
        return 0;
    }

    @Override
    public boolean next() throws IOException {
        try {
            return lines.next();
        } catch (IOException e) {
            throw format.worded(e);
        }
    }

    @Override
    public long place() {
        return lines.line();
    }

    @Override
    public String json() throws BadRowException {
        if (lines.tooLong()) {
            throw new BadRowException(
                    BadRowReason.TOO_LONG,
                    "the line has " + lines.lengthBytes() + " bytes, the limit is " + maxRowBytes);
        }
        try {
            return utf8.decode(ByteBuffer.wrap(lines.content(), 0, (int) lines.lengthBytes()))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new BadRowException(BadRowReason.BAD_JSON, "the line is not UTF-8");
        }
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
