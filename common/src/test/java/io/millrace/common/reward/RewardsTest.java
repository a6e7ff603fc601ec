package io.millrace.common.reward;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.json.Json;
import io.millrace.common.record.Prompt;
import io.millrace.common.rollout.Reward;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.node.ObjectNode;

final class RewardsTest {
    private final Rewards rewards = Rewards.installed().seeded(1);

    private Reward score(String type, String response, String label) throws RewardException {
        return rewards.score(Requests.ofType(type, response, label));
    }

    private RewardFailure failure(RewardRequest request) {
        return assertThrows(RewardException.class, () -> rewards.score(request)).kind();
    }

    @Test
    void theMetadatasTypeChooses() throws RewardException {
        assertEquals(1, score("math", "\\boxed{5}", "5").value());
        assertEquals(-1, score("dapo", "\\boxed{5}", "5").value());
        assertEquals(-1, score(" dapo ", "\\boxed{5}", "5").value());
    }

    @Test
    void anUnknownNameIsRefusedNamingTheKnownOnes() {
        RewardException refusal = assertThrows(RewardException.class, () -> score("remote", "\\boxed{5}", "5"));
        assertEquals(RewardFailure.UNKNOWN_REWARD, refusal.kind());
        assertTrue(String.valueOf(refusal.getMessage()).endsWith(rewards.unknown("remote")), refusal.getMessage());
    }

    @Test
    void everyPromptMustNameItsReward() {
        assertEquals(RewardFailure.UNKNOWN_REWARD, failure(Requests.of("\\boxed{5}", "5")));
        assertEquals(RewardFailure.UNKNOWN_REWARD, failure(Requests.ofType("", "\\boxed{5}", "5")));
    }

    /** Else the producer would publish what workers cannot score. */
    @Test
    void everyRewardAsksForTheLabelThatTheProducerAsksFor() throws RewardException {
        for (NamedReward type : Rewards.computed().all()) {
            RewardRequest request = Requests.ofType(type.name(), "\\boxed{5}", null);
            if (type.labels() != LabelRule.NONE) {
                assertEquals(RewardFailure.NO_LABEL, failure(request), type.name());
            } else {
                rewards.score(request);
            }
        }
    }

    /** As a user's jar would bring it. */
    public static class Shortest implements NamedReward {
        @Override
        public String name() {
            return "shortest";
        }

        @Override
        public LabelRule labels() {
            return LabelRule.NONE;
        }

        @Override
        public Reward score(RewardRequest request) {
            return Reward.of(-request.response().length());
        }
    }

    /** What is installed where a folder with these lines is in front of the class path. */
    private static Rewards installedWith(Path folder, String lines) throws IOException {
        Path services = Files.createDirectories(folder.resolve("META-INF/services"));
        Files.writeString(services.resolve(NamedReward.class.getName()), lines);
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        try (URLClassLoader loader =
                new URLClassLoader(new URL[] {folder.toUri().toURL()}, before)) {
            thread.setContextClassLoader(loader);
            return Rewards.installed();
        } finally {
            thread.setContextClassLoader(before);
        }
    }

    @Test
    void aRewardOfTheClassPathIsOneMore(@TempDir Path folder) throws Exception {
        Rewards more = installedWith(folder, Shortest.class.getName());
        assertEquals(rewards.all().size() + 1, more.all().size());
        assertEquals(-3, more.score(Requests.ofType("shortest", "abc", null)).value());
        assertEquals(
                -1,
                more.score(Requests.ofType("boxed_shortest", "\\boxed{5}", null))
                        .value());
        assertTrue(rewards.named("shortest").isEmpty());
    }

    @Test
    void aRewardThatCannotBeMadeIsRefusedNamingIt(@TempDir Path folder) {
        String refused = assertThrows(
                        IllegalArgumentException.class, () -> installedWith(folder, "com.example.NoSuchReward"))
                .getMessage();
        assertTrue(String.valueOf(refused).contains("com.example.NoSuchReward"), refused);
    }

    /** The producer publishes its prompts; a worker that has been told of the judge asks it. */
    @Test
    void aRewardWhoseJudgeIsOutsideIsKnownAndRefusedWhereNobodyWasToldOfOne() throws RewardException {
        RewardRequest request = Requests.ofType("command", "abc", null);
        RewardException refused = assertThrows(RewardException.class, () -> rewards.score(request));
        assertEquals(RewardFailure.UNKNOWN_REWARD, refused.kind());
        assertTrue(String.valueOf(refused.getMessage()).contains("--scorer-command"), refused::toString);
        NamedReward told = new Shortest() {
            @Override
            public String name() {
                return "command";
            }
        };
        assertEquals(-3, rewards.with(List.of(told)).score(request).value());
    }

    @Test
    void twoOfOneNameAreRefused() {
        NamedReward shortest = new Shortest();
        String refused = assertThrows(
                        IllegalArgumentException.class, () -> new Rewards(List.of(shortest, new Shortest())))
                .getMessage();
        assertTrue(String.valueOf(refused).contains("two rewards are called 'shortest'"), refused);
    }

    @Test
    void aTypeThatIsNoStringIsRefused() {
        ObjectNode metadata = Json.object().put(Rewards.METADATA_KEY, 5);
        assertEquals(
                RewardFailure.UNKNOWN_REWARD,
                assertThrows(RewardException.class, () -> rewards.choose(metadata))
                        .kind());
    }

    @Test
    void thePrefixJudgesTheLastBoxOnly() throws RewardException {
        assertEquals(
                1,
                score("boxed_f1", "I think \\boxed{London}, no: \\boxed{Paris}", "Paris")
                        .value());
        assertTrue(score("f1", "I think \\boxed{Paris}", "Paris").value() < 1);
        assertEquals(0, score("boxed_f1", "Paris", "Paris").value());
        assertEquals(1, score("boxed_math", "\\boxed{5}", "5").value());
        assertEquals(1, score("boxed_dapo", "\\boxed{Answer: 5}", "5").value());
    }

    /** slime/rollout/rm_hub/math_utils.py: nothing but a brace behind the word, and every brace counts. */
    @Test
    void theBoxOfThePrefixIsSlimes() throws RewardException {
        assertEquals(1, score("boxed_f1", "\\boxed{Paris}", "Paris").value());
        assertEquals(0, score("boxed_f1", "\\boxed {Paris}", "Paris").value());
        assertEquals(0, score("boxed_f1", "\\fbox{Paris}", "Paris").value());
        assertEquals(0, score("boxed_f1", "\\boxed{Paris \\{}", "Paris").value());
        assertEquals(
                1, score("boxed_f1", "\\boxed{Paris \\}} and so on", "Paris").value());
    }

    @Test
    void aFunctionOfPythonsGoesBeforeAnyNameAndTheProgramJudges() throws RewardException {
        Rewards told = rewards.with(List.of(new Marked("command", 7)));
        ObjectNode metadata = Json.object().put("rm_type", "math").put("custom_rm_path", "my_rewards.score");
        RewardRequest request = new RewardRequest(new Prompt.Text("question"), "\\boxed{5}", "5", metadata);
        assertEquals(7, told.score(request).value());
        assertEquals(
                7, told.score(Requests.ofType("my_rewards.score", "5", "5")).value());
        assertTrue(told.named("my rewards.score").isEmpty());
        metadata.put("custom_rm_path", "no function");
        assertEquals(RewardFailure.UNKNOWN_REWARD, failure(request));
    }

    @Test
    void aRunsFunctionGoesBeforeThePromptsNameAndThePromptsFunctionBeforeThat() {
        ObjectNode named = Json.object().put("rm_type", "math");
        assertEquals(Optional.of("math"), Rewards.name(named, "f1"));
        assertEquals(Optional.of("a.b"), Rewards.name(named, "a.b"));
        assertEquals(Optional.of("f1"), Rewards.name(Json.object(), "f1"));
        assertEquals(Optional.empty(), Rewards.name(Json.object(), null));
        assertEquals(
                Json.object().put("rm_type", "math").put("custom_rm_path", "a.b"), Rewards.defaulted(named, "a.b"));
        assertEquals(Optional.of("a.b"), Rewards.name(named, "c.d"));
        assertEquals(
                "a.b", Rewards.defaulted(named, "c.d").path("custom_rm_path").asString());
    }

    @Test
    void aGroupIsJudgedAtOnceWhereThePromptAsksForItAndTheRewardCan() throws RewardException {
        Rewards told = rewards.with(List.of(new Marked("command", 7)));
        ObjectNode metadata = Json.object().put("rm_type", "command");
        assertTrue(told.ofGroups(metadata).isEmpty());
        assertTrue(told.atOnce(metadata).isPresent());
        metadata.put("group_rm", true);
        assertEquals(
                List.of(Reward.of(7), Reward.of(6)),
                told.ofGroups(metadata)
                        .orElseThrow()
                        .scoreGroup(List.of(Requests.of("a", "x"), Requests.of("b", "x"))));
        assertTrue(told.ofGroups(metadata.put("rm_type", "math")).isEmpty());
    }

    private record Marked(String name, int value) implements NamedReward, GroupReward {
        @Override
        public LabelRule labels() {
            return LabelRule.NONE;
        }

        @Override
        public Reward score(RewardRequest request) {
            return Reward.of(value);
        }

        @Override
        public List<Reward> scoreGroup(List<RewardRequest> samples) {
            return IntStream.range(0, samples.size())
                    .mapToObj(i -> Reward.of(value - i))
                    .toList();
        }
    }

    @Test
    void mathTakesTheLastBoxAsSlimeDoes() throws RewardException {
        assertEquals(
                1,
                score("math", "\\boxed{4} then \\boxed{\\frac{1}{2}}.", "0.5").value());
        assertEquals(0, score("math", "\\boxed{5} then \\boxed{4}", "5").value());
        assertEquals(0, score("math", "\\boxed{5} then \\boxed{4", "5").value());
        assertEquals(0, score("math", "5", "5").value());
        assertEquals(0, score("math", "", "5").value());
        assertEquals(0, score("math", "\\fbox{5}", "5").value());
        assertEquals(0, score("math", "\\boxed {5}", "5").value());
        assertEquals(1, score("math", "\\boxed{\\{1,2\\}}", "\\{1,2\\}").value());
        assertEquals(0, score("math", "\\boxed{\\{1,2\\}}", "\\{2,1\\}").value());
        assertEquals(1, score("math", "\\boxed{5}", "so \\boxed{5}").value());
        assertEquals(0, score("math", "\\boxed{2/4}", "1/2").value());
        assertEquals(1, score("math-equal", "\\boxed{2/4}", "1/2").value());
        assertNull(score("math", "\\boxed{5}", "5").detail());
    }

    @Test
    void mathEqualTakesTheLastClosedBoxOfAnyKind() throws RewardException {
        assertEquals(
                1,
                score("math-equal", "\\boxed{4} then \\boxed{\\frac{1}{2}}.", "0.5")
                        .value());
        assertEquals(0, score("math-equal", "\\boxed{5} then \\boxed{4}", "5").value());
        assertEquals(0, score("math-equal", "\\boxed{5} then \\boxed{4", "5").value());
        assertEquals(1, score("math-equal", "5", "5").value());
        assertEquals(0, score("boxed_math-equal", "5", "5").value());
        assertEquals(1, score("boxed_math-equal", "\\boxed{5}", "5").value());
        assertEquals(0, score("math-equal", "", "5").value());
        assertEquals(1, score("math-equal", "\\fbox{5}", "5").value());
        assertEquals(1, score("math-equal", "\\boxed {5}", "5").value());
        assertEquals(
                1,
                score("math-equal", "\\boxed{\\left\\{1,2\\right\\}}", "\\{2,1\\}")
                        .value());
        assertEquals(1, score("math-equal", "\\boxed{5}", "so \\boxed{5}").value());
        assertNull(score("math-equal", "\\boxed{5}", "5").detail());
    }

    @Test
    void aHostileResponseIsWrongNotBroken() throws RewardException {
        for (String piece : List.of("{", "}", "\\", "\\boxed", "\\boxed{", "9", "\\frac{1}{")) {
            String noise = piece.repeat(100_000 / piece.length());
            assertEquals(0, score("math", noise, "5").value());
            assertEquals(0, score("math", "\\boxed{" + noise + "}", "5").value());
            assertEquals(0, score("math-equal", "\\boxed{" + noise + "}", "5").value());
            assertEquals(-1, score("dapo", "Answer: " + noise, "5").value());
            assertEquals(0, score("f1", noise, "5").value());
        }
    }

    @Test
    void aMissingLabelIsNoWrongAnswer() {
        for (String type : List.of("math", "math-equal", "deepscaler", "dapo", "f1", "gpqa", "boxed_f1")) {
            assertEquals(RewardFailure.NO_LABEL, failure(Requests.ofType(type, "\\boxed{5}", null)), type);
            assertEquals(RewardFailure.NO_LABEL, failure(Requests.ofType(type, "\\boxed{5}", " ")), type);
        }
    }

    @Test
    void aLabelThatCannotBeComparedIsRefused() {
        assertEquals(RewardFailure.BAD_LABEL, failure(Requests.ofType("math", "\\boxed{5}", "9".repeat(2001))));
        assertEquals(RewardFailure.BAD_LABEL, failure(Requests.ofType("math", "\\boxed{5}", "\\boxed{5")));
        assertEquals(RewardFailure.BAD_LABEL, failure(Requests.ofType("dapo", "Answer: 5", "9".repeat(1001))));
    }

    @Test
    void dapoJudgesItsTableAsWritten() throws IOException, RewardException {
        List<String[]> rows = Tables.rows("dapo", 4);
        assertTrue(rows.size() >= 30);
        for (String[] row : rows) {
            RewardRequest request = Requests.ofType("dapo", row[1].replace("\\n", "\n"), row[2]);
            if (row[0].equals("refused")) {
                assertThrows(RewardException.class, () -> rewards.score(request), row[1] + " | " + row[2]);
                continue;
            }
            boolean right = row[0].equals("right");
            Reward reward = rewards.score(request);
            ObjectNode detail = Objects.requireNonNull(reward.detail());
            assertEquals(right ? 1 : -1, reward.value(), row[1] + " | " + row[2]);
            assertEquals(reward.value(), detail.path("score").doubleValue());
            assertEquals(right, detail.path("acc").booleanValue());
            assertEquals(row[3], detail.path("pred").stringValue(), row[1]);
        }
    }

    @Test
    void dapoReadsTheLastThreeHundredCharactersOnly() throws RewardException {
        String answer = "Answer: 34\n";
        assertEquals(
                1,
                score("dapo", answer + "x".repeat(300 - answer.length()), "34").value());
        assertEquals(
                -1,
                score("dapo", answer + "x".repeat(301 - answer.length()), "34").value());
        // Characters beyond the basic plane count once, as in Python.
        assertEquals(
                1,
                score("dapo", answer + "😀".repeat(300 - answer.length()), "34").value());
        assertEquals(
                -1,
                score("dapo", answer + "😀".repeat(301 - answer.length()), "34").value());
    }

    @Test
    void f1JudgesItsTableAsWritten() throws IOException, RewardException {
        List<String[]> rows = Tables.rows("f1", 3);
        assertTrue(rows.size() >= 30);
        for (String[] row : rows) {
            String[] fraction = row[2].split("/", -1);
            double expected = Double.parseDouble(fraction[0]) / Double.parseDouble(fraction[1]);
            assertEquals(expected, score("f1", row[0], row[1]).value(), 1e-12, row[0] + " | " + row[1]);
        }
    }

    @Test
    void randomIsAFairCoinThatFallsTheSameWayTwice() throws RewardException {
        int ones = 0;
        for (int i = 0; i < 10_000; i++) {
            double value = score("random", "sample " + i, null).value();
            assertTrue(value == 0 || value == 1);
            assertEquals(value, score("random", "sample " + i, null).value());
            ones += (int) value;
        }
        assertTrue(ones > 4_700 && ones < 5_300, ones + " of 10000");
    }

    @Test
    void anotherSeedTossesOtherCoins() throws RewardException {
        Rewards other = Rewards.installed().seeded(2);
        int same = 0;
        for (int i = 0; i < 1_000; i++) {
            RewardRequest request = Requests.ofType("random", "sample " + i, null);
            same += rewards.score(request).value() == other.score(request).value() ? 1 : 0;
        }
        assertTrue(same > 400 && same < 600, same + " of 1000");
    }
}
