package io.millrace.common.lifecycle;

import com.sun.management.UnixOperatingSystemMXBean;
import io.millrace.common.config.SettingException;
import java.lang.management.ManagementFactory;

/**
 * Whether the process may open as many files as its settings make it need. A connection is a file to the operating
 * system; one too few and the JVM fails in the middle of its work, in ways that no code of ours can mend. So it is counted
 * at the start.
 *
 * @param limit the most that the process may have open; {@link Long#MAX_VALUE} where the system does not say
 * @param open now: class path, logs, what the JVM itself holds
 */
public record OpenFiles(long limit, long open) {
    /** A client's selector, and its connections to the brokers that lead its partitions and coordinate its group. */
    static final int FILES_OF_A_KAFKA_CLIENT = 8;

    /** Jars not opened yet, the operations server and who asks it, connections that are closing. */
    static final int RESERVE = 64;

    public OpenFiles {
        if (limit < 1 || open < 0) {
            throw new IllegalArgumentException("of " + limit + " files " + open + " are open");
        }
    }

    /** As it is now. */
    public static OpenFiles ofThisProcess() {
        return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix
                        && unix.getMaxFileDescriptorCount() > 0
                ? new OpenFiles(unix.getMaxFileDescriptorCount(), Math.max(0, unix.getOpenFileDescriptorCount()))
                : new OpenFiles(Long.MAX_VALUE, 0);
    }

    /**
     * For a process that no setting makes larger.
     *
     * @param kafkaClients that are open at once
     * @throws SettingException when the limit is too low
     */
    public void require(int kafkaClients) {
        long needed = fixed(kafkaClients);
        if (needed > limit) {
            throw new SettingException(shortage(needed, kafkaClients, "") + "; raise it (ulimit -n " + needed + ")");
        }
    }

    /**
     * For a process that holds as many connections as a setting says.
     *
     * @param kafkaClients that are open at once
     * @param flag of the setting, {@code --slots}
     * @param connections its value
     * @throws SettingException when the limit is too low; names both ways out
     */
    public void require(int kafkaClients, String flag, int connections) {
        long needed = fixed(kafkaClients) + connections;
        if (needed <= limit) {
            return;
        }
        long left = limit - fixed(kafkaClients);
        throw new SettingException(flag + " " + connections + ": "
                + shortage(needed, kafkaClients, connections + " connections (" + flag + "), ")
                + "; raise it (ulimit -n " + needed + ")"
                + (left < 1 ? "" : ", or set " + flag + " to at most " + left));
    }

    private long fixed(int kafkaClients) {
        return open + (long) kafkaClients * FILES_OF_A_KAFKA_CLIENT + RESERVE;
    }

    private String shortage(long needed, int kafkaClients, String more) {
        return "this process may have " + limit + " open files (ulimit -n) and needs " + needed + ": " + more
                + kafkaClients * FILES_OF_A_KAFKA_CLIENT + " for " + kafkaClients + " Kafka clients, " + open
                + " open already, " + RESERVE + " in reserve";
    }
}
