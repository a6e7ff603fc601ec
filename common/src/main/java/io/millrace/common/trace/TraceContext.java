package io.millrace.common.trace;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;

/**
 * A place in a trace, as W3C Trace Context has it (version 00). The ids of ours are digests of what they stand for, so that
 * every attempt of a group is in the group's one trace, whichever process issues it and however often that was started
 * anew. Immutable.
 *
 * @param traceId 32 lower-case hexadecimal digits, not all 0
 * @param spanId 16 of them, not all 0
 * @param sampled whether spans are recorded
 */
public record TraceContext(String traceId, String spanId, boolean sampled) {
    /** The record header, and the HTTP one. */
    public static final String HEADER = "traceparent";

    private static final Pattern FORM =
            Pattern.compile("(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?");

    private static final int TRACE_BYTES = 16;
    private static final int SPAN_BYTES = 8;

    /** The first place in the trace of what these words name. */
    public static TraceContext of(String... words) {
        byte[] digest = digest(words);
        HexFormat hex = HexFormat.of();
        return new TraceContext(
                hex.formatHex(digest, 0, TRACE_BYTES),
                hex.formatHex(digest, TRACE_BYTES, TRACE_BYTES + SPAN_BYTES),
                true);
    }

    /** Another place in the same trace: always the same one of the same words. */
    public TraceContext child(String... words) {
        byte[] digest = digest(traceId, String.join("\0", words));
        return new TraceContext(traceId, HexFormat.of().formatHex(digest, 0, SPAN_BYTES), sampled);
    }

    private static byte[] digest(String... words) {
        try {
            return MessageDigest.getInstance("SHA-256")
                    .digest(String.join("\0", words).getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /** The header's value. */
    public String traceparent() {
        return "00-" + traceId + "-" + spanId + (sampled ? "-01" : "-00");
    }

    /** Empty for what is no traceparent; a later version's is read by what version 00 knows of it. */
    public static Optional<TraceContext> parse(String text) {
        Matcher form = FORM.matcher(text);
        if (!form.matches() || (text.startsWith("00") && form.group(4) != null)) {
            return Optional.empty();
        }
        boolean sampled = (Integer.parseInt(form.group(3), 16) & 1) == 1;
        return Optional.of(new TraceContext(form.group(1), form.group(2), sampled));
    }

    /** That of a record; empty where it has none. */
    public static Optional<TraceContext> read(Headers headers) {
        Header header = headers.lastHeader(HEADER);
        return header == null || header.value() == null
                ? Optional.empty()
                : parse(new String(header.value(), StandardCharsets.US_ASCII));
    }

    /** In place of any other. */
    public void write(Headers headers) {
        headers.remove(HEADER);
        headers.add(HEADER, traceparent().getBytes(StandardCharsets.US_ASCII));
    }

    /** Whether it is among this share of all traces; the same for every place of one. */
    public boolean isAmong(double share) {
        return Long.parseUnsignedLong(traceId.substring(0, 8), 16) < share * (1L << 32);
    }
}
