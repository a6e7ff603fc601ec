package io.millrace.common.cli;

import io.millrace.common.config.Environment;
import io.millrace.common.config.KnownSettings;
import io.millrace.common.config.Setting;
import io.millrace.common.config.SettingException;
import io.millrace.common.config.SettingSpec;
import io.millrace.common.config.SettingsBinder;
import io.millrace.common.config.YamlSettings;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

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
        CommandSpec spec = CommandSpec.create().name(name).mixinStandardHelpOptions(true);
        spec.usageMessage().description(description);
        String version = CommandLines.class.getPackage().getImplementationVersion();
        spec.version("millrace " + (version == null ? "(from source)" : version));
        commands.forEach(command -> spec.addSubcommand(command.name(), spec(command)));
        return line(spec, env);
    }

    /** A program that is one command. */
    public static CommandLine single(Command<?> command, Map<String, String> env) {
        return line(spec(command), env);
    }

    private static CommandLine line(CommandSpec spec, Map<String, String> env) {
        return new CommandLine(spec)
                .setExecutionStrategy(parsed -> execute(parsed, env))
                .setParameterExceptionHandler((e, args) -> {
                    String hint = e.getCause() instanceof SettingException ? "" : " (see --help)";
                    String program = e.getCommandLine().getCommandSpec().qualifiedName();
                    e.getCommandLine().getErr().println(program + ": " + e.getMessage() + hint);
                    return EXIT_USAGE;
                });
    }

    private static CommandSpec spec(Command<?> command) {
        CommandSpec spec = CommandSpec.wrapWithoutInspection(command).name(command.name());
        spec.mixinStandardHelpOptions(true).usageMessage().description(command.description());
        spec.usageMessage().sortOptions(false).abbreviateSynopsis(true);
        spec.usageMessage()
                .footer(
                        "",
                        "Every setting is also an environment variable (--slots: MILLRACE_SLOTS) and a"
                                + " key of the --config file; a flag wins over the environment, that over the file.");
        spec.addOption(OptionSpec.builder("--config")
                .type(String.class)
                .paramLabel("FILE")
                .description("YAML file with settings (also MILLRACE_CONFIG)")
                .build());
        SettingSpec.byName(command.settings()).values().forEach(setting -> spec.addOption(option(setting)));
        return spec;
    }

    private static OptionSpec option(SettingSpec setting) {
        boolean multiple = setting.type() == List.class || setting.type() == Map.class;
        String allowed = setting.allowed();
        boolean required = setting.defaultValue().equals(Setting.REQUIRED);
        String fallback = setting.fallback()
                .filter(text -> !text.isEmpty())
                .map(text -> " (default " + text + ")")
                .orElse(required ? " (required)" : "");
        String help = setting.declared().help() + (allowed.isEmpty() ? "" : "; " + allowed) + fallback;
        return OptionSpec.builder(setting.flag())
                .paramLabel(setting.type() == Map.class ? "KEY=VALUE" : "VALUE")
                .description(help.replace("%", "%%"))
                .type(multiple ? List.class : String.class)
                .auxiliaryTypes(String.class)
                .arity(setting.type() == boolean.class ? "0..1" : "1")
                .fallbackValue(setting.type() == boolean.class ? "true" : "")
                .build();
    }

    /** Runs the command that was named; help and version are answered without one. */
    private static int execute(ParseResult parsed, Map<String, String> env) {
        Integer answered = CommandLine.executeHelpRequest(parsed);
        if (answered != null) {
            return answered;
        }
        CommandLine line = parsed.asCommandLineList().getLast();
        if (!(line.getCommandSpec().userObject() instanceof Command<?> command)) {
            throw new CommandLine.ParameterException(line, "Missing required subcommand");
        }
        try {
            return run(command, line.getParseResult(), env);
        } catch (SettingException e) {
            throw new CommandLine.ParameterException(line, String.valueOf(e.getMessage()), e);
        } catch (Exception e) {
            throw new CommandLine.ExecutionException(line, command.name() + " failed", e);
        }
    }

    private static <T extends Record> int run(Command<T> command, ParseResult parsed, Map<String, String> env)
            throws Exception {
        Map<String, List<String>> flags = new HashMap<>();
        for (SettingSpec setting : SettingSpec.byName(command.settings()).values()) {
            flags.put(setting.name(), YamlSettings.texts(parsed.matchedOptionValue(setting.flag(), null)));
        }
        KnownSettings known = KnownSettings.listed().with(command.name(), command.settings());
        String file = parsed.matchedOptionValue("--config", env.getOrDefault("MILLRACE_CONFIG", ""));
        YamlSettings yaml = file.isBlank() ? YamlSettings.NONE : YamlSettings.read(Path.of(file), known);
        return command.run(
                new SettingsBinder(flags, Environment.of(env, known), yaml, command.name()).bind(command.settings()));
    }
}
