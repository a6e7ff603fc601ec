package io.millrace.sandbox.trainer;

import io.millrace.common.rollout.RolloutGroup;
import io.millrace.common.rollout.SampleHeader;
import io.millrace.common.wire.RolloutBatch;
import io.millrace.sandbox.engine.model.ToyTokenizer;
import io.millrace.sandbox.policy.AnswerPolicy;
import io.millrace.sandbox.policy.Answers;
import io.millrace.sandbox.policy.GrpoUpdate;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Trains the stand-in engine's policy on batches: real gradients from what the queue delivered. Owned by the loop. */
final class Learner {
    private final GrpoUpdate update;
    private final Path folder;
    private AnswerPolicy policy;

    private Learner(GrpoUpdate update, Path folder, AnswerPolicy policy) {
        this.update = update;
        this.folder = folder;
        this.policy = policy;
    }

    /** Goes on with the newest weights in the folder, where an earlier trainer left some. */
    static Learner open(GrpoUpdate update, Path folder) throws Exception {
        Files.createDirectories(folder);
        Optional<Path> newest;
        try (Stream<Path> files = Files.list(folder)) {
            newest = files.filter(file -> file.getFileName().toString().matches("policy-\\d{9}\\.safetensors"))
                    .max(Path::compareTo);
        }
        return new Learner(
                update, folder, newest.isPresent() ? AnswerPolicy.read(newest.get()) : AnswerPolicy.untrained());
    }

    /** One update on this batch. */
    void learn(RolloutBatch batch) {
        policy = update.apply(
                policy, batch.groups().stream().map(Learner::samples).toList());
    }

    /** The weights of this version, where engines read them. */
    Path write(long version) throws IOException {
        Path file = folder.resolve(String.format(java.util.Locale.ROOT, "policy-%09d.safetensors", version));
        WholeFile.write(file, policy.encode());
        return file.toAbsolutePath();
    }

    /** Samples whose response says no kind, as those that were cut before their first token, are left out. */
    private static List<GrpoUpdate.Sample> samples(RolloutGroup group) {
        List<GrpoUpdate.Sample> samples = new ArrayList<>();
        int tokenAt = 0;
        int responseAt = 0;
        for (SampleHeader sample : group.header().samples()) {
            int[] prompt = Arrays.copyOfRange(group.tokens(), tokenAt, tokenAt + sample.promptLength());
            if (sample.responseLength() > 0) {
                int kind = Answers.kind(group.tokens()[tokenAt + sample.promptLength()]);
                int form = AnswerPolicy.form(ToyTokenizer.decode(prompt, false));
                if (kind >= 0) {
                    samples.add(new GrpoUpdate.Sample(
                            form,
                            kind,
                            group.logProbs()[responseAt],
                            sample.reward().value()));
                }
            }
            tokenAt += sample.tokenCount();
            responseAt += sample.responseLength();
        }
        return samples;
    }
}
