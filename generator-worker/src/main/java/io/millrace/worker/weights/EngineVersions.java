package io.millrace.worker.weights;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.metrics.catalogue.WorkerMetric;
import io.millrace.worker.engine.dialect.VersionWord;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads engines' words by the newest policy. A number that no trainer can have counted to is a name, as {@code 20261124}
 * is: such an engine is one that tells no version, or its tokens would be fresh for ever. Thread-safe.
 */
public final class EngineVersions implements VersionWord.Reading {
    private static final Logger log = LoggerFactory.getLogger(EngineVersions.class);
    /** Of words that were warned of; an engine has one name. */
    private static final int WARNED_MAX = 100;

    private final WeightsGate gate;
    private final Counter names;
    private final Set<String> warned = ConcurrentHashMap.newKeySet();

    public EngineVersions(WeightsGate gate, MeterRegistry registry) {
        this.gate = gate;
        this.names = WorkerMetric.VERSION_WORDS_UNREAD.counter(registry);
    }

    @Override
    public OptionalLong version(@Nullable String word) {
        OptionalLong number = VersionWord.number(word);
        if (word == null || number.isEmpty()) {
            return OptionalLong.empty();
        }
        return gate.version(number.getAsLong());
    }

    @Override
    public Lineage lineage() {
        return gate.policy().lineage();
    }

    @Override
    public WeightVersion word(WeightVersion version) {
        return gate.policy().words().word(version);
    }

    @Override
    public void answered(@Nullable String word) {
        if (word == null || VersionWord.number(word).isEmpty() || version(word).isPresent()) {
            return;
        }
        names.increment();
        if (warned.size() < WARNED_MAX && warned.add(word)) {
            log.warn(
                    "an engine calls its weights '{}', the trainer is at {}: that is no version (version-jump-max), so"
                            + " the engine counts as one that tells none",
                    word,
                    gate.policy().word());
        }
    }
}
