package io.millrace.common.access;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;

import io.millrace.common.config.SettingException;
import io.millrace.common.id.RunId;
import io.millrace.common.kafka.KafkaSettings;
import io.millrace.common.topics.RunTopics;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.GroupAuthorizationException;
import org.apache.kafka.common.errors.SaslAuthenticationException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.TransactionalIdAuthorizationException;
import org.junit.jupiter.api.Test;

class RefusalsTest {
    private static final KafkaSettings GPU = new KafkaSettings(
            "b:9092",
            Map.of(
                    "security.protocol",
                    "SASL_SSL",
                    "sasl.jaas.config",
                    "org.apache.kafka.common.security.scram.ScramLoginModule required password=\"secret\""
                            + " username=\"gpu1\";"));

    private static String said(Role role, Throwable failure) {
        Refusals refusals = new Refusals(role, new RunTopics(new RunId("exp")), GPU);
        return String.valueOf(assertInstanceOf(SettingException.class, refusals.apply(failure))
                .getMessage());
    }

    private static String mayNot(String role, String lacks) {
        return "User:gpu1 may not work as the " + role + " of run exp: it lacks " + lacks
                + " ('millrace acl --run exp' tells what each role needs)";
    }

    @Test
    void aMissingRightIsOneLineThatNamesWhoAndWhatAndWhere() {
        assertEquals(
                mayNot("worker", "WRITE on topic exp.results"),
                said(Role.WORKER, new KafkaException(new TopicAuthorizationException(Set.of("exp.results")))));
        assertEquals(
                mayNot("worker", "READ on group exp.prompts.workers"),
                said(Role.WORKER, GroupAuthorizationException.forGroupId("exp.prompts.workers")));
        assertEquals(
                mayNot("trainer consumer", "WRITE on transactional id exp.trainer"),
                said(Role.TRAINER, new TransactionalIdAuthorizationException("refused")));
        assertEquals(
                mayNot("worker", "access on topic exp.steps"),
                said(Role.WORKER, new TopicAuthorizationException(Set.of("exp.steps"))));
    }

    @Test
    void whatTheBrokerWasAskedForWhenItRefusedIsKept() {
        assertEquals(
                mayNot("producer", "CREATE on topic exp.prompts").replace("run exp: it", "run exp: cannot create, it"),
                said(
                        Role.PRODUCER,
                        new SettingException(
                                "cannot create, it lacks CREATE on topic exp.prompts",
                                new TopicAuthorizationException(Set.of("exp.prompts")))));
    }

    @Test
    void aWrongPasswordNamesTheUserAndNeverThePassword() {
        String line = said(Role.TRAINER, new KafkaException(new SaslAuthenticationException("invalid credentials")));
        assertEquals("--bootstrap b:9092 or --kafka: this client is refused as User:gpu1: invalid credentials", line);
        assertFalse(line.contains("secret"));
    }

    @Test
    void anyOtherFailureIsLeftAsItIs() {
        Exception bug = new IllegalStateException("a bug");
        Refusals refusals = new Refusals(Role.WORKER, new RunTopics(new RunId("exp")), GPU);
        assertSame(bug, refusals.apply(bug));
        SettingException said = new SettingException("--slots must be ...");
        assertSame(said, refusals.apply(said));
        assertEquals("User:ANONYMOUS (no credentials are set)", Refusals.who(new KafkaSettings("b:1", Map.of())));
    }
}
