package io.millrace.common.config;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * The command line of a program: one subcommand per {@link Command}, or the command itself when there is only one.
 * Exit codes: 0 clean, 1 failed, 2 bad usage or bad settings with one clear line on standard error.
 */
public final class CommandLines {
    /** Bad usage or settings. */
    public static final int EXIT_USAGE = 2;

    private CommandLines() {}

    /** A program with subcommands. */
    public static CommandLine program(
            String name, String description, List<Command<?>> commands, Map<String, String> env) {
        SettingsBinder binder = binder(commands);
        CommandSpec spec = CommandSpec.create().name(name).mixinStandardHelpOptions(true);
        spec.usageMessage().description(description);
        spec.version("millrace " + version());
        CommandLine line = new CommandLine(spec);
        for (Command<?> command : commands) {
            line.addSubcommand(command.name(), new CommandLine(spec(command, binder, env)));
        }
        return configured(line);
    }

    /** A program that is one command. */
    public static CommandLine single(Command<?> command, Map<String, String> env) {
        return configured(new CommandLine(spec(command, binder(List.of(command)), env)));
    }

    private static SettingsBinder binder(List<Command<?>> commands) {
        List<Class<? extends Record>> all = new ArrayList<>();
        commands.forEach(command -> all.add(command.settings()));
        Set<String> names = new LinkedHashSet<>();
        commands.forEach(command -> names.add(command.name()));
        return new SettingsBinder(names, all);
    }

    private static CommandLine configured(CommandLine line) {
        line.setExecutionStrategy(new CommandLine.RunLast());
        line.setParameterExceptionHandler((e, args) -> {
            PrintWriter err = e.getCommandLine().getErr();
            err.println(e.getCommandLine().getCommandSpec().qualifiedName() + ": " + e.getMessage() + " (see --help)");
            return EXIT_USAGE;
        });
        line.setExecutionExceptionHandler((e, commandLine, parsed) -> {
            String name = commandLine.getCommandSpec().qualifiedName();
            if (e instanceof SettingException) {
                commandLine.getErr().println(name + ": " + e.getMessage());
                return EXIT_USAGE;
            }
            throw e;
        });
        return line;
    }

    private static <T extends Record> CommandSpec spec(
            Command<T> command, SettingsBinder binder, Map<String, String> env) {
        Runner<T> runner = new Runner<>(command, binder, env);
        CommandSpec spec = CommandSpec.wrapWithoutInspection(runner).name(command.name());
        runner.spec = spec;
        spec.mixinStandardHelpOptions(true);
        spec.usageMessage()
                .description(command.description())
                .sortOptions(false)
                .abbreviateSynopsis(true);
        spec.usageMessage()
                .footer(
                        "",
                        "Every setting is also an environment variable (--slots: MILLRACE_SLOTS) and a key of the"
                                + " --config file; a flag wins over the environment, that over the file.");
        spec.addOption(OptionSpec.builder("--config")
                .type(Path.class)
                .paramLabel("FILE")
                .description("YAML file with settings (also MILLRACE_CONFIG)")
                .build());
        for (SettingSpec setting : SettingSpec.of(command.settings())) {
            spec.addOption(option(setting));
        }
        return spec;
    }

    private static OptionSpec option(SettingSpec setting) {
        StringBuilder help = new StringBuilder(setting.declared().help());
        if (!setting.range().isEmpty()) {
            help.append("; ").append(setting.range());
        } else if (!setting.declared().unit().isEmpty()) {
            help.append("; ").append(setting.declared().unit());
        }
        if (!setting.defaultText().isEmpty()) {
            help.append(" (default ").append(setting.defaultText()).append(')');
        } else if (setting.declared().defaultValue().equals(Setting.REQUIRED)) {
            help.append(" (required)");
        }
        OptionSpec.Builder builder = OptionSpec.builder(setting.flag())
                .paramLabel(setting.type() == Map.class ? "KEY=VALUE" : "VALUE")
                .description(help.toString().replace("%", "%%"));
        if (setting.type() == boolean.class) {
            return builder.type(String.class)
                    .arity("0..1")
                    .fallbackValue("true")
                    .build();
        }
        return setting.multiple()
                ? builder.type(List.class)
                        .auxiliaryTypes(String.class)
                        .arity("1")
                        .build()
                : builder.type(String.class).arity("1").build();
    }

    private static String version() {
        String version = CommandLines.class.getPackage().getImplementationVersion();
        return version == null ? "(from source)" : version;
    }

    private static final class Runner<T extends Record> implements Callable<Integer> {
        private final Command<T> command;
        private final SettingsBinder binder;
        private final Map<String, String> env;
        private @Nullable CommandSpec spec;

        Runner(Command<T> command, SettingsBinder binder, Map<String, String> env) {
            this.command = command;
            this.binder = binder;
            this.env = env;
        }

        @Override
        public Integer call() throws Exception {
            CommandLine.ParseResult parsed =
                    java.util.Objects.requireNonNull(spec).commandLine().getParseResult();
            Map<String, String> flags = new HashMap<>();
            for (SettingSpec setting : SettingSpec.of(command.settings())) {
                Object value = parsed.matchedOptionValue(setting.flag(), null);
                if (value instanceof List<?> items) {
                    String joint = setting.type() == Map.class ? SettingValues.ENTRY_JOINT : ",";
                    flags.put(
                            setting.name(),
                            String.join(
                                    joint, items.stream().map(String::valueOf).toList()));
                } else if (value != null) {
                    flags.put(setting.name(), value.toString());
                }
            }
            Path file = parsed.matchedOptionValue("--config", null);
            String variable = env.get("MILLRACE_CONFIG");
            if (file == null && variable != null && !variable.isBlank()) {
                file = Path.of(variable);
            }
            YamlSettings yaml = file == null ? YamlSettings.none() : YamlSettings.read(file);
            return command.run(binder.bind(command.name(), command.settings(), flags, env, yaml));
        }
    }
}
