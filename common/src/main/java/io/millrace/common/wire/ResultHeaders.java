package io.millrace.common.wire;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.WorkerIncarnation;
import io.millrace.common.json.BadRecordException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/**
 * The record headers of the results topics; all are text, so that common tools show them. Every record has
 * {@link #TYPE}, parts have the others too. Stateless.
 */
public final class ResultHeaders {
    /** What the record's value is: a {@link Type}. */
    public static final String TYPE = "millrace-type";

    /** Of a group or part: the attempt. */
    public static final String ATTEMPT = "millrace-attempt";

    /** Of a part: the worker's id. */
    public static final String WORKER = "millrace-worker";

    /** Of a part: the worker's incarnation. */
    public static final String INCARNATION = "millrace-incarnation";

    /** Of a part: {@code number/count}. */
    public static final String PART = "millrace-part";

    /** Of a part: checksum of the whole blob, 8 hexadecimal digits. */
    public static final String BLOB_CRC32C = "millrace-blob-crc32c";

    /** Of a part: checksum of the part, 8 hexadecimal digits. */
    public static final String PART_CRC32C = "millrace-part-crc32c";

    private static final Pattern NUMBER_OF_COUNT = Pattern.compile("([0-9]{1,9})/([0-9]{1,9})");
    private static final Pattern CHECKSUM = Pattern.compile("[0-9a-f]{8}");

    private ResultHeaders() {}

    /** What the value of a record on a results topic is. */
    public enum Type {
        /** A whole blob of {@link RolloutGroupCodec}. */
        GROUP,
        /** A part of one. */
        PART,
        /** An {@link io.millrace.common.record.AbandonedMarker}. */
        ABANDONED;

        /** The word on the wire. */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Marks a record; for groups and parts use {@link #writeGroup} and {@link #writePart}. */
    public static void writeType(Headers headers, Type type) {
        put(headers, TYPE, type.word());
    }

    /** The headers of a whole group; its attempt stands there too, for a reader that cannot decode the blob. */
    public static void writeGroup(Headers headers, Attempt attempt) {
        writeType(headers, Type.GROUP);
        put(headers, ATTEMPT, attempt.toString());
    }

    /** @throws BadRecordException when the header is absent or has another word */
    public static Type readType(Headers headers) throws BadRecordException {
        String word = text(headers, TYPE);
        for (Type type : Type.values()) {
            if (type.word().equals(word)) {
                return type;
            }
        }
        throw new BadRecordException("header " + TYPE + " must be group, part or abandoned, was '" + word + "'");
    }

    /** The attempt of a group or part; null where the headers do not say. */
    public static @Nullable Attempt readAttempt(Headers headers) {
        Header header = headers.lastHeader(ATTEMPT);
        byte @Nullable [] value = header == null ? null : header.value();
        String text = value == null ? "" : new String(value, StandardCharsets.UTF_8);
        long attempt = text.matches("[0-9]{1,18}") ? Long.parseLong(text) : 0;
        return attempt < 1 ? null : new Attempt(attempt);
    }

    /** All headers of a part, its type with them. */
    public static void writePart(Headers headers, Part part) {
        writeType(headers, Type.PART);
        put(headers, ATTEMPT, part.key().attempt().toString());
        put(headers, WORKER, part.key().worker().workerId());
        put(headers, INCARNATION, part.key().worker().incarnation());
        put(headers, PART, part.number() + "/" + part.count());
        put(headers, BLOB_CRC32C, HexFormat.of().toHexDigits(part.blobCrc32c()));
        put(headers, PART_CRC32C, HexFormat.of().toHexDigits(part.partCrc32c()));
    }

    /**
     * A part from its record.
     *
     * @param groupIndex from the record's key
     * @param value the record's value
     * @throws BadRecordException when a header is absent or malformed; checksums are not compared here
     */
    public static Part readPart(Headers headers, GroupIndex groupIndex, byte @Nullable [] value)
            throws BadRecordException {
        if (value == null) {
            throw new BadRecordException("a part of group " + groupIndex + " has no value");
        }
        Matcher part = NUMBER_OF_COUNT.matcher(text(headers, PART));
        if (!part.matches()) {
            throw new BadRecordException("header " + PART + " must be number/count, was '" + text(headers, PART) + "'");
        }
        int blobCrc32c = checksum(headers, BLOB_CRC32C);
        int partCrc32c = checksum(headers, PART_CRC32C);
        try {
            PartKey key = new PartKey(
                    groupIndex,
                    new Attempt(Long.parseLong(text(headers, ATTEMPT))),
                    new WorkerIncarnation(text(headers, WORKER), text(headers, INCARNATION)));
            return new Part(
                    key,
                    Integer.parseInt(part.group(1)),
                    Integer.parseInt(part.group(2)),
                    blobCrc32c,
                    partCrc32c,
                    value);
        } catch (IllegalArgumentException e) {
            throw new BadRecordException("headers of a part of group " + groupIndex + ": " + e.getMessage(), e);
        }
    }

    private static int checksum(Headers headers, String key) throws BadRecordException {
        String text = text(headers, key);
        if (!CHECKSUM.matcher(text).matches()) {
            throw new BadRecordException("header " + key + " must be 8 hexadecimal digits, was '" + text + "'");
        }
        return HexFormat.fromHexDigits(text);
    }

    private static String text(Headers headers, String key) throws BadRecordException {
        Header header = headers.lastHeader(key);
        byte[] value = header == null ? null : header.value();
        if (value == null) {
            throw new BadRecordException("header " + key + " is absent");
        }
        return new String(value, StandardCharsets.UTF_8);
    }

    private static void put(Headers headers, String key, String text) {
        headers.remove(key);
        headers.add(key, text.getBytes(StandardCharsets.UTF_8));
    }
}
