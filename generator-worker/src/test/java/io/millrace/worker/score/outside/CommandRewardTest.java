package io.millrace.worker.score.outside;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.common.record.GroupKind;
import io.millrace.common.reward.OutsideReward;
import io.millrace.common.reward.Requests;
import io.millrace.common.reward.RewardException;
import io.millrace.common.reward.RewardFailure;
import io.millrace.common.reward.RewardRequest;
import io.millrace.common.rollout.Reward;
import io.millrace.worker.score.RewardScorer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Real programs judge, well and badly: what a bad one costs is its own score. */
@Timeout(60)
final class CommandRewardTest {
    private static final Duration LONG = Duration.ofSeconds(50);

    private static final RewardKeys KEYS = new RewardKeys("score", "acc");

    @TempDir
    Path folder;

    /** A shell program: what it does with each line, in {@code $line}. */
    private CommandReward judge(String perLine) throws IOException {
        return judge(perLine, 0);
    }

    private CommandReward judge(String perLine, long memoryKib) throws IOException {
        Path program = folder.resolve("judge.sh");
        Files.writeString(
                program,
                "echo start >> " + folder.resolve("starts") + "\nwhile read -r line; do\n" + perLine + "\ndone\n");
        return new CommandReward(
                OutsideReward.COMMAND, new ScorerPool(List.of("/bin/sh", program.toString()), memoryKib), KEYS);
    }

    private int starts() throws IOException {
        return Files.readAllLines(folder.resolve("starts")).size();
    }

    private static RewardException failure(CommandReward judge) {
        return assertThrows(RewardException.class, () -> judge.score(Requests.of("5", "5")));
    }

    private static Reward score(CommandReward judge, String response) throws RewardException {
        return judge.score(Requests.of(response, "label"));
    }

    @Test
    void oneProcessJudgesOneSampleAfterTheOther() throws Exception {
        try (CommandReward judge = judge("case \"$line\" in *right*) echo 1;; *) echo '{\"reward\": 0.25}';; esac")) {
            assertEquals(Reward.of(1), score(judge, "right"));
            assertEquals(0.25, score(judge, "wrong").value());
            assertEquals(1, starts());
        }
    }

    @Test
    void theProgramGetsTheSampleAsTheDataSetHasIt() throws Exception {
        try (CommandReward judge = judge("printf '%s\\n' \"$line\" > " + folder.resolve("line") + "; echo 1")) {
            score(judge, "a \"quoted\"\nline");
            assertEquals(
                    "{\"prompt\":\"question\",\"response\":\"a \\\"quoted\\\"\\nline\",\"label\":\"label\",\"metadata\":{},\"id\":1}\n",
                    Files.readString(folder.resolve("line")));
        }
    }

    @Test
    void anAnswerThatIsAnObjectIsKeptAndItsKeyCounts() throws Exception {
        try (CommandReward judge = judge("echo '{\"score\": -1, \"acc\": false}'")) {
            Reward reward = score(judge, "5");
            assertEquals(-1, reward.value());
            assertEquals("{\"score\":-1,\"acc\":false}", String.valueOf(reward.detail()));
        }
    }

    @Test
    void aProgramThatEndsCostsItsOwnScore() throws Exception {
        try (CommandReward judge = judge("if [ -f " + folder.resolve("died") + " ]; then echo 1; else touch "
                + folder.resolve("died") + "; exit 7; fi")) {
            RewardException died = failure(judge);
            assertEquals(RewardFailure.BROKEN, died.kind());
            assertTrue(String.valueOf(died.getMessage()).contains("exit code 7"), died::toString);
            assertEquals(1, score(judge, "5").value());
            assertEquals(2, starts());
        }
    }

    @Test
    void aProgramThatAnswersWithGarbageIsKilledSinceTheRestOfItWouldBeTheNextsAnswer() throws Exception {
        try (CommandReward judge = judge("echo 'Traceback (most recent call last):'; echo 1; echo 1")) {
            RewardException garbage = failure(judge);
            assertEquals(RewardFailure.BROKEN, garbage.kind());
            assertTrue(String.valueOf(garbage.getMessage()).contains("Traceback"), garbage::toString);
            failure(judge);
            assertEquals(2, starts());
        }
    }

    /** The second line would be the next sample's reward, and nobody would notice. */
    @Test
    void aProgramThatSaysMoreThanItsAnswerIsKilledBeforeTheRestIsTakenForTheNext() throws Exception {
        try (CommandReward judge = judge("printf '1\\n0\\n'")) {
            assertEquals(1, score(judge, "5").value());
            assertTrue(String.valueOf(failure(judge).getMessage()).contains("more than its answer"));
            assertEquals(1, score(judge, "5").value());
            assertEquals(2, starts());
        }
    }

    /** It comes when the next question is asked already, so that it looks like the answer to that. */
    @Test
    void anAnswerToTheQuestionBeforeIsNeverTheNextSamplesReward() throws Exception {
        try (CommandReward judge =
                judge("id=$(echo \"$line\" | tr -dc '0-9,:\"a-z' | sed 's/.*\"id\"://'); if [ \"$id\" = 2 ]; then echo"
                        + " '{\"id\": 1, \"reward\": 0}'; fi; echo \"{\\\"id\\\": $id, \\\"reward\\\": 1}\"")) {
            assertEquals(1, score(judge, "5").value());
            RewardException other = failure(judge);
            assertTrue(String.valueOf(other.getMessage()).contains("question 2 with the id 1"), other::toString);
            assertEquals(1, score(judge, "5").value());
            assertEquals(2, starts());
        }
    }

    @Test
    void aProgramThatHasSaidWhichQuestionItAnswersAlwaysDoes() throws Exception {
        try (CommandReward judge = judge("if [ -f " + folder.resolve("once") + " ]; then echo 1; else touch "
                + folder.resolve("once") + "; echo '{\"id\": 1, \"reward\": 1}'; fi")) {
            score(judge, "5");
            assertEquals(RewardFailure.BROKEN, failure(judge).kind());
        }
    }

    @Test
    void theSamplesOfAGroupAreJudgedAtOnce() throws Exception {
        try (CommandReward judge = judge("printf '%s\\n' \"$line\" > " + folder.resolve("line")
                + "; echo '{\"id\": 1, \"rewards\": [{\"score\": 2}, 0.5]}'")) {
            List<Reward> rewards = judge.scoreGroup(List.of(Requests.of("a", "label"), Requests.of("b", "label")));
            assertEquals(2, rewards.getFirst().value());
            assertEquals(Reward.of(0.5), rewards.getLast());
            assertEquals(
                    "{\"prompt\":\"question\",\"label\":\"label\",\"metadata\":{},\"samples\":[{\"response\":\"a\"},"
                            + "{\"response\":\"b\"}],\"id\":1}\n",
                    Files.readString(folder.resolve("line")));
        }
    }

    @Test
    void aGroupHasAsManyRewardsAsSamples() throws Exception {
        try (CommandReward judge = judge("echo '[1, 0]'")) {
            RewardException broken =
                    assertThrows(RewardException.class, () -> judge.scoreGroup(List.of(Requests.of("a", "label"))));
            assertTrue(String.valueOf(broken.getMessage()).contains("without a list of 1 rewards"), broken::toString);
        }
    }

    @Test
    void whichNumberCountsMayBeAnotherForEvaluations() throws Exception {
        try (CommandReward judge = judge("echo '{\"score\": -1, \"acc\": true}'")) {
            RewardRequest request = Requests.of("5", "label");
            RewardRequest evaluated = new RewardRequest(
                    request.prompt(),
                    request.response(),
                    request.label(),
                    request.metadata(),
                    new RewardRequest.Made(GroupKind.EVALUATION, 0, 0, 1, false));
            assertEquals(-1, judge.score(request).value());
            assertEquals(1, judge.score(evaluated).value());
        }
    }

    @Test
    void anEndlessAnswerIsNone() throws Exception {
        try (CommandReward judge = judge("yes x | tr -d '\\n'")) {
            assertTrue(String.valueOf(failure(judge).getMessage()).contains("more than"));
        }
    }

    @Test
    void aProgramThatEatsMemoryEndsAtItsLimit() throws Exception {
        try (CommandReward judge =
                judge("head -c 2000000000 /dev/zero | tail -c 1900000000 > /dev/null || exit 9; echo 1", 200_000)) {
            assertTrue(String.valueOf(failure(judge).getMessage()).contains("exit code 9"));
        }
    }

    /** What hangs is given up at the scorer's deadline, and ended with all that it has started. */
    @Test
    void aProgramThatHangsIsKilledAtTheDeadline() throws Exception {
        Path pid = folder.resolve("pid");
        try (CommandReward judge = judge("sleep 1000 & echo $! > " + pid + "; wait");
                RewardScorer scorer = new RewardScorer(
                        judge, new RewardScorer.Limits(1, 1, Duration.ofSeconds(1), LONG), new SimpleMeterRegistry())) {
            RewardException late = assertThrows(RewardException.class, () -> scorer.score(Requests.of("5", "5")));
            assertEquals(RewardFailure.TIMED_OUT, late.kind());
            while (scorer.stuckCount() > 0) {
                Thread.onSpinWait();
            }
            long sleeper = Long.parseLong(Files.readString(pid).strip());
            while (ProcessHandle.of(sleeper).filter(ProcessHandle::isAlive).isPresent()) {
                Thread.onSpinWait();
            }
        }
    }

    @Test
    void aProgramThatIsNotThereIsSaid() {
        try (CommandReward judge =
                new CommandReward(OutsideReward.COMMAND, new ScorerPool(List.of("/no/such/program"), 0), KEYS)) {
            assertTrue(String.valueOf(failure(judge).getMessage()).contains("/no/such/program"));
        }
    }

    @Test
    void closingEndsThePrograms() throws Exception {
        ProcessHandle child;
        try (CommandReward judge = judge("echo 1")) {
            score(judge, "5");
            child = ProcessHandle.current()
                    .descendants()
                    .filter(process -> process.info().commandLine().orElse("").contains(folder.toString()))
                    .findFirst()
                    .orElseThrow();
        }
        child.onExit().join();
        assertFalse(child.isAlive());
    }
}
