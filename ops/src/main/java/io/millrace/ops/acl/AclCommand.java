package io.millrace.ops.acl;

import io.millrace.common.access.Right;
import io.millrace.common.access.Rights;
import io.millrace.common.access.Role;
import io.millrace.common.cli.Command;
import io.millrace.common.config.Setting;
import io.millrace.common.config.SettingException;
import io.millrace.common.id.RunId;
import io.millrace.common.kafka.KafkaClients;
import io.millrace.common.kafka.KafkaSettings;
import io.millrace.common.topics.RunTopics;
import io.millrace.ops.cluster.RunClients;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclBindingFilter;

/**
 * {@code millrace acl}: what each role of a run needs at a broker that asks for rights, as a table, as commands of Kafka's
 * own tool, or granted. A run's rights name the run; its topics need not be there.
 */
public final class AclCommand extends Command<AclCommand.Settings> {
    /** Of the client that grants; it moves no records. */
    private static final int RECORD_BYTES = 1 << 20;

    /** As brokers write them; without the colon Kafka takes none. */
    private static final Pattern PRINCIPAL = Pattern.compile("[A-Za-z0-9]+:\\S.*");

    private final PrintStream out;

    public AclCommand() {
        this(System.out);
    }

    /** @param out where the answer goes */
    public AclCommand(PrintStream out) {
        super(
                "acl",
                "Shows the rights that a run's roles need at the broker, and grants or revokes them.",
                Settings.class);
        this.out = out;
    }

    /** What is done with the rights. */
    public enum Action {
        PRINT,
        GRANT,
        REVOKE
    }

    /** What the command takes. */
    public record Settings(
            @Setting(defaultValue = Setting.REQUIRED, help = "Id of the training run; it need not be there yet")
            RunId run,

            @Setting(
                    defaultValue = "",
                    help = "Who the producer is to the broker, such as User:producer; may be repeated")
            List<String> producer,

            @Setting(defaultValue = "", help = "Who the workers are, such as User:worker; may be repeated")
            List<String> worker,

            @Setting(defaultValue = "", help = "Who the trainer consumer is, such as User:trainer; may be repeated")
            List<String> trainer,

            @Setting(
                    defaultValue = "",
                    help = "Who may read all of the run and write nothing (lag, audit, peek, page), such as"
                            + " User:operator; may be repeated")
            List<String> operator,

            @Setting(
                    defaultValue = "print",
                    help = "Print commands of Kafka's kafka-acls.sh, or a table where no principal is named; grant or"
                            + " revoke the rights at the broker")
            Action action,

            KafkaSettings kafka) {
        public Settings {
            producer = List.copyOf(producer);
            worker = List.copyOf(worker);
            trainer = List.copyOf(trainer);
            operator = List.copyOf(operator);
        }

        Map<Role, List<String>> principals() {
            Map<Role, List<String>> principals = new EnumMap<>(Role.class);
            principals.put(Role.PRODUCER, producer);
            principals.put(Role.WORKER, worker);
            principals.put(Role.TRAINER, trainer);
            principals.put(Role.OPERATOR, operator);
            return principals;
        }
    }

    @Override
    public int run(Settings settings) throws Exception {
        Map<Role, List<String>> principals = settings.principals();
        principals.values().forEach(named -> named.forEach(AclCommand::check));
        RunTopics topics = new RunTopics(settings.run());
        if (principals.values().stream().allMatch(List::isEmpty)) {
            if (settings.action() != Action.PRINT) {
                throw SettingException.impossible(
                        "--action", "nobody is named: --producer, --worker, --trainer or --operator");
            }
            AclText.table(topics).forEach(out::println);
            return 0;
        }
        switch (settings.action()) {
            case PRINT ->
                principals.forEach((role, named) -> named.forEach(
                        principal -> AclText.commands(settings.kafka().bootstrap(), role, principal, topics)
                                .forEach(out::println)));
            case GRANT, REVOKE -> change(settings, bindings(principals, topics));
        }
        return 0;
    }

    private static void check(String principal) {
        if (!PRINCIPAL.matcher(principal).matches()) {
            throw new SettingException(
                    "--producer, --worker, --trainer and --operator take principals as the broker writes them, User:name;"
                            + " was '" + principal + "'");
        }
    }

    private static List<AclBinding> bindings(Map<Role, List<String>> principals, RunTopics topics) {
        List<AclBinding> bindings = new ArrayList<>();
        principals.forEach((role, named) -> {
            for (String principal : named) {
                Rights.of(role, topics).stream()
                        .map((Right right) -> right.binding(principal))
                        .forEach(bindings::add);
            }
        });
        return bindings;
    }

    /** Whoever grants needs ALTER on the cluster. */
    private void change(Settings settings, List<AclBinding> bindings) throws InterruptedException {
        try (Admin admin = new KafkaClients(settings.kafka(), RECORD_BYTES).admin("millrace-acl")) {
            if (settings.action() == Action.GRANT) {
                RunClients.answer(
                        "grant rights (it takes ALTER on the cluster)",
                        admin.createAcls(bindings).all());
                out.println(bindings.size() + " rights on run " + settings.run() + " are granted");
            } else {
                int gone = RunClients.answer(
                                "revoke rights (it takes ALTER on the cluster)",
                                admin.deleteAcls(bindings.stream()
                                                .map(AclBinding::toFilter)
                                                .map((AclBindingFilter filter) -> filter)
                                                .toList())
                                        .all())
                        .size();
                out.println(gone + " rights on run " + settings.run() + " are revoked");
            }
        }
    }
}
