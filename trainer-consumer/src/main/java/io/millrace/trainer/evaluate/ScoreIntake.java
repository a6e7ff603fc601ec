package io.millrace.trainer.evaluate;

import io.millrace.common.id.GroupIndex;
import io.millrace.common.json.BadRecordException;
import io.millrace.trainer.collect.Claims;
import io.millrace.trainer.collect.ResultEvent;
import io.millrace.trainer.evaluate.score.EvaluationLog;
import io.millrace.trainer.evaluate.score.GroupScore;
import io.millrace.trainer.results.ResultParser;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** From a record of {@code eval-results} to what is counted of it. Owned by the session. */
record ScoreIntake(ResultParser parser, EvaluationLog evaluations, Claims claims, EvaluationMetrics metrics) {
    private static final Logger log = LoggerFactory.getLogger(ScoreIntake.class);

    /** @throws BadRecordException when the record names no group */
    void take(ConsumerRecord<byte[], byte[]> record) throws Exception {
        for (ResultEvent event : parser.parse(record, evaluations::isSettled)) {
            switch (event) {
                case ResultEvent.Result result ->
                    count(
                            event,
                            result.group().groupIndex(),
                            evaluations.finished(
                                    GroupScore.of(result.content().header()),
                                    result.partition(),
                                    result.group().firstOffset()));
                case ResultEvent.Marker marker ->
                    count(
                            event,
                            marker.groupIndex(),
                            evaluations.givenUp(
                                    marker.groupIndex(), marker.cause(), marker.partition(), marker.offset()));
                case ResultEvent.Invalid invalid ->
                    count(
                            event,
                            invalid.groupIndex(),
                            evaluations.givenUp(
                                    invalid.groupIndex(),
                                    "its result cannot be used: " + invalid.reason(),
                                    invalid.partition(),
                                    invalid.offset()));
                case ResultEvent.PartsRepeated repeated -> metrics.late();
                case ResultEvent.PartPassed passed -> {}
                case ResultEvent.Unreadable unreadable -> throw new BadRecordException(unreadable.detail());
            }
        }
    }

    private void count(ResultEvent event, GroupIndex index, EvaluationLog.Fate fate) {
        if (fate != EvaluationLog.Fate.DROPPED) {
            claims.met(event);
        }
        switch (fate) {
            case LATE -> metrics.late();
            case DROPPED -> {
                metrics.skipped();
                log.warn("the result of group {}, which no evaluation has, is skipped: too many of those wait", index);
            }
            case COUNTED, EARLY -> {}
        }
        var _ = parser.won(index);
    }
}
