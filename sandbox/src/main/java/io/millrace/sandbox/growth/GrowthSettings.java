package io.millrace.sandbox.growth;

import io.millrace.common.config.Setting;
import io.millrace.common.config.SettingException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What {@code millrace bench-growth} measures.
 */
public record GrowthSettings(
        @Setting(
                defaultValue = "ledger,gate,settled",
                help = "Parts to measure: ledger, gate, settled; may be repeated")
        List<String> parts,

        @Setting(defaultValue = "1000,10000,100000", help = "Groups that ledger and gate hold; may be repeated")
        List<String> outstanding,

        @Setting(
                defaultValue = "10000000",
                range = "1000 to 1000000000 groups",
                help = "How many are settled before memory is measured")
        long settledGroups,

        @Setting(help = "File for the figures, JSON") @Nullable
        Path jsonFile) {
    private static final Set<String> PARTS = Set.of("ledger", "gate", "settled");

    public GrowthSettings {
        parts = List.copyOf(parts);
        outstanding = List.copyOf(outstanding);
        for (String part : parts) {
            if (!PARTS.contains(part)) {
                throw new SettingException("--parts has ledger, gate, settled, was '" + part + "'");
            }
        }
        for (String groups : outstanding) {
            if (!groups.matches("[1-9][0-9]{2,6}")) {
                throw new SettingException("--outstanding must be 100 to 9999999 groups, was '" + groups + "'");
            }
        }
    }

    List<Long> sizes() {
        return outstanding.stream().map(Long::valueOf).toList();
    }
}
