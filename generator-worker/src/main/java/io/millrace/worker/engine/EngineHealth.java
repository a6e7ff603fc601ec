package io.millrace.worker.engine;

import io.millrace.common.lifecycle.Health;
import io.millrace.common.record.WorkersRecord.EngineStatus;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the health report and the log how the engines are: with one that is well the worker can do its job, with none it
 * cannot. Owned by the loop that asks them.
 */
final class EngineHealth {
    private static final Logger log = LoggerFactory.getLogger(EngineHealth.class);
    private static final String PART = "engines";

    private final Health health;
    private boolean noneWell;

    EngineHealth(Health health) {
        this.health = health;
    }

    /** @param waitingForWeights requests that wait for an engine to be updated */
    void report(List<EngineStatus> engines, int waitingForWeights) {
        List<String> away = engines.stream()
                .filter(engine -> !engine.healthy())
                .map(EngineStatus::address)
                .toList();
        if (away.size() == engines.size()) {
            if (!noneWell) {
                log.warn("no engine is well: {}; what is claimed waits for one", names(away));
            }
            noneWell = true;
            health.blocked(PART, "engines, none of which is well: " + names(away));
            return;
        }
        if (noneWell) {
            log.warn("an engine is well again; {}", away.isEmpty() ? "all are" : "still not: " + names(away));
        }
        noneWell = false;
        if (!away.isEmpty()) {
            health.waiting(PART, "engines that are not well, while others are: " + names(away));
        } else if (waitingForWeights > 0) {
            health.waiting(PART, "an engine with the weights that tasks were issued at");
        } else {
            health.running(PART);
        }
    }

    private static String names(List<String> addresses) {
        return addresses.isEmpty() ? "all were taken off" : String.join(", ", addresses);
    }
}
