package io.millrace.sandbox.engine.vllm;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.millrace.sandbox.engine.ledger.WeightVersions;
import io.millrace.sandbox.engine.model.Completion;
import io.millrace.sandbox.engine.model.EngineSettings;
import io.millrace.sandbox.engine.model.FinishReason;
import io.millrace.sandbox.engine.model.RoutedExperts;
import io.millrace.sandbox.engine.model.ToyTokenizer;
import io.millrace.sandbox.engine.runtime.Generation;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The answers of {@code /inference/v1/generate} and {@code /v1/completions}, field by field as vLLM names them. */
final class VllmGeneration {
    private VllmGeneration() {}

    /** Of {@code /inference/v1/generate}. */
    record Tokens(
            String requestId, String model, long created, Usage usage, String outputMode, List<TokenChoice> choices) {}

    /** @param weightVersions null of an engine that tells none */
    record TokenChoice(
            int index,
            String finishReason,

            @JsonInclude(JsonInclude.Include.ALWAYS) @Nullable
            Object stopReason,

            int[] tokenIds,
            @Nullable List<WeightVersions.Span> weightVersions,
            byte @Nullable [] routedExperts,

            @JsonInclude(JsonInclude.Include.ALWAYS) @Nullable
            Content logprobs) {}

    record Content(List<Chosen> content) {}

    record Chosen(int tokenId, float logprob, int rank, List<Top> topLogprobs) {}

    record Top(int tokenId, float logprob, int rank) {}

    /** Of {@code /v1/completions}. */
    record Text(String id, String object, long created, String model, List<TextChoice> choices, Usage usage) {}

    record TextChoice(
            int index,
            String text,

            @JsonInclude(JsonInclude.Include.ALWAYS) @Nullable
            TokenLogprobs logprobs,

            String finishReason,

            @JsonInclude(JsonInclude.Include.ALWAYS) @Nullable
            Object stopReason,

            int @Nullable [] tokenIds,
            int @Nullable [] promptTokenIds,
            byte @Nullable [] routedExperts) {}

    record TokenLogprobs(float[] tokenLogprobs, List<String> tokens) {}

    record Usage(int promptTokens, int totalTokens, int completionTokens) {
        static Usage of(Generation generation) {
            int prompt = generation.request().inputIds().length;
            int made = generation.completion().tokens();
            return new Usage(prompt, prompt + made, made);
        }
    }

    static Tokens tokens(Generation generation, EngineSettings settings, long createdSeconds) {
        Completion completion = generation.completion();
        TokenChoice choice = new TokenChoice(
                0,
                finish(completion),
                stopReason(completion),
                completion.outputIds(),
                settings.versionShape() == EngineSettings.VersionShape.SPANS ? generation.spans() : null,
                experts(generation, settings),
                generation.request().returnLogProbs() ? content(completion) : null);
        return new Tokens(
                VllmRoutes.GENERATE_ID + generation.request().rid(),
                settings.modelName(),
                createdSeconds,
                Usage.of(generation),
                "tokens",
                List.of(choice));
    }

    /** Whether they are asked for or not, as with --enable-return-routed-experts; not of what was never computed. */
    private static byte @Nullable [] experts(Generation generation, EngineSettings settings) {
        boolean computed = settings.expertLayers() > 0
                && (generation.completion().tokens() > 0
                        || !(generation.completion().finish() instanceof FinishReason.Abort));
        return computed
                ? RoutedExperts.npy(
                        generation.request().inputIds(),
                        generation.completion().outputIds(),
                        generation.request().expertsFrom(),
                        generation.weightVersion(),
                        settings)
                : null;
    }

    private static Content content(Completion completion) {
        List<Chosen> content = new ArrayList<>(completion.tokens());
        for (int i = 0; i < completion.tokens(); i++) {
            int id = completion.outputIds()[i];
            float logProb = completion.logProb(i);
            content.add(new Chosen(id, logProb, 1, List.of(new Top(id, logProb, 1))));
        }
        return new Content(content);
    }

    static Text text(Generation generation, boolean tokenIds, EngineSettings settings, long createdSeconds) {
        Completion completion = generation.completion();
        boolean skipSpecial = generation.request().sampling().skipSpecialTokens();
        TextChoice choice = new TextChoice(
                0,
                completion.text(skipSpecial),
                generation.request().returnLogProbs() ? logprobs(completion) : null,
                finish(completion),
                stopReason(completion),
                tokenIds ? completion.outputIds() : null,
                tokenIds ? generation.request().inputIds() : null,
                experts(generation, settings));
        return new Text(
                VllmRoutes.COMPLETION_ID + generation.request().rid(),
                "text_completion",
                createdSeconds,
                settings.modelName(),
                List.of(choice),
                Usage.of(generation));
    }

    /** Of {@code /v1/chat/completions}. */
    record Chat(String id, String object, long created, String model, List<ChatChoice> choices, Usage usage) {}

    record ChatChoice(int index, Message message, String finishReason) {}

    record Message(String role, String content) {}

    static Chat chat(Generation generation, EngineSettings settings, long createdSeconds) {
        Completion completion = generation.completion();
        Message message = new Message(
                "assistant", completion.text(generation.request().sampling().skipSpecialTokens()));
        return new Chat(
                VllmRequest.CHAT_ID + generation.request().rid(),
                "chat.completion",
                createdSeconds,
                settings.modelName(),
                List.of(new ChatChoice(0, message, finish(completion))),
                Usage.of(generation));
    }

    private static TokenLogprobs logprobs(Completion completion) {
        int[] ids = completion.outputIds();
        float[] logProbs = new float[ids.length];
        List<String> tokens = new ArrayList<>(ids.length);
        for (int i = 0; i < ids.length; i++) {
            logProbs[i] = completion.logProb(i);
            tokens.add(ToyTokenizer.decode(ids, i, i + 1, false));
        }
        return new TokenLogprobs(logProbs, tokens);
    }

    private static String finish(Completion completion) {
        return switch (completion.finish()) {
            case FinishReason.StopToken _, FinishReason.StopString _ -> "stop";
            case FinishReason.Length _ -> "length";
            case FinishReason.Abort _ -> "abort";
        };
    }

    /** The string or the token that was asked to end it; null at the model's own end. */
    private static @Nullable Object stopReason(Completion completion) {
        return switch (completion.finish()) {
            case FinishReason.StopToken(int id) -> id == ToyTokenizer.EOS ? null : id;
            case FinishReason.StopString(String matched) -> matched;
            case FinishReason.Length _, FinishReason.Abort _ -> null;
        };
    }
}
