package io.millrace.common.cli;

import io.millrace.common.config.Environment;
import io.millrace.common.config.KnownSettings;
import io.millrace.common.config.Setting;
import io.millrace.common.config.SettingException;
import io.millrace.common.config.SettingSpec;
import io.millrace.common.config.SettingsBinder;
import io.millrace.common.config.YamlSettings;
import io.millrace.common.log.LogFormat;
import io.millrace.common.log.Secrets;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
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

    private static final int EXIT_FAILED = 1;
    private static final String LOG_FORMAT = "--log-format";

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
                    // Picocli quotes what it does not understand, and that may be a password behind a misspelt flag.
                    Stream.of(args).forEach(Secrets::learn);
                    String hint = e.getCause() instanceof SettingException ? "" : " (see --help)";
                    String program = e.getCommandLine().getCommandSpec().qualifiedName();
                    say(e.getCommandLine(), program + ": " + e.getMessage() + hint, null);
                    return EXIT_USAGE;
                })
                .setExecutionExceptionHandler((e, line, parsed) -> {
                    say(line, line.getCommandName() + " failed", e);
                    return EXIT_FAILED;
                });
    }

    /** The last words of a program, in the form of its log lines where a collector reads them. */
    private static void say(CommandLine line, String text, @Nullable Throwable cause) {
        if (LogFormat.current() == LogFormat.JSON) {
            LoggerFactory.getLogger(CommandLines.class).error(text, cause);
            return;
        }
        StringWriter trace = new StringWriter();
        if (cause != null) {
            cause.printStackTrace(new PrintWriter(trace, true));
        }
        line.getErr().println(Secrets.hide((text + "\n" + trace).strip()));
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
        spec.addOption(OptionSpec.builder(LOG_FORMAT)
                .type(String.class)
                .paramLabel("FORMAT")
                .description("Form of the log lines on standard error: text or json, one object a line (also "
                        + LogFormat.VARIABLE + ")")
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
                .hidden(setting.isSecret())
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
            format(line.getParseResult(), env);
            return run(command, line.getParseResult(), env);
        } catch (SettingException e) {
            throw new CommandLine.ParameterException(line, String.valueOf(e.getMessage()), e);
        } catch (Exception e) {
            throw new CommandLine.ExecutionException(line, command.name() + " failed", e);
        }
    }

    /** Before anything else: a flag's form holds from the first line on. The settings file comes too late to have it. */
    private static void format(ParseResult parsed, Map<String, String> env) {
        String variable = env.getOrDefault(LogFormat.VARIABLE, "");
        String flag = parsed.matchedOptionValue(LOG_FORMAT, "");
        String word = flag.isBlank() ? variable : flag;
        if (!word.isBlank()) {
            LogFormat.use(LogFormat.of(word)
                    .orElseThrow(() -> new SettingException(LOG_FORMAT + " must be text or json, was '" + word
                            + "' (from " + (flag.isBlank() ? LogFormat.VARIABLE : LOG_FORMAT) + ")")));
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
