package io.millrace.common.config;

import io.millrace.common.log.Secrets;

/**
 * The text of a password or token. Settings of this type come from the environment or the settings file and from no flag,
 * since every user of a machine may read its process list; what is wrong with one is told without it. Immutable.
 */
public record Secret(String text) {
    public Secret {
        Secrets.keep(text);
    }

    /** What stands for it in every log, message and record. */
    @Override
    public String toString() {
        return Secrets.HIDDEN;
    }
}
