package io.millrace.worker.engine;

import io.millrace.common.config.ByteSize;
import io.millrace.common.config.Setting;
import java.time.Duration;

/** How long engines are waited for, and how they are asked. */
public record EngineLimits(
        @Setting(
                name = "connect-timeout",
                defaultValue = "5s",
                min = "10ms",
                max = "5m",
                help = "Limit of connecting to an engine")
        Duration connectTimeout,

        @Setting(
                name = "engine-rest",
                defaultValue = "2s",
                min = "0s",
                max = "10m",
                help = "How long an engine that could not be reached is left out while there are others")
        Duration engineRest,

        @Setting(
                name = "engine-version-interval",
                defaultValue = "1s",
                min = "10ms",
                max = "10m",
                help =
                        "How often engines are asked which weights they serve: for choosing among them, and as the oldest"
                                + " version of answers that tell only the one at their end")
        Duration engineVersionInterval,

        @Setting(
                name = "engine-version-wait",
                defaultValue = "5s",
                min = "0s",
                max = "10m",
                help =
                        "How long a sample waits for an engine with the weights its task was issued at, while all that are"
                                + " well say that they serve older ones; then it goes to one of those. Once for a version")
        Duration engineVersionWait,

        @Setting(
                name = "answer-size-max",
                defaultValue = "256MiB",
                min = "1KiB",
                max = "2047MiB",
                help = "Largest answer read from an engine")
        ByteSize answerSizeMax,

        @Setting(
                name = "tokenize",
                defaultValue = "true",
                help = "Let the engine tokenize text prompts (POST /tokenize), so that prompt token ids reach the"
                        + " trainer; false sends the text and leaves them unknown")
        boolean tokenize) {}
