package io.millrace.worker.engine;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.common.metrics.catalogue.WorkerMetric;
import io.millrace.common.record.WorkersRecord.EngineStatus;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;

/** Shows of each engine that the worker has whether it is well; one that was taken off is shown no more. One owner. */
final class EngineMeters {
    private record Shown(AtomicBoolean well, Gauge gauge) {}

    private final MeterRegistry registry;
    private final Map<String, Shown> shown = new HashMap<>();

    EngineMeters(MeterRegistry registry) {
        this.registry = registry;
    }

    void show(List<EngineStatus> engines) {
        for (EngineStatus engine : engines) {
            shown.computeIfAbsent(engine.address(), this::begin).well().set(engine.healthy());
        }
        Set<String> now = engines.stream().map(EngineStatus::address).collect(Collectors.toSet());
        shown.entrySet().removeIf(one -> {
            boolean gone = !now.contains(one.getKey());
            if (gone) {
                registry.remove(one.getValue().gauge());
            }
            return gone;
        });
    }

    private Shown begin(String address) {
        AtomicBoolean well = new AtomicBoolean();
        return new Shown(well, WorkerMetric.ENGINE_UP.gauge(registry, () -> well.get() ? 1 : 0, address));
    }
}
