package io.millrace.common.access;

import io.millrace.common.config.SettingException;
import io.millrace.common.topics.RunTopics;
import io.millrace.common.topics.TopicAdmin;
import io.millrace.common.topics.TopicSettings;
import io.millrace.common.topics.TopicSpec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DescribeTopicsOptions;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.resource.ResourceType;

/*
 * Who makes what is missing makes a run of every name that is given to it: one letter wrong, and a worker waits for ever
 * for prompts that its producer publishes elsewhere. So the producer alone makes runs, and everyone else comes to one.
 */

/**
 * Comes to a run that its producer has made: its topics are there, this client may do with them what its role does, and
 * they have the partitions that it counts by. Makes and changes nothing, and asks for no right but what the role needs
 * anyway. What else a topic must be, the producer verifies. Stateless; for one thread at a time.
 */
public final class RunJoin {
    private final Admin admin;
    private final Refusals refusals;
    private final TopicSettings settings;
    private final Duration limit;

    /**
     * @param admin not owned
     * @param limit how long the broker may take to answer, each call
     */
    public RunJoin(Admin admin, Refusals refusals, TopicSettings settings, Duration limit) {
        this.admin = admin;
        this.refusals = refusals;
        this.settings = settings;
        this.limit = limit;
    }

    /**
     * Looks once.
     *
     * @return what to wait for, with the runs that this client can see; empty when it has come to its run
     * @throws SettingException when a right is missing, or the run has another form; with a cause where the same call may do
     *     better later
     */
    public Optional<String> waitsFor() throws InterruptedException {
        Map<String, Set<AclOperation>> needed = Rights.onTopics(refusals.role(), refusals.topics());
        Map<String, KafkaFuture<TopicDescription>> asked = admin.describeTopics(
                        needed.keySet(), new DescribeTopicsOptions().includeAuthorizedOperations(true))
                .topicNameValues();
        List<String> absent = new ArrayList<>();
        List<String> refused = new ArrayList<>();
        for (Map.Entry<String, Set<AclOperation>> topic : needed.entrySet()) {
            KafkaFuture<TopicDescription> answer = asked.get(topic.getKey());
            if (answer == null) {
                continue;
            }
            Set<AclOperation> lacking = EnumSet.copyOf(topic.getValue());
            try {
                TopicDescription there = answer.get(limit.toMillis(), TimeUnit.MILLISECONDS);
                Set<AclOperation> granted = there.authorizedOperations();
                if (granted == null) {
                    lacking.clear();
                } else {
                    lacking.removeAll(granted);
                }
                TopicAdmin.checkPartitions(
                        spec(topic.getKey()), there.partitions().size());
            } catch (ExecutionException e) {
                if (e.getCause() instanceof UnknownTopicOrPartitionException) {
                    lacking.clear();
                    absent.add(topic.getKey());
                } else if (!(e.getCause() instanceof TopicAuthorizationException)) {
                    throw TopicAdmin.failed("describe topic " + topic.getKey(), e);
                }
            } catch (TimeoutException e) {
                throw TopicAdmin.failed("describe topic " + topic.getKey(), e);
            }
            if (!lacking.isEmpty()) {
                refused.add(Refusals.missing(lacking, ResourceType.TOPIC, topic.getKey()));
            }
        }
        if (!refused.isEmpty()) {
            throw new SettingException(refusals.lacking(refused));
        }
        return absent.isEmpty() ? Optional.empty() : Optional.of(missing(absent));
    }

    private TopicSpec spec(String topic) {
        Map<String, TopicSpec> specs =
                TopicSpec.all(settings).stream().collect(Collectors.toMap(TopicSpec::name, Function.identity()));
        TopicSpec spec = specs.get(topic);
        if (spec == null) {
            throw new IllegalStateException(topic + " is none of the run's topics");
        }
        return spec;
    }

    private String missing(List<String> absent) throws InterruptedException {
        Set<String> seen = TopicAdmin.answer("list topics", admin.listTopics().names(), limit);
        return "run '" + settings.run() + "', which its producer has not made yet (no topic "
                + String.join(", ", absent.subList(0, Math.min(3, absent.size())))
                + (absent.size() > 3 ? " and " + (absent.size() - 3) + " more" : "") + "); "
                + RunTopics.said(RunTopics.runs(seen));
    }
}
