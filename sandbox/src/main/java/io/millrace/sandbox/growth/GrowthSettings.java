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
                defaultValue = "ledger,gate,settled,fleet",
                help = "Parts to measure: ledger, gate, settled, fleet; may be repeated")
        List<String> parts,

        @Setting(defaultValue = "1000,10000,100000", help = "Groups that ledger and gate hold; may be repeated")
        List<String> outstanding,

        @Setting(
                defaultValue = "10000000",
                range = "1000 to 1000000000 groups",
                help = "How many are settled before memory is measured")
        long settledGroups,

        @Setting(defaultValue = "1000", range = "1 to 100000 workers", help = "Of the fleet in virtual time")
        int fleetWorkers,

        @Setting(defaultValue = "64", range = "8 to 65536 samples", help = "Slots of each of its workers")
        int fleetSlots,

        @Setting(defaultValue = "1000", range = "10 to 1000000 steps", help = "Steps that it trains")
        int fleetSteps,

        @Setting(defaultValue = "1", range = "0 to 1000000000000", help = "Of what happens in it")
        long fleetSeed,

        @Setting(help = "File for the figures, JSON") @Nullable
        Path jsonFile) {
    private static final Set<String> PARTS = Set.of("ledger", "gate", "settled", "fleet");

    public GrowthSettings {
        parts = List.copyOf(parts);
        outstanding = List.copyOf(outstanding);
        for (String part : parts) {
            if (!PARTS.contains(part)) {
                throw new SettingException("--parts has ledger, gate, settled, fleet, was '" + part + "'");
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
