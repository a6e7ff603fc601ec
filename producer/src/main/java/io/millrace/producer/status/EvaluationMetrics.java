package io.millrace.producer.status;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.producer.ledger.Decision;
import java.util.Locale;

/** What the producer counts of evaluations since the process began. Thread-safe. */
public final class EvaluationMetrics {
    private final MeterRegistry registry;
    private final Counter issued;
    private final Counter failed;

    public EvaluationMetrics(MeterRegistry registry) {
        this.registry = registry;
        this.issued = Counter.builder("millrace.producer.evaluations.issued.groups")
                .description("Groups of evaluations issued for the first time by this process")
                .register(registry);
        this.failed = Counter.builder("millrace.producer.evaluations.failed")
                .description("Evaluations whose tasks could not be issued")
                .register(registry);
    }

    public void issued(int groups) {
        issued.increment(groups);
    }

    public void failed() {
        failed.increment();
    }

    /** What was decided of a group stands on the topics. */
    public void decided(Decision decision) {
        Counter.builder("millrace.producer.evaluations.attempts.over")
                .description(
                        "Attempts of evaluations that were issued again or were the group's last, by how they ended")
                .tag("kind", decision.kind().name().toLowerCase(Locale.ROOT))
                .register(registry)
                .increment();
    }
}
