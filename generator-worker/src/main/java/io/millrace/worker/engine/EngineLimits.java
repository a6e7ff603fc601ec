package io.millrace.worker.engine;

import io.millrace.common.config.Setting;
import io.millrace.common.units.ByteSize;
import java.time.Duration;

/** How long engines are waited for, and how they are asked. */
public record EngineLimits(
        @Setting(defaultValue = "5s", range = "10ms to 5m", help = "Limit of connecting to an engine")
        Duration connectTimeout,

        @Setting(
                defaultValue = "2s",
                range = "0s to 10m",
                help =
                        "How long an engine that could not be reached, or that fails, is left out while there are others;"
                                + " then one request in each such while tries it")
        Duration engineRest,

        @Setting(
                defaultValue = "5",
                range = "1 to 1000000 requests",
                help =
                        "Requests in a row that an engine answers with a failure, with what is none, or not in time, after"
                                + " which it fails")
        int engineFailuresMax,

        @Setting(
                defaultValue = "1s",
                range = "10ms to 10m",
                help =
                        "How often engines are asked which weights they serve: for choosing among them, and as the oldest"
                                + " version of answers that tell only the one at their end")
        Duration engineVersionInterval,

        @Setting(
                defaultValue = "5s",
                range = "0s to 10m",
                help =
                        "How long a sample waits for an engine with the weights its task was issued at, while all that are"
                                + " well say that they serve older ones; then it goes to one of those. Once for a version")
        Duration engineVersionWait,

        @Setting(defaultValue = "256MiB", range = "1KiB to 2047MiB", help = "Largest answer read from an engine")
        ByteSize answerSizeMax,

        @Setting(
                defaultValue = "true",
                help = "Let the engine tokenize text prompts (POST /tokenize), so that prompt token ids reach the"
                        + " trainer; false sends the text and leaves them unknown")
        boolean tokenize) {}
