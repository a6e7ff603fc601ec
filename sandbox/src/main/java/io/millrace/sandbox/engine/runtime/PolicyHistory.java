package io.millrace.sandbox.engine.runtime;

import io.millrace.sandbox.policy.AnswerPolicy;
import java.util.Map;
import java.util.TreeMap;

/** Which policy was in force when. Thread-safe. */
public final class PolicyHistory {
    /** A request older than so many updates is answered by the oldest that is remembered. */
    private static final int REMEMBERED = 1_000;

    private final TreeMap<Long, AnswerPolicy> policies = new TreeMap<>();

    PolicyHistory(AnswerPolicy first) {
        policies.put(Long.MIN_VALUE, first);
    }

    /** In force from this moment on. */
    synchronized void set(AnswerPolicy policy, long nowNanos) {
        policies.put(nowNanos, policy);
        if (policies.size() > REMEMBERED) {
            policies.pollFirstEntry();
        }
    }

    synchronized AnswerPolicy at(long nanos) {
        Map.Entry<Long, AnswerPolicy> entry = policies.lowerEntry(nanos);
        return (entry == null ? policies.firstEntry() : entry).getValue();
    }
}
