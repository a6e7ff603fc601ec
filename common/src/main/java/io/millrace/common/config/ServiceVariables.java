package io.millrace.common.config;

import java.util.HashMap;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * The variables that Kubernetes sets in every pod for every service, such as {@code MILLRACE_SERVICE_HOST} beside a
 * service {@code millrace} (Kubernetes documentation, "Environment variables" of services). They are told by name and
 * form of the value together: {@code MILLRACE_TRAINER_PORT=tcp://10.0.0.7:9400} is of a service {@code millrace-trainer},
 * {@code MILLRACE_TRAINER_PORT=9400} is a setting. Stateless.
 */
final class ServiceVariables {
    private static final String ADDRESS = "[0-9a-fA-F.:]+";
    private static final String PROTOCOL = "(tcp|udp|sctp)";
    private static final String NUMBERED = "[A-Z0-9_]+_PORT_\\d+_(TCP|UDP|SCTP)";

    /** Of the name, then of the value. */
    private static final Map<Pattern, Pattern> FORMS = Map.of(
            Pattern.compile("[A-Z0-9_]+_SERVICE_HOST"), Pattern.compile(ADDRESS),
            Pattern.compile("[A-Z0-9_]+_SERVICE_PORT(_[A-Z0-9_]+)?"), Pattern.compile("\\d+"),
            Pattern.compile("[A-Z0-9_]+_PORT"), Pattern.compile(PROTOCOL + "://.*"),
            Pattern.compile(NUMBERED), Pattern.compile(PROTOCOL + "://.*"),
            Pattern.compile(NUMBERED + "_PROTO"), Pattern.compile(PROTOCOL),
            Pattern.compile(NUMBERED + "_PORT"), Pattern.compile("\\d+"),
            Pattern.compile(NUMBERED + "_ADDR"), Pattern.compile(ADDRESS));

    private ServiceVariables() {}

    /** The environment without them. */
    static Map<String, String> without(Map<String, String> env) {
        Map<String, String> ours = new HashMap<>(env);
        ours.entrySet().removeIf(variable -> isOfAService(variable.getKey(), variable.getValue()));
        return ours;
    }

    static boolean isOfAService(String name, String value) {
        return FORMS.entrySet().stream()
                .anyMatch(form -> form.getKey().matcher(name).matches()
                        && form.getValue().matcher(value).matches());
    }
}
