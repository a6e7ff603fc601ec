package io.millrace.sandbox.engine.ledger;

import io.millrace.common.json.Json;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The request ledger as a file that survives the engine's own death: one JSON object a line for each request that has
 * ended, handed to the operating system line by line, appended to what an engine before it wrote. Fields: {@code rid},
 * {@code remote}, {@code arrival_ms}, {@code start_ms} (absent when it never got a slot), {@code end_ms} (wall clock),
 * {@code prompt_tokens}, {@code completion_tokens}, {@code outcome} (stop, length, abort, rejected). A request under way
 * when the engine was killed has no line. Not thread-safe; the ledger's lock guards it.
 */
public final class LedgerFile implements AutoCloseable {
    private final @Nullable BufferedWriter writer;

    private LedgerFile(@Nullable BufferedWriter writer) {
        this.writer = writer;
    }

    /**
     * @param path null for no file
     * @throws UncheckedIOException when it cannot be written
     */
    public static LedgerFile open(@Nullable Path path) {
        if (path == null) {
            return new LedgerFile(null);
        }
        try {
            return new LedgerFile(Files.newBufferedWriter(
                    path, StandardCharsets.UTF_8, StandardOpenOption.CREATE, StandardOpenOption.APPEND));
        } catch (IOException e) {
            throw new UncheckedIOException("--ledger-file: cannot write " + path, e);
        }
    }

    void append(LedgerRow row) {
        if (writer == null) {
            return;
        }
        var line = Json.object().put("rid", row.rid()).put("remote", row.remote());
        line.put("arrival_ms", row.arrivalNanos() / 1_000_000);
        if (row.started()) {
            line.put("start_ms", row.startNanos() / 1_000_000);
        }
        line.put("end_ms", row.endNanos() / 1_000_000)
                .put("prompt_tokens", row.promptTokens())
                .put("completion_tokens", row.completionTokens())
                .put("outcome", row.outcome().name().toLowerCase(Locale.ROOT));
        try {
            writer.write(Json.MAPPER.writeValueAsString(line));
            writer.newLine();
            writer.flush();
        } catch (IOException e) {
            throw new UncheckedIOException("the engine's ledger file cannot be written", e);
        }
    }

    @Override
    public void close() {
        if (writer != null) {
            try {
                writer.close();
            } catch (IOException e) {
                throw new UncheckedIOException("the engine's ledger file cannot be closed", e);
            }
        }
    }
}
