package io.millrace.producer.source.load;

import io.millrace.common.record.Prompt;
import io.millrace.producer.source.chat.Rendering;
import io.millrace.producer.source.column.BadRowReason;
import io.millrace.producer.source.column.RowForm;
import io.millrace.producer.source.row.CanonicalRow;
import io.millrace.producer.source.row.PromptRow;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Collects rows and bad rows in file order, hashes as it goes, and judges at the end whether the data set is good enough.
 * One thread, one use.
 *
 * <p>The fingerprint is the start of a SHA-256 over a form number, the slice, and of every usable row its line, its
 * canonical bytes and, for messages, the rendered text and its token ids. Lines are in it because tasks name rows by line; the rendered
 * text because the template decides what the model reads. Keys and limits act only through the rows they change.
 */
final class DataSetBuilder {
    private static final String FORM = "millrace-data-set-1";
    private static final int FINGERPRINT_BYTES = 8;
    private static final int NAMED_IN_ERROR_MAX = 5;

    private final DataSetSpec spec;
    private final String unit;
    private final Rendering rendering;
    private final double maxBadShare;
    private final long bytesMax;
    private final MessageDigest digest = sha256();
    private final List<byte[]> rows = new ArrayList<>();
    private long[] lines = new long[1024];
    private long keptBytes;
    private RowForm form = RowForm.AUTO;
    private final Map<BadRowReason, Long> badByReason = new EnumMap<>(BadRowReason.class);
    private final List<LoadReport.BadRow> firstBad = new ArrayList<>();

    /**
     * @param unit what a row's place is counted in
     * @param bytesMax of all rows that are kept
     */
    DataSetBuilder(DataSetSpec spec, String unit, Rendering rendering, double maxBadShare, long bytesMax) {
        this.bytesMax = bytesMax;
        this.spec = spec;
        this.unit = unit;
        this.rendering = rendering;
        this.maxBadShare = maxBadShare;
        hash(FORM.getBytes(StandardCharsets.UTF_8));
        hash(spec.slice().toString().getBytes(StandardCharsets.UTF_8));
    }

    /** Which shape its rows have. */
    void told(RowForm form) {
        this.form = form;
    }

    /** @throws DataSetTooLargeException when the rows are too much with this one; it is not kept */
    void add(PromptRow row) throws DataSetTooLargeException {
        byte[] bytes = CanonicalRow.encode(row);
        if (bytes.length > bytesMax - keptBytes) {
            throw new DataSetTooLargeException("data set " + spec + " has more than the " + bytesMax
                    + " bytes that its rows may have, " + place(row.line()) + " makes them more");
        }
        keptBytes += bytes.length;
        digest.update(ByteBuffer.allocate(Long.BYTES).putLong(row.line()).flip());
        hash(bytes);
        if (row.prompt() instanceof Prompt.Messages chat) {
            hash(chat.rendered().getBytes(StandardCharsets.UTF_8));
            if (chat.renderedIds() != null) {
                hash(bytes(chat.renderedIds()));
            }
        }
        if (rows.size() == lines.length) {
            lines = Arrays.copyOf(lines, lines.length * 2);
        }
        lines[rows.size()] = row.line();
        rows.add(bytes);
    }

    /** Where a row stands, for people. */
    String place(long line) {
        return unit + " " + line;
    }

    void addBad(long line, BadRowReason reason, String detail) {
        badByReason.merge(reason, 1L, Long::sum);
        if (firstBad.size() < LoadReport.LISTED_MAX) {
            firstBad.add(new LoadReport.BadRow(place(line), line, reason, detail));
        }
    }

    /** @throws DataSetException when too large a share of the rows is bad, or none is usable */
    DataSet build() throws DataSetException {
        LoadReport report = new LoadReport(rows.size(), badByReason, firstBad);
        if (report.rows() == 0) {
            throw new DataSetException("data set " + spec + " has no rows"
                    + (spec.slice().equals(DataSetSpec.Slice.ALL) ? "" : " in this slice"));
        }
        if (report.badShare() > maxBadShare) {
            throw tooBad(
                    report,
                    "a share of " + format(report.badShare()) + ", the limit --bad-rows-max-share is "
                            + format(maxBadShare));
        }
        if (report.usable() == 0) {
            throw tooBad(report, "none is usable");
        }
        String fingerprint = HexFormat.of().formatHex(digest.digest(), 0, FINGERPRINT_BYTES);
        return new DataSet(
                spec,
                rows.toArray(byte[][]::new),
                Arrays.copyOf(lines, rows.size()),
                form,
                rendering,
                fingerprint,
                report);
    }

    private DataSetException tooBad(LoadReport report, String why) {
        String named = report.firstBad().stream()
                .limit(NAMED_IN_ERROR_MAX)
                .map(LoadReport.BadRow::toString)
                .collect(Collectors.joining("; "));
        return new DataSetException("data set " + spec + ": " + report.bad() + " of " + report.rows()
                + " rows are bad, " + why + ". " + named + (report.bad() > NAMED_IN_ERROR_MAX ? "; ..." : ""));
    }

    private static byte[] bytes(int[] ids) {
        ByteBuffer bytes = ByteBuffer.allocate(Integer.BYTES * ids.length);
        bytes.asIntBuffer().put(ids);
        return bytes.array();
    }

    private void hash(byte[] bytes) {
        digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(bytes.length).flip());
        digest.update(bytes);
    }

    private static String format(double share) {
        return String.format(Locale.ROOT, "%.6f", share).replaceAll("0+$", "").replaceAll("\\.$", "");
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
