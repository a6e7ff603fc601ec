package io.millrace.trainer.page;

import io.millrace.common.kafka.KafkaClients;
import io.millrace.common.lifecycle.StopSequence;
import io.millrace.common.record.GroupKind;
import io.millrace.common.time.Ticker;
import io.millrace.common.topics.RunTopics;
import io.millrace.trainer.batch.BatchReader;
import io.millrace.trainer.observe.follow.RunFollower;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;
import org.apache.kafka.clients.admin.Admin;

/** Builds what the page needs: who follows the run, and who reads a group of it. */
public final class PageWiring {
    /** A record that is not there is not waited for: somebody looks at the page. */
    private static final Duration GONE_AFTER = Duration.ofSeconds(1);

    private PageWiring() {}

    /**
     * @param clientId begin of its clients' ids
     * @param admin not owned
     * @param limit for an answer of the broker
     * @param told what the trainer consumer waits for, where this is its process
     * @param stops gets what is started; the routes are to be closed by the caller, before the server
     */
    public static PageRoutes start(
            RunTopics topics,
            KafkaClients clients,
            String clientId,
            Admin admin,
            Duration limit,
            int readersMax,
            Supplier<Optional<RunFollower.Told>> told,
            StopSequence stops) {
        Ticker ticker = Ticker.system();
        RunFollower follower =
                RunFollower.start(topics.run(), clients, clientId + ".observer", admin, limit, ticker, told);
        stops.push("observer", follower::stop);
        GroupReader groups = new GroupReader(new BatchReader(
                topics.results(GroupKind.TRAINING), clients.follower(clientId + ".page"), ticker, limit, GONE_AFTER));
        stops.push("group reader", groups::stop);
        return new PageRoutes(follower, groups, readersMax, ticker);
    }
}
