package io.millrace.common.access;

import io.millrace.common.record.GroupKind;
import io.millrace.common.topics.Lane;
import io.millrace.common.topics.RunTopics;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.resource.ResourceType;

/*
 * The broker counts some operations in others: who may READ, WRITE, DELETE or ALTER a resource may DESCRIBE it, and who
 * may ALTER_CONFIGS may DESCRIBE_CONFIGS. A transactional id needs no right to an idempotent producer: WRITE on any topic
 * gives that. Names after the run's id are told one by one, since a pattern of the broker's covers beginnings only; a run's
 * id holds no dot, so that `<run>.` covers one run.
 */

/** The least that each role needs, and no role needs more for anything that Millrace does in it. Pure. */
public final class Rights {
    private static final String TAKES_TASKS = "takes tasks";
    private static final String SHOWS_LAG = "shows consumer lag to other tools";
    private static final String SHOWS_RUN = "shows the run on its page";
    private static final String WRITES_RESULTS = "writes what it made";

    private final RunTopics topics;
    private final List<Right> rights = new ArrayList<>();

    private Rights(RunTopics topics) {
        this.topics = topics;
    }

    /** In the order in which people read them. */
    public static List<Right> of(Role role, RunTopics topics) {
        Rights of = new Rights(topics);
        switch (role) {
            case PRODUCER -> of.producer();
            case WORKER -> of.worker();
            case TRAINER -> of.trainer();
            case OPERATOR -> of.operator();
        }
        return List.copyOf(of.rights);
    }

    /** What a role needs on each topic that it uses, those named one by one only. */
    static SortedMap<String, Set<AclOperation>> onTopics(Role role, RunTopics topics) {
        SortedMap<String, Set<AclOperation>> needed = new TreeMap<>();
        for (Right right : of(role, topics)) {
            if (right.type() == ResourceType.TOPIC && !right.prefixed()) {
                needed.computeIfAbsent(right.name(), _ -> EnumSet.noneOf(AclOperation.class))
                        .add(right.operation());
            }
        }
        return needed;
    }

    private void producer() {
        all(ResourceType.TOPIC, AclOperation.CREATE, "makes the run's topics");
        all(ResourceType.TOPIC, AclOperation.DESCRIBE_CONFIGS, "verifies them");
        all(ResourceType.GROUP, AclOperation.DESCRIBE, "sees what workers have claimed");
        for (Lane lane : Lane.values()) {
            String group = topics.shareGroup(lane);
            add(ResourceType.GROUP, group, AclOperation.ALTER_CONFIGS, "sets where workers begin to read");
        }
        for (Lane lane : Lane.values()) {
            topic(topics.lane(lane), AclOperation.WRITE, "publishes tasks");
            topic(topics.lane(lane), AclOperation.READ, "reads them back at a start");
            topic(topics.lane(lane), AclOperation.DELETE, "deletes those that are settled");
        }
        for (GroupKind kind : GroupKind.values()) {
            topic(topics.receipts(kind), AclOperation.READ, "follows how attempts end");
            topic(topics.receipts(kind), AclOperation.WRITE, "says that a group is given up");
            topic(topics.receipts(kind), AclOperation.DELETE, "deletes those of settled groups");
            topic(topics.results(kind), AclOperation.WRITE, "marks groups that are given up");
            topic(topics.results(kind), AclOperation.READ, "ends its own transactions that were left open");
        }
        topic(topics.partials(), AclOperation.DELETE, "deletes what no group needs");
        topic(topics.workers(), AclOperation.READ, "sees which workers live");
        topic(topics.workers(), AclOperation.WRITE, "says that it lives");
        topic(topics.steps(), AclOperation.READ, "sees what is settled");
        topic(topics.policy(), AclOperation.READ, "sees which weights there are");
        topic(topics.runRecord(), AclOperation.READ, "compares its settings with the run's");
        topic(topics.runRecord(), AclOperation.WRITE, "writes what the run's processes share");
        topic(topics.evals(), AclOperation.READ, "sees what is asked for");
        topic(topics.evals(), AclOperation.WRITE, "says what became of it");
        topic(topics.deadLetters(), AclOperation.READ, "knows what it has given up before");
        topic(topics.deadLetters(), AclOperation.WRITE, "keeps what is given up for people");
        add(ResourceType.TRANSACTIONAL_ID, topics.producerTransactionalId(), AclOperation.WRITE, "fences an older one");
        add(ResourceType.GROUP, topics.queueLagGroup(), AclOperation.READ, SHOWS_LAG);
        add(ResourceType.GROUP, topics.unfinishedLagGroup(), AclOperation.READ, SHOWS_LAG);
    }

    private void worker() {
        for (Lane lane : Lane.values()) {
            topic(topics.lane(lane), AclOperation.READ, TAKES_TASKS);
            add(ResourceType.GROUP, topics.shareGroup(lane), AclOperation.READ, TAKES_TASKS);
        }
        for (GroupKind kind : GroupKind.values()) {
            topic(topics.results(kind), AclOperation.WRITE, WRITES_RESULTS);
            topic(topics.receipts(kind), AclOperation.WRITE, "says how its attempts ended");
        }
        topic(topics.partials(), AclOperation.READ, "goes on with what another worker has begun");
        topic(topics.partials(), AclOperation.WRITE, "keeps what it has begun");
        topic(topics.workers(), AclOperation.WRITE, "says that it lives");
        topic(topics.policy(), AclOperation.READ, "hears of new weights");
        topic(topics.runRecord(), AclOperation.READ, "compares its settings with the run's");
        topic(topics.deadLetters(), AclOperation.WRITE, "keeps what it cannot read for people");
    }

    private void trainer() {
        for (Lane lane : Lane.of(GroupKind.TRAINING)) {
            topic(topics.lane(lane), AclOperation.READ, "knows what is still out");
        }
        for (GroupKind kind : GroupKind.values()) {
            topic(topics.results(kind), AclOperation.READ, "collects what was made");
            topic(topics.results(kind), AclOperation.DELETE, "deletes what was trained on");
            topic(topics.receipts(kind), AclOperation.READ, "misses results that are not there");
        }
        topic(topics.steps(), AclOperation.READ, "goes on where the run stands");
        topic(topics.steps(), AclOperation.WRITE, "settles groups");
        topic(topics.policy(), AclOperation.READ, "goes on where the weights stand");
        topic(topics.policy(), AclOperation.WRITE, "tells of new weights");
        topic(topics.runRecord(), AclOperation.READ, "compares its settings with the run's");
        topic(topics.evals(), AclOperation.READ, "goes on with what was asked for");
        topic(topics.evals(), AclOperation.WRITE, "asks for evaluations and reports them");
        topic(topics.deadLetters(), AclOperation.READ, "knows what it could not read before");
        topic(topics.deadLetters(), AclOperation.WRITE, "keeps what it cannot read for people");
        add(ResourceType.TRANSACTIONAL_ID, topics.trainerTransactionalId(), AclOperation.WRITE, "fences an older one");
        add(ResourceType.GROUP, topics.resultsLagGroup(), AclOperation.READ, SHOWS_LAG);
        topic(topics.lane(Lane.EVALUATION), AclOperation.READ, SHOWS_RUN);
        topic(topics.workers(), AclOperation.READ, SHOWS_RUN);
        all(ResourceType.GROUP, AclOperation.DESCRIBE, SHOWS_RUN);
    }

    private void operator() {
        all(ResourceType.TOPIC, AclOperation.READ, "reads all of the run: lag, peek, audit, replay, export, page");
        all(ResourceType.GROUP, AclOperation.DESCRIBE, "sees what workers have claimed");
    }

    private void topic(String name, AclOperation operation, String why) {
        add(ResourceType.TOPIC, name, operation, why);
    }

    private void add(ResourceType type, String name, AclOperation operation, String why) {
        rights.add(Right.of(type, name, operation, why));
    }

    private void all(ResourceType type, AclOperation operation, String why) {
        rights.add(Right.all(type, topics.prefix(), operation, why));
    }
}
