package io.millrace.common.access;

import io.millrace.common.config.SettingException;
import io.millrace.common.kafka.KafkaSettings;
import io.millrace.common.topics.RunTopics;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.ClusterAuthorizationException;
import org.apache.kafka.common.errors.GroupAuthorizationException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.TransactionalIdAuthorizationException;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.apache.kafka.common.resource.ResourceType;

/**
 * Says in one line what a broker has refused: who asked, for which operation, on which resource, and where the rights come
 * from. Kafka's own failures name the resource at most. Immutable.
 */
public final class Refusals implements UnaryOperator<Throwable> {
    /** The user's name within a login configuration; the password is not looked at. */
    private static final Pattern USERNAME = Pattern.compile("\\busername\\s*=\\s*[\"']?([^\"'\\s;]+)");

    private static final int CAUSES_MAX = 16;

    private final Role role;
    private final RunTopics topics;
    private final KafkaSettings kafka;

    /** @param kafka of the client, for what it calls itself */
    public Refusals(Role role, RunTopics topics, KafkaSettings kafka) {
        this.role = role;
        this.topics = topics;
        this.kafka = kafka;
    }

    Role role() {
        return role;
    }

    RunTopics topics() {
        return topics;
    }

    /** Who the broker takes this client for, as far as its settings tell. */
    public static String who(KafkaSettings kafka) {
        Map<String, String> set = kafka.properties();
        String protocol = set.getOrDefault("security.protocol", "PLAINTEXT");
        if (protocol.toUpperCase(Locale.ROOT).startsWith("SASL")) {
            Matcher name = USERNAME.matcher(set.getOrDefault("sasl.jaas.config", ""));
            return name.find() ? "User:" + name.group(1) : "the user of sasl.jaas.config";
        }
        boolean certificate =
                set.containsKey("ssl.keystore.location") || set.containsKey("ssl.keystore.certificate.chain");
        return certificate ? "the user of this client's certificate" : "User:ANONYMOUS (no credentials are set)";
    }

    /** The failure itself, or what it says of a refusal as a setting; of one that is said already nothing is changed. */
    @Override
    public Throwable apply(Throwable failure) {
        int depth = 0;
        for (Throwable cause = failure; cause != null && depth < CAUSES_MAX; cause = cause.getCause(), depth++) {
            if (cause instanceof SettingException said) {
                if (said.getCause() instanceof AuthorizationException) {
                    return new SettingException(mayNot(String.valueOf(said.getMessage())));
                }
                if (said.getCause() == null) {
                    return failure;
                }
            }
            if (cause instanceof AuthenticationException) {
                return new SettingException("--bootstrap " + kafka.bootstrap()
                        + " or --kafka: this client is refused as " + who(kafka) + ": " + cause.getMessage());
            }
            if (cause instanceof AuthorizationException refused) {
                return new SettingException(line(refused));
            }
            if (cause instanceof UnsupportedVersionException) {
                return new SettingException("--bootstrap " + kafka.bootstrap()
                        + ": this broker cannot do what a run needs (Kafka 4.4): " + cause.getMessage());
            }
        }
        return failure;
    }

    private String line(AuthorizationException refused) {
        return switch (refused) {
            case TopicAuthorizationException topic ->
                lacking(topic.unauthorizedTopics().stream()
                        .sorted()
                        .map(name -> needed(ResourceType.TOPIC, name))
                        .toList());
            case GroupAuthorizationException group ->
                lacking(List.of(needed(ResourceType.GROUP, String.valueOf(group.groupId()))));
            case TransactionalIdAuthorizationException _ ->
                lacking(List.of(AclOperation.WRITE + " on transactional id " + transactionalId()));
            case ClusterAuthorizationException _ ->
                lacking(List.of(
                        "ALTER on the cluster, for this start only: to end transactions that were left open there"));
            default -> lacking(List.of(String.valueOf(refused.getMessage())));
        };
    }

    private String transactionalId() {
        return role == Role.PRODUCER ? topics.producerTransactionalId() : topics.trainerTransactionalId();
    }

    /** What the role needs on a resource; the resource alone where it needs nothing of it. */
    private String needed(ResourceType type, String name) {
        Set<AclOperation> operations = Rights.of(role, topics).stream()
                .filter(right -> right.covers(type, name))
                .map(Right::operation)
                .collect(Collectors.toCollection(TreeSet::new));
        return missing(operations, type, name);
    }

    static String missing(Set<AclOperation> operations, ResourceType type, String name) {
        String words = operations.stream().sorted().map(AclOperation::name).collect(Collectors.joining(" and "));
        return (words.isEmpty() ? "access" : words) + " on " + type.name().toLowerCase(Locale.ROOT) + " " + name;
    }

    /**
     * The line.
     *
     * @param missing as {@link #missing} says it
     */
    String lacking(List<String> missing) {
        return mayNot("it lacks " + String.join(", ", missing));
    }

    private String mayNot(String what) {
        return who(kafka) + " may not work as the " + role.word() + " of run " + topics.run() + ": " + what
                + " ('millrace acl --run " + topics.run() + "' tells what each role needs)";
    }
}
