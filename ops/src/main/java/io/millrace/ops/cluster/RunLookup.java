package io.millrace.ops.cluster;

import io.millrace.common.config.SettingException;
import io.millrace.common.id.RunId;
import io.millrace.common.topics.RunTopics;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.KafkaFuture;

/** Whether a run is there, with an error that helps when it is not. */
public final class RunLookup {
    private static final String PROMPTS = ".prompts";

    private RunLookup() {}

    /** @throws SettingException naming the run and those that are there */
    public static RunTopics require(Admin admin, RunId run, Duration limit) throws InterruptedException {
        Set<String> topics = get("list topics", admin.listTopics().names(), limit);
        RunTopics names = new RunTopics(run);
        if (!topics.contains(names.prompts())) {
            throw new SettingException(unknown(run, topics));
        }
        return names;
    }

    static String unknown(RunId run, Set<String> topics) {
        List<String> runs = topics.stream()
                .filter(topic -> topic.endsWith(PROMPTS))
                .map(topic -> topic.substring(0, topic.length() - PROMPTS.length()))
                .sorted()
                .toList();
        return "--run: there is no run '" + run + "' on this cluster (no topic " + run + PROMPTS + "); "
                + (runs.isEmpty() ? "it has no run at all" : "it has " + String.join(", ", runs));
    }

    /** @throws SettingException when the broker does not answer or refuses */
    public static <T> T get(String what, KafkaFuture<T> future, Duration limit) throws InterruptedException {
        try {
            return future.get(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            Throwable cause = e instanceof ExecutionException && e.getCause() != null ? e.getCause() : e;
            throw new SettingException(
                    "cannot " + what + ": " + cause + " (is the broker up at --bootstrap, and may this client do it?)");
        }
    }
}
