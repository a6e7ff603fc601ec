package io.millrace.common.kafka;

import io.millrace.common.config.SettingException;
import io.millrace.common.json.BadRecordException;
import io.millrace.common.json.NewerRecordException;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * What a newer release has written is not passed over by who must account for it: the process ends in one line, and its
 * successor of that release reads the record where it stands. Stateless.
 */
public final class NewerRecords {
    private NewerRecords() {}

    /**
     * Returns for any other record, which may be skipped.
     *
     * @param e what reading the record has failed with
     * @throws SettingException when a newer release wrote it
     */
    public static void refuse(ConsumerRecord<?, ?> record, BadRecordException e) {
        if (e instanceof NewerRecordException) {
            throw new SettingException(record.topic() + " holds, in partition " + record.partition() + " at offset "
                    + record.offset() + ", what a newer release has written (" + e.getMessage()
                    + "): start this process by that release; nothing is passed over meanwhile");
        }
    }
}
