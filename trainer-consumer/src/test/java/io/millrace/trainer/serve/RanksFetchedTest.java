package io.millrace.trainer.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.common.id.LeaseToken;
import io.millrace.trainer.batch.BatchShare;
import org.junit.jupiter.api.Test;

class RanksFetchedTest {
    private static final LeaseToken LEASE = LeaseToken.parse("0-1-00000000000000aa");

    @Test
    void ranksThatNeverFetchedAreCounted() {
        RanksFetched ranks = new RanksFetched();
        ranks.fetched(LEASE, new BatchShare(0, 4));
        ranks.fetched(LEASE, new BatchShare(2, 4));
        ranks.fetched(LEASE, new BatchShare(2, 4));
        assertEquals(2, ranks.acknowledged(LEASE));
        assertEquals(0, ranks.acknowledged(LEASE), "said once");
    }

    @Test
    void aWholeBatchAndNoneAtAllAreNothingToSay() {
        RanksFetched ranks = new RanksFetched();
        assertEquals(0, ranks.acknowledged(LEASE));
        ranks.fetched(LEASE, BatchShare.WHOLE);
        assertEquals(0, ranks.acknowledged(LEASE));
    }
}
