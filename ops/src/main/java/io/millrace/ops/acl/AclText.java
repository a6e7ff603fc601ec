package io.millrace.ops.acl;

import io.millrace.common.access.Right;
import io.millrace.common.access.Rights;
import io.millrace.common.access.Role;
import io.millrace.common.topics.RunTopics;
import io.millrace.ops.text.TextTable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.kafka.common.resource.ResourceType;

/** Rights as people read them, and as Kafka's own tool takes them. Pure. */
final class AclText {
    private AclText() {}

    /** What stands together: the operations on one resource. */
    private record Resource(ResourceType type, String name, boolean prefixed) {}

    /** One line for each role and resource. */
    static List<String> table(RunTopics topics) {
        TextTable table = new TextTable("role", "resource", "operations", "why");
        rows(topics).forEach(row -> table.row(row.toArray()));
        return table.lines();
    }

    /** The same as a table of a Markdown page. */
    static List<String> markdown(RunTopics topics) {
        List<String> lines = new ArrayList<>(List.of("| role | resource | operations | why |", "|---|---|---|---|"));
        rows(topics)
                .forEach(row -> lines.add(
                        "| " + row.get(0) + " | `" + row.get(1) + "` | " + row.get(2) + " | " + row.get(3) + " |"));
        return lines;
    }

    private static List<List<String>> rows(RunTopics topics) {
        List<List<String>> rows = new ArrayList<>();
        for (Role role : Role.values()) {
            byResource(role, topics)
                    .forEach((resource, rights) -> rows.add(List.of(
                            role.word(),
                            word(resource.type()) + " " + resource.name() + (resource.prefixed() ? "*" : ""),
                            operations(rights, ", "),
                            rights.stream().map(Right::why).distinct().collect(Collectors.joining("; ")))));
        }
        return rows;
    }

    /** A command for each resource. */
    static List<String> commands(String bootstrap, Role role, String principal, RunTopics topics) {
        List<String> lines = new ArrayList<>();
        lines.add("# the " + role.word() + " of run " + topics.run());
        byResource(role, topics)
                .forEach((resource, rights) -> lines.add("kafka-acls.sh --bootstrap-server " + bootstrap
                        + " --command-config admin.properties --add --allow-principal '" + principal + "' --"
                        + flag(resource.type()) + " " + resource.name() + " --resource-pattern-type "
                        + (resource.prefixed() ? "prefixed" : "literal") + " --operation "
                        + operations(rights, " --operation ")));
        return lines;
    }

    private static Map<Resource, List<Right>> byResource(Role role, RunTopics topics) {
        return Rights.of(role, topics).stream()
                .collect(Collectors.groupingBy(
                        right -> new Resource(right.type(), right.name(), right.prefixed()),
                        LinkedHashMap::new,
                        Collectors.toList()));
    }

    private static String operations(List<Right> rights, String between) {
        return rights.stream().map(right -> right.operation().name()).collect(Collectors.joining(between));
    }

    private static String word(ResourceType type) {
        return flag(type).replace('-', ' ');
    }

    private static String flag(ResourceType type) {
        return type.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
