package io.millrace.trainer.policy;

import io.millrace.common.config.Setting;
import io.millrace.common.record.VersionWords;

/** Which weight versions a trainer may name. */
public record VersionSettings(
        @Setting(
                name = "version-jump-max",
                defaultValue = "8",
                range = "1 to 1000000 weight versions",
                help =
                        "How far above the current weight version the next one may be; what is further is refused, from the"
                                + " trainer, or taken for no version, from an engine")
        long jumpMax,

        @Setting(
                name = "on-version-restart",
                defaultValue = "lineage",
                help =
                        "When the trainer says ready with a lower version than the current one: lineage takes it for a trainer"
                                + " that counts anew and opens a lineage in which it may; refuse refuses it")
        OnVersionRestart onRestart) {
    /** The defaults. */
    public static VersionSettings defaults() {
        return new VersionSettings(VersionWords.JUMP_MAX_DEFAULT, OnVersionRestart.LINEAGE);
    }

    public VersionRules rules() {
        return new VersionRules(jumpMax, onRestart);
    }
}
