package io.millrace.trainer.batch;

import io.millrace.common.record.StepRecord.ManifestEntry;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The groups of a step that were not read; the message says why. */
public final class BatchReadException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** What it comes from. */
    public enum Cause {
        /** Records are not there; {@link BatchReadException#gone} names all. */
        GONE,
        /** Others read for too long; to be asked again. */
        BUSY,
        /** The broker gave nothing within the limit; to be asked again. */
        AWAY,
        /** The reader was stopped. */
        STOPPED
    }

    private final Cause reason;
    /** Values of the run are no part of its serial form. */
    private final transient List<ManifestEntry> gone;

    BatchReadException(Cause reason, String message) {
        this(reason, message, null);
    }

    BatchReadException(Cause reason, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.reason = reason;
        this.gone = List.of();
    }

    BatchReadException(List<ManifestEntry> gone, String message) {
        super(message);
        this.reason = Cause.GONE;
        this.gone = List.copyOf(gone);
    }

    public Cause reason() {
        return reason;
    }

    /** Entries of the manifest that cannot be read back; none for other reasons. */
    public List<ManifestEntry> gone() {
        return gone;
    }
}
