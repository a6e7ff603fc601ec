package io.millrace.trainer.journal;

import io.millrace.common.config.SettingException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.errors.UnsupportedVersionException;

/** Which failures end the process, and which are waited out. Stateless. */
public final class Failures {
    private Failures() {}

    /**
     * Whether reading the topics again, once a broker answers, can help. What it cannot help: a newer trainer consumer,
     * settings or rights that do not fit, contradictions on the topics, bugs.
     */
    public static boolean isPassing(Throwable failure) {
        boolean kafka = false;
        boolean refused = false;
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (isLasting(cause)) {
                return false;
            }
            refused |= cause instanceof SettingException;
            kafka |= cause instanceof KafkaException || cause instanceof java.util.concurrent.TimeoutException;
        }
        // A check of the topics that failed for want of an answer carries that as its cause.
        return kafka || (refused && failure.getCause() != null);
    }

    private static boolean isLasting(Throwable cause) {
        return cause instanceof FencedException
                || cause instanceof InterruptException
                || cause instanceof InterruptedException
                || cause instanceof AuthenticationException
                || cause instanceof AuthorizationException
                || cause instanceof UnsupportedVersionException
                || cause instanceof RecordTooLargeException
                || cause instanceof SerializationException
                || cause instanceof ConfigException;
    }
}
