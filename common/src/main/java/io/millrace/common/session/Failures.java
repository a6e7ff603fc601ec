package io.millrace.common.session;

import io.millrace.common.config.SettingException;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.errors.UnsupportedVersionException;

/** Which failures end the process, and which are waited out; the same for every role. Stateless. */
public final class Failures {
    private Failures() {}

    /**
     * Whether reading the topics again, once a broker answers, can help. What it cannot help: a newer process of the
     * role, settings or rights that do not fit, a record above the broker's limit, contradictions on the topics, bugs.
     */
    public static boolean isPassing(Throwable failure) {
        boolean kafka = false;
        boolean refused = false;
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (isLasting(cause)) {
                return false;
            }
            refused |= cause instanceof SettingException;
            kafka |= cause instanceof KafkaException || cause instanceof TimeoutException;
        }
        // A check of the topics that failed for want of an answer carries that as its cause.
        return kafka || (refused && failure.getCause() != null);
    }

    private static boolean isLasting(Throwable cause) {
        return isRefusal(cause)
                || cause instanceof FencedException
                || cause instanceof InterruptException
                || cause instanceof InterruptedException
                || cause instanceof RecordTooLargeException
                || cause instanceof SerializationException
                || cause instanceof ConfigException;
    }

    private static boolean isRefusal(Throwable cause) {
        return cause instanceof AuthenticationException
                || cause instanceof AuthorizationException
                || cause instanceof UnsupportedVersionException;
    }
}
