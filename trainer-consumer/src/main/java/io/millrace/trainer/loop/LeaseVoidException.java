package io.millrace.trainer.loop;

import org.apache.kafka.common.KafkaException;

/** The open lease was given up, durably: the session ends, and the next reads the topics again. */
final class LeaseVoidException extends KafkaException {
    private static final long serialVersionUID = 1;

    LeaseVoidException(String message) {
        super(message);
    }
}
