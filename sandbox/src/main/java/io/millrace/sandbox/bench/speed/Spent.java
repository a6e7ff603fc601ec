package io.millrace.sandbox.bench.speed;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.LinkedHashMap;
import java.util.Map;

/** Time and this process' CPU since a moment. */
final class Spent {
    private static final OperatingSystemMXBean SYSTEM =
            (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

    private final long beganNanos = System.nanoTime();
    private final long beganCpuNanos = SYSTEM.getProcessCpuTime();

    /** The figures of so many groups that took until now. */
    Map<String, Double> figures(int groups, long bytes) {
        double seconds = (System.nanoTime() - beganNanos) / 1e9;
        double cpuSeconds = (SYSTEM.getProcessCpuTime() - beganCpuNanos) / 1e9;
        Map<String, Double> figures = new LinkedHashMap<>();
        figures.put("groups_per_second", groups / seconds);
        figures.put("mb_per_second", bytes / 1e6 / seconds);
        figures.put("cpu_seconds_per_gb", cpuSeconds / (bytes / 1e9));
        return figures;
    }
}
