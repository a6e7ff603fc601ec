package io.millrace.common.config;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Makes a settings record from flags, environment and settings file, in that order of precedence. Whatever is wrong is
 * one {@link SettingException} that names the setting, the value, where it came from and what is allowed.
 */
public final class SettingsBinder {
    /** Variables of ours that are no settings: for scripts and tests. */
    private static final Set<String> OTHER_VARIABLES = Set.of(
            "MILLRACE_CONFIG",
            "MILLRACE_LOG",
            "MILLRACE_LOG_KAFKA",
            "MILLRACE_HOME",
            "MILLRACE_PYTHON",
            "MILLRACE_JAVA_OPTS",
            "MILLRACE_AOT",
            "MILLRACE_TEST_BROKER");

    /** Prefix of variables that pass one Kafka client property through: MILLRACE_KAFKA_SECURITY_PROTOCOL. */
    private static final String KAFKA_PREFIX = "MILLRACE_KAFKA_";

    private final Set<String> commands;
    private final Set<String> known = new HashSet<>();
    private final Set<String> knownVariables = new HashSet<>(OTHER_VARIABLES);

    /**
     * Keys and variables of the commands that this program does not have are known too: {@link KnownSettings}.
     *
     * @param commands of this program
     * @param all the settings records of every command of this program
     */
    public SettingsBinder(Set<String> commands, List<Class<? extends Record>> all) {
        this.commands = new HashSet<>(commands);
        this.commands.addAll(KnownSettings.byCommand().keySet());
        for (String name : KnownSettings.all()) {
            known.add(name);
            knownVariables.add(SettingSpec.variable(name));
        }
        for (Class<? extends Record> settings : all) {
            for (SettingSpec spec : SettingSpec.of(settings)) {
                known.add(spec.name());
                knownVariables.add(spec.variable());
            }
        }
    }

    /**
     * @param command the command's name
     * @param flags setting name to the text given on the command line
     */
    public <T extends Record> T bind(
            String command,
            Class<T> type,
            Map<String, String> flags,
            Map<String, String> environment,
            YamlSettings file) {
        Map<String, String> env = ServiceVariables.without(environment);
        Set<String> own = new TreeSet<>();
        SettingSpec.of(type).forEach(spec -> own.add(spec.name()));
        for (String variable : env.keySet()) {
            if (variable.startsWith("MILLRACE_")
                    && !variable.startsWith(KAFKA_PREFIX)
                    && !knownVariables.contains(variable)) {
                throw new SettingException("unknown environment variable " + variable + "; "
                        + Nearest.words(variable, knownVariables)
                        + "; a setting's variable is its flag in capitals: --slots is MILLRACE_SLOTS");
            }
        }
        file.refuseUnknown(command, own, known, commands);
        return construct(type, new Sources(command, flags, env, file, knownVariables));
    }

    private static <T extends Record> T construct(Class<T> type, Sources sources) {
        RecordComponent[] components = type.getRecordComponents();
        Class<?>[] types = new Class<?>[components.length];
        @Nullable Object[] values = new @Nullable Object[components.length];
        for (int i = 0; i < components.length; i++) {
            types[i] = components[i].getType();
            Setting declared = components[i].getAnnotation(Setting.class);
            values[i] = declared == null
                    ? construct(types[i].asSubclass(Record.class), sources)
                    : sources.value(SettingSpec.of(components[i], declared));
        }
        try {
            var constructor = type.getDeclaredConstructor(types);
            constructor.setAccessible(true);
            return constructor.newInstance(values);
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof SettingException bad) {
                throw bad;
            }
            if (e.getCause() instanceof IllegalArgumentException bad) {
                throw new SettingException(String.valueOf(bad.getMessage()));
            }
            throw new IllegalStateException("constructor of " + type.getName() + " failed", e.getCause());
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("cannot construct " + type.getName(), e);
        }
    }

    private record Sources(
            String command,
            Map<String, String> flags,
            Map<String, String> env,
            YamlSettings file,
            Set<String> knownVariables) {
        @Nullable
        Object value(SettingSpec spec) {
            if (spec.type() == Map.class) {
                return merged(spec);
            }
            String flag = flags.get(spec.name());
            if (flag != null) {
                return SettingValues.convert(spec, flag, spec.flag());
            }
            String variable = env.get(spec.variable());
            if (variable != null && !variable.isEmpty()) {
                return SettingValues.convert(spec, variable, spec.variable());
            }
            String yaml = file.get(command, spec.name());
            if (yaml != null) {
                return SettingValues.convert(spec, yaml, file.name());
            }
            String fallback = spec.declared().defaultValue();
            if (fallback.equals(Setting.REQUIRED)) {
                throw new SettingException(
                        spec.flag() + " is required: " + spec.declared().help() + " (also " + spec.variable() + ", or '"
                                + spec.name() + "' in the settings file)");
            }
            return fallback.equals(Setting.NONE) ? null : SettingValues.convert(spec, fallback, "the default");
        }

        /** Maps add up: a flag's entry wins over the environment's, that over the file's. */
        private Map<?, ?> merged(SettingSpec spec) {
            Map<Object, Object> merged = new LinkedHashMap<>();
            file.all(command, spec.name()).forEach(text -> add(merged, spec, text, file.name()));
            String variable = env.get(spec.variable());
            add(
                    merged,
                    spec,
                    variable == null ? null : variable.replace("\n", SettingValues.ENTRY_JOINT),
                    spec.variable());
            if (spec.name().equals("kafka")) {
                env.forEach((name, value) -> {
                    // A setting of ours may begin alike: --kafka-port is no client property.
                    if (name.startsWith(KAFKA_PREFIX) && !knownVariables.contains(name) && !value.isEmpty()) {
                        merged.put(kafkaProperty(name), value);
                    }
                });
            }
            add(merged, spec, flags.get(spec.name()), spec.flag());
            return Map.copyOf(merged);
        }

        private static void add(Map<Object, Object> merged, SettingSpec spec, @Nullable String text, String source) {
            if (text != null) {
                merged.putAll((Map<?, ?>) SettingValues.convert(spec, text, source));
            }
        }

        private static String kafkaProperty(String variable) {
            return variable.substring(KAFKA_PREFIX.length())
                    .toLowerCase(java.util.Locale.ROOT)
                    .replace('_', '.');
        }
    }
}
