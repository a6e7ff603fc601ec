package io.millrace.trainer.results;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.common.batch.Capacity;
import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.record.Receipt;
import io.millrace.common.testing.ManualTicker;
import io.millrace.trainer.collect.Claims;
import io.millrace.trainer.steps.StepLedger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class MissingResultsTest {
    /** Nobody answers there; it is not asked while no claim is overdue. */
    private final Admin admin = Admin.create(Map.of("bootstrap.servers", "127.0.0.1:1"));

    private final ManualTicker ticker = new ManualTicker();
    private final Claims claims = new Claims(new StepLedger(new Capacity(2, 1, 1)), 1_000);
    private final List<Long> unfollowed = new ArrayList<>();
    private final MissingResults missing =
            new MissingResults(claims, new ResultEnds(admin, ticker), ticker, unfollowed::add);

    @AfterEach
    void close() {
        admin.close(Duration.ZERO);
    }

    private void claim(int group) {
        claims.claimed(Receipt.abandoned(new GroupIndex(group), new Attempt(1), 0, group), group, ticker.nanos());
    }

    private void turn() throws Exception {
        assertEquals(List.of(), missing.turn(List.of(), partition -> 0));
    }

    @Test
    void receiptsThatAreNotFollowedAreCountedOnce() throws Exception {
        for (int group = 0; group < Claims.GROUPS_MAX; group++) {
            claim(group);
        }
        turn();
        assertEquals(List.of(), unfollowed);
        claim(Claims.GROUPS_MAX);
        claim(Claims.GROUPS_MAX + 1);
        turn();
        turn();
        assertEquals(List.of(2L), unfollowed);
        claim(Claims.GROUPS_MAX + 2);
        turn();
        assertEquals(List.of(2L, 1L), unfollowed);
    }
}
