package io.millrace.common.reward;

import io.millrace.common.json.Json;
import io.millrace.common.record.Prompt;
import org.jspecify.annotations.Nullable;

/** Requests as tests need them. */
public final class Requests {
    private Requests() {}

    public static RewardRequest of(String response, @Nullable String label) {
        return new RewardRequest(new Prompt.Text("question"), response, label, Json.object());
    }

    static RewardRequest ofType(String type, String response, String label) {
        return new RewardRequest(
                new Prompt.Text("question"), response, label, Json.object().put(Rewards.METADATA_KEY, type));
    }
}
