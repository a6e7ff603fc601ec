package io.millrace.worker.generator;

import io.millrace.common.config.Setting;
import io.millrace.common.config.SettingException;

/** How samples are made. */
public record GeneratorSettings(
        @Setting(
                defaultValue = "single-turn",
                help =
                        "What makes a sample of a prompt: single-turn asks an engine once, http an agent, another name one"
                                + " of the class path's")
        String generator,

        @Setting(
                defaultValue = "16",
                range = "1 to 1000 samples",
                help = "Samples that one execution of a generator may make")
        int rolloutSamplesMax) {
    /** @throws SettingException when there is no such generator, or one of the class path cannot be used */
    public GeneratorSettings {
        try {
            Generators.installed().check(generator);
        } catch (IllegalArgumentException e) {
            throw new SettingException("--generator: " + e.getMessage());
        }
    }
}
