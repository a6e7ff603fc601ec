package io.millrace.common.lifecycle;

import com.sun.management.UnixOperatingSystemMXBean;
import io.millrace.common.config.SettingException;
import java.lang.management.ManagementFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

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

    /** Jars not opened yet, connections that are closing. */
    static final int RESERVE = 64;

    private static final Logger log = LoggerFactory.getLogger(OpenFiles.class);

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
     * For a process that no setting makes larger; says how many are needed.
     *
     * @param kafkaClients that are open at once
     * @param callers connections that the process's server takes at once, whoever makes them
     * @throws SettingException when the limit is too low
     */
    public void require(int kafkaClients, int callers) {
        long needed = fixed(kafkaClients, callers);
        if (needed > limit) {
            throw new SettingException(mayHave(needed) + parts(kafkaClients, callers) + raise(needed));
        }
        enough(needed, parts(kafkaClients, callers));
    }

    /**
     * For a process that holds as many connections as a setting says; says how many are needed.
     *
     * @param kafkaClients that are open at once
     * @param callers connections that the process's server takes at once, whoever makes them
     * @param flag of the setting, {@code --slots}
     * @param connections its value
     * @throws SettingException when the limit is too low; names both ways out
     */
    public void require(int kafkaClients, int callers, String flag, int connections) {
        long fixed = fixed(kafkaClients, callers);
        long needed = fixed + connections;
        String parts = connections + " connections (" + flag + "), " + parts(kafkaClients, callers);
        if (needed > limit) {
            throw new SettingException(flag + " " + connections + ": " + mayHave(needed) + parts + raise(needed)
                    + (limit - fixed < 1 ? "" : ", or set " + flag + " to at most " + (limit - fixed)));
        }
        enough(needed, parts);
    }

    private long fixed(int kafkaClients, int callers) {
        return open + (long) kafkaClients * FILES_OF_A_KAFKA_CLIENT + callers + RESERVE;
    }

    private String parts(int kafkaClients, int callers) {
        return kafkaClients * FILES_OF_A_KAFKA_CLIENT + " for " + kafkaClients + " Kafka clients, " + callers
                + " for who calls its port, " + open + " open already, " + RESERVE + " in reserve";
    }

    private String mayHave(long needed) {
        return "this process may have " + limit + " open files (ulimit -n) and needs " + needed + ": ";
    }

    private static String raise(long needed) {
        return "; raise it (ulimit -n " + needed + ")";
    }

    private void enough(long needed, String parts) {
        if (limit < Long.MAX_VALUE) {
            log.info("needs up to {} open files of {} (ulimit -n): {}", needed, limit, parts);
        }
    }
}
