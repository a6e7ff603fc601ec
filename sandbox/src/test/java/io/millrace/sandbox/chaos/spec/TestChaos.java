package io.millrace.sandbox.chaos.spec;

import io.millrace.common.config.SettingsBinder;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Settings for the tests of chaos runs. */
public final class TestChaos {
    public long seed = 1;
    public int faults = 30;
    int faultsPerRoleMin;
    public int brokers = 1;
    double overlapShare = 0.2;
    List<String> roles = List.of();
    List<String> kinds = List.of();

    public ChaosSettings settings() {
        Map<String, String> flags = new HashMap<>(Map.of(
                "seed", "" + seed,
                "faults", "" + faults,
                "faults-per-role-min", "" + faultsPerRoleMin,
                "brokers", "" + brokers,
                "overlap-share", "" + overlapShare));
        flags.put("role", String.join(",", roles));
        flags.put("kind", String.join(",", kinds));
        return SettingsBinder.of(ChaosSettings.class, flags);
    }
}
