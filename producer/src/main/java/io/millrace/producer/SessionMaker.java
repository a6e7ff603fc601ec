package io.millrace.producer;

import io.millrace.common.kafka.TopicTail;
import io.millrace.common.metrics.Metrics;
import io.millrace.common.record.GroupKind;
import io.millrace.common.time.Ticker;
import io.millrace.common.topics.Lane;
import io.millrace.common.topics.RecordTrimmer;
import io.millrace.common.topics.RunTopics;
import io.millrace.common.topics.TrimFailures;
import io.millrace.producer.ledger.Ledger;
import io.millrace.producer.ledger.Liveness;
import io.millrace.producer.ledger.Reissues;
import io.millrace.producer.publish.PromptLog;
import io.millrace.producer.publish.RunPublisher;
import io.millrace.producer.publish.TaskSpans;
import io.millrace.producer.queue.QueueWatch;
import io.millrace.producer.queue.ShareGroupRoom;
import io.millrace.producer.session.LedgerFeed;
import io.millrace.producer.session.LedgerHeart;
import io.millrace.producer.session.ProducerSession;
import io.millrace.producer.session.UnreadableRecords;
import io.millrace.producer.source.EvalTasks;
import io.millrace.producer.stream.EvalLoads;
import io.millrace.producer.stream.Evaluations;
import io.millrace.producer.stream.GroupStream;
import io.millrace.producer.stream.Training;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import org.apache.kafka.clients.producer.Producer;

/** Makes sessions, each with clients and state of its own; what outlives them is shared. */
final class SessionMaker {
    /** DESIGN: heartbeat and the share groups' start offsets each come every 2 s. */
    private static final Duration PERIOD = Duration.ofSeconds(2);

    /** Rows, tasks and their encoded form are held at once while an evaluation is issued, beside all else. */
    private static final int EVAL_HEAP_SHARE = 8;

    private final ProducerSettings settings;
    private final ProducerSession.Plan plan;
    private final SessionClients clients;
    private final Metrics metrics;
    private final ProducerSession.Surroundings around;
    /** Of this process, whatever sessions it has; at most those that wait. */
    private final EvalLoads evaluationLoads = new EvalLoads();

    private final TrimFailures trimFailures;

    SessionMaker(
            ProducerSettings settings,
            ProducerSession.Plan plan,
            SessionClients clients,
            Metrics metrics,
            ProducerSession.Surroundings around) {
        this.settings = settings;
        this.plan = plan;
        this.clients = clients;
        this.metrics = metrics;
        this.around = around;
        this.trimFailures = new TrimFailures(
                "deletion", around.health(), metrics.registry(), around.ticker(), settings.trimInterval());
    }

    static int recordBytesMax(ProducerSettings settings) {
        return Math.toIntExact(settings.topics().recordSizeMax().bytes());
    }

    ProducerSession make() {
        RunTopics topics = plan.topics();
        Ticker ticker = around.ticker();
        Liveness liveness = new Liveness(settings.recovery().heartbeatTimeout(), PERIOD);
        UnreadableRecords unreadable = new UnreadableRecords(around.metrics());
        TopicTail tail = new TopicTail(clients.follower("millrace-producer-follower"));
        Producer<byte[], byte[]> producer = clients.publisher();
        Metrics.Binding meters = metrics.bind(tail.consumer(), "follower").and(metrics.bind(producer, "publisher"));
        RunPublisher publisher = new RunPublisher(
                producer,
                topics,
                settings.topics().resultPartitions(),
                recordBytesMax(settings),
                new TaskSpans(metrics.tracing(), topics, around.clock()));
        Training training = new Training(
                stream(GroupKind.TRAINING, plan.tasks()::again, publisher, unreadable),
                plan.tasks(),
                plan.admission(),
                plan.batchMax(),
                around.admissionWait(),
                around.clock());
        EvalTasks evalTasks = evalTasks();
        Evaluations evaluations = new Evaluations(
                stream(GroupKind.EVALUATION, Evaluations::again, publisher, unreadable),
                evalTasks,
                evalTasks::load,
                publisher,
                evaluationLoads,
                around.health(),
                around.metrics(),
                around.clock(),
                ticker);
        ProducerSession.Edges edges = new ProducerSession.Edges(
                tail,
                publisher,
                new LedgerHeart(clients.heart(), topics.workers(), around.clock(), ticker, PERIOD),
                new ShareGroupRoom(clients.admin(), ticker),
                new RecordTrimmer(clients.admin(), ticker, settings.trimInterval(), trimFailures),
                clients::abortHanging,
                meters);
        Map<GroupKind, Ledger> ledgers = Map.of(
                GroupKind.TRAINING, training.stream().ledger(),
                GroupKind.EVALUATION, evaluations.stream().ledger());
        return new ProducerSession(
                plan,
                edges,
                training,
                evaluations,
                liveness,
                new LedgerFeed(
                        topics, ledgers, liveness, evaluations, unreadable, around.metrics(), around.scaling(), ticker),
                unreadable,
                around);
    }

    private GroupStream stream(
            GroupKind kind, GroupStream.Remake remake, RunPublisher publisher, UnreadableRecords unreadable) {
        Map<Lane, GroupStream.LaneEdge> lanes = new EnumMap<>(Lane.class);
        Lane.of(kind).forEach(lane -> lanes.put(lane, lane(lane, unreadable)));
        return new GroupStream(
                new Ledger(kind, new Reissues(settings.recovery().limits())),
                lanes,
                remake,
                publisher,
                around.metrics(),
                around.clock(),
                around.ticker());
    }

    private GroupStream.LaneEdge lane(Lane lane, UnreadableRecords unreadable) {
        String topic = plan.topics().lane(lane);
        return new GroupStream.LaneEdge(
                new QueueWatch(clients.lane(lane), topic, around.ticker(), PERIOD),
                new PromptLog(
                        () -> clients.follower("millrace-producer-prompts"),
                        topic,
                        plan.brokerLimit(),
                        unreadable::skip));
    }

    private EvalTasks evalTasks() {
        DataSetSettings data = settings.data();
        return new EvalTasks(
                data.shape(plan.dataSet().rendering()),
                data.limits(settings.topics().recordSizeMax().bytes()),
                new EvalTasks.Defaults(
                        settings.sampling().params(),
                        data.rewardType(),
                        settings.recovery().taskDeadline().toMillis()),
                new EvalTasks.Limits(settings.evalGroupsMax(), recordBytesMax(settings), evalBytesMax(settings)));
    }

    private static long evalBytesMax(ProducerSettings settings) {
        return Math.min(settings.evalBytesMax().bytes(), Runtime.getRuntime().maxMemory() / EVAL_HEAP_SHARE);
    }
}
