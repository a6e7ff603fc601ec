package io.millrace.ops.cluster;

import io.millrace.common.config.SettingException;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;

/** Deletes topics, and waits until nobody is told of them any more. Stateless. */
public final class TopicDeletion {
    /** The controller confirms a deletion before every broker has heard of it; news travel in less. */
    private static final Duration NEWS_WAIT = Duration.ofMillis(50);

    private TopicDeletion() {}

    /** @throws SettingException when the broker refuses, or still tells of one after {@link RunClients#LIMIT} */
    public static void delete(Admin admin, Collection<String> topics) throws InterruptedException {
        RunClients.answer("delete topics " + topics, admin.deleteTopics(topics).all());
        long since = System.nanoTime();
        while (true) {
            Set<String> left = new HashSet<>(
                    RunClients.answer("list topics", admin.listTopics().names()));
            left.retainAll(topics);
            if (left.isEmpty()) {
                return;
            }
            if (System.nanoTime() - since > RunClients.LIMIT.toNanos()) {
                throw new SettingException("the broker still tells of " + left + ", which it has deleted");
            }
            Thread.sleep(NEWS_WAIT);
        }
    }
}
