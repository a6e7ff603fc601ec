package io.millrace.sandbox.engine.ledger;

import io.millrace.common.json.Json;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * The request ledger as a file that survives the engine's own death: a {@link LedgerLine} for each request that has
 * ended, handed to the operating system line by line, appended to what an engine before it wrote. A request under way
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
        try {
            writer.write(Json.MAPPER.writeValueAsString(row.told()));
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
