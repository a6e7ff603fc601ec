package io.millrace.common.id;

import java.util.UUID;

/**
 * One life of one worker process: what it is called, and which start of it this is.
 *
 * @param workerId stable name, such as host and number; not blank
 * @param incarnation different at each start; not blank
 */
public record WorkerIncarnation(String workerId, String incarnation) {
    public WorkerIncarnation {
        if (workerId.isBlank() || incarnation.isBlank()) {
            throw new IllegalArgumentException("worker_id and incarnation must not be blank");
        }
    }

    /** A new life of the named worker. */
    public static WorkerIncarnation start(String workerId) {
        return new WorkerIncarnation(workerId, UUID.randomUUID().toString().substring(0, 8));
    }

    /** The key of its status records. */
    public String key() {
        return workerId + "/" + incarnation;
    }
}
