package io.millrace.trainer.evaluate.score;

import java.util.HashMap;
import java.util.Map;

/**
 * How long ago each evaluation was asked for, without comparing two hosts' clocks, nor one host's before and after a step:
 * what came while this process read the topics counts from its arrival, by the monotonic clock; what stood there before
 * has, at the moment all was read, the age that the broker's times of its record and of the newest record read give. A
 * broker clock that went back makes an evaluation younger, never older. Milliseconds. Pure; one owner.
 */
public final class EvaluationAges {
    /** By evaluation: when it was asked for, on the monotonic clock. */
    private final Map<String, Long> sinceMs = new HashMap<>();
    /** The same of those read back, on the broker's clock. */
    private final Map<String, Long> appendedMs = new HashMap<>();

    private long newestAppendMs = Long.MIN_VALUE;

    /** A record of any topic of the run stood there before. */
    public void readBack(long brokerMs) {
        newestAppendMs = Math.max(newestAppendMs, brokerMs);
    }

    /** The request of an evaluation stood there before. */
    public void readBack(String evalId, long brokerMs) {
        readBack(brokerMs);
        appendedMs.putIfAbsent(evalId, brokerMs);
    }

    /** Everything that stood there is read. */
    public void allRead(long nowMs) {
        appendedMs.forEach((id, brokerMs) -> sinceMs.putIfAbsent(id, nowMs - Math.max(0, newestAppendMs - brokerMs)));
        appendedMs.clear();
    }

    /** The request of an evaluation has just come; again changes nothing. */
    public void arrived(String evalId, long nowMs) {
        sinceMs.putIfAbsent(evalId, nowMs);
    }

    /** Its age counts no more. */
    public void ended(String evalId) {
        sinceMs.remove(evalId);
        appendedMs.remove(evalId);
    }

    /** 0 for one that is not known. */
    public long ageMs(String evalId, long nowMs) {
        Long since = sinceMs.get(evalId);
        return since == null ? 0 : nowMs - since;
    }
}
