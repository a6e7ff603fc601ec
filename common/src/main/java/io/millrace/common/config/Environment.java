package io.millrace.common.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * The environment variables that are settings. Left out are those that Kubernetes sets in every pod for every service,
 * such as {@code MILLRACE_SERVICE_HOST} beside a service {@code millrace} (Kubernetes documentation, "Environment
 * variables" of services). They are told by name and form of the value together:
 * {@code MILLRACE_TRAINER_PORT=tcp://10.0.0.7:9400} is of a service {@code millrace-trainer},
 * {@code MILLRACE_TRAINER_PORT=9400} is a setting.
 *
 * @param variables by name, none of them empty
 * @param kafka client properties to pass through, as {@code property=value}
 */
public record Environment(Map<String, String> variables, List<String> kafka) {
    /** Without settings. */
    public static final Environment EMPTY = new Environment(Map.of(), List.of());

    /** Of variables that pass a Kafka client property through: MILLRACE_KAFKA_SECURITY_PROTOCOL. */
    private static final String KAFKA_PREFIX = "MILLRACE_KAFKA_";

    /** Variables that are no settings: others', empty ones, and ours for scripts and tests, as name=value. */
    private static final Pattern OTHERS = Pattern.compile(
            "(?!MILLRACE_).*|[^=]*="
                    + "|MILLRACE_(CONFIG|LOG|LOG_FORMAT|LOG_KAFKA|LOG_KAFKA_CONNECTIONS|HOME|PYTHON|JAVA_OPTS|CLASS_PATH|AOT|TEST_BROKER)=.*"
                    + "|[A-Z0-9_]+_SERVICE_HOST=[0-9a-fA-F.:]+"
                    + "|[A-Z0-9_]+_SERVICE_PORT(_[A-Z0-9_]+)?=\\d+"
                    + "|[A-Z0-9_]+_PORT(_\\d+_(TCP|UDP|SCTP))?=(tcp|udp|sctp)://.*"
                    + "|[A-Z0-9_]+_PORT_\\d+_(TCP|UDP|SCTP)_(PROTO=(tcp|udp|sctp)|PORT=\\d+|ADDR=[0-9a-fA-F.:]+)",
            Pattern.DOTALL);

    /** @throws SettingException naming the first variable of ours that no command knows */
    public static Environment of(Map<String, String> all, KnownSettings known) {
        Set<String> names = new TreeSet<>();
        known.names().forEach(name -> names.add(SettingSpec.variable(name)));
        Environment found = new Environment(new TreeMap<>(), new ArrayList<>());
        new TreeMap<>(all).forEach((name, value) -> {
            if (OTHERS.matcher(name + "=" + value).matches()) {
                return;
            }
            if (names.contains(name)) {
                found.variables.put(name, value);
            } else if (name.startsWith(KAFKA_PREFIX)) {
                String property = name.substring(KAFKA_PREFIX.length()).toLowerCase(Locale.ROOT);
                found.kafka.add(property.replace('_', '.') + "=" + value);
            } else {
                throw new SettingException("unknown environment variable " + name + "; "
                        + KnownSettings.nearest(name, names)
                        + "; a setting's variable is its flag in capitals: --slots is MILLRACE_SLOTS");
            }
        });
        return found;
    }

    /** What it has of a setting; the entries of a map stand on lines. */
    List<String> texts(SettingSpec spec) {
        String text = variables.getOrDefault(spec.variable(), "");
        List<String> texts =
                new ArrayList<>(spec.type() == Map.class ? text.lines().toList() : List.of(text));
        texts.removeIf(String::isEmpty);
        texts.addAll(spec.name().equals("kafka") ? kafka : List.of());
        return texts;
    }
}
