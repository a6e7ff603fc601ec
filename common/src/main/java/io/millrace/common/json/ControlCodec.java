package io.millrace.common.json;

import io.millrace.common.record.ControlRecord;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;

/**
 * Control records to bytes and back: one JSON object whose field {@code v} is the version of its form. A reader takes
 * its own version and ignores fields it does not know; any other version is refused, so a form may change only by
 * adding nullable fields or by raising {@link #VERSION}. Stateless.
 */
public final class ControlCodec {
    /** The version written. */
    public static final int VERSION = 1;

    /** Larger records are not ours: a control record is small. */
    public static final int BYTES_MAX = 8 << 20;

    private ControlCodec() {}

    public static byte[] encode(ControlRecord record) {
        return Json.MAPPER.writeValueAsBytes(Json.form(record, VERSION));
    }

    /**
     * @param bytes null for a record without a value
     * @throws NewerRecordException when the record is of a later version
     * @throws BadRecordException when the bytes are no JSON object of this version and type, or a value in it is out of
     *     range
     */
    public static <T extends ControlRecord> T decode(byte @Nullable [] bytes, Class<T> type) throws BadRecordException {
        if (bytes == null) {
            throw new BadRecordException("the record has no value");
        }
        if (bytes.length > BYTES_MAX) {
            throw new BadRecordException(
                    type.getSimpleName() + " of " + bytes.length + " bytes, the limit is " + BYTES_MAX);
        }
        try {
            return Json.value(Json.MAPPER.readTree(bytes), VERSION, type);
        } catch (JacksonException e) {
            throw Json.malformed(type, e);
        }
    }

    /** Empty for a record without a value and for a broken one, where a reader must not stop for it. */
    public static <T extends ControlRecord> Optional<T> ifOurs(byte @Nullable [] bytes, Class<T> type) {
        try {
            return Optional.of(decode(bytes, type));
        } catch (BadRecordException e) {
            return Optional.empty();
        }
    }
}
