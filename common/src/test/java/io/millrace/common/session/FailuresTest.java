package io.millrace.common.session;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.common.config.SettingException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.DisconnectException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.SaslAuthenticationException;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class FailuresTest {
    private static final Tenure OLDER = new Tenure(1, "00000001");
    private static final Tenure NEWER = new Tenure(2, "00000002");

    static Stream<Arguments> failures() {
        return Stream.of(
                Arguments.of(true, new DisconnectException("gone")),
                Arguments.of(true, new KafkaException("anything a client throws")),
                Arguments.of(true, new TimeoutException("no answer")),
                Arguments.of(true, new ProducerFencedException("the broker gave the transaction up, or a newer one")),
                Arguments.of(true, new InvalidProducerEpochException("the same")),
                Arguments.of(
                        true, new IllegalStateException("asked", new ExecutionException(new DisconnectException()))),
                Arguments.of(true, new SettingException("topics cannot be checked", new DisconnectException("gone"))),
                Arguments.of(false, new SettingException("--run must be a word")),
                Arguments.of(false, new FencedException("producer", OLDER, NEWER)),
                Arguments.of(false, new KafkaException("written", new FencedException("producer", OLDER, NEWER))),
                Arguments.of(false, new KafkaException("sent", new SaslAuthenticationException("who are you"))),
                Arguments.of(false, new TopicAuthorizationException("may not")),
                Arguments.of(false, new UnsupportedVersionException("old broker")),
                Arguments.of(false, new RecordTooLargeException("large")),
                Arguments.of(false, new SerializationException("no bytes")),
                Arguments.of(false, new ConfigException("no such property")),
                Arguments.of(false, new InterruptException("told to stop")),
                Arguments.of(false, new InterruptedException()),
                Arguments.of(false, new IllegalStateException("steps does not follow")),
                Arguments.of(false, new NullPointerException()));
    }

    @ParameterizedTest
    @MethodSource("failures")
    void whatReadingTheTopicsAgainCanHelpPasses(boolean passing, Throwable failure) {
        assertEquals(passing, Failures.isPassing(failure), failure::toString);
    }
}
