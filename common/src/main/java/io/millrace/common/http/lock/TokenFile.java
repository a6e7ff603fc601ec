package io.millrace.common.http.lock;

import io.millrace.common.config.SettingException;
import io.millrace.common.log.Secrets;
import io.millrace.common.time.Ticker;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tokens of a file, one on each line; empty lines and those that begin with # are passed over. When the file changes it is
 * read again, a second later at most; what cannot be read then leaves the tokens as they are, with a warning. Thread-safe.
 */
final class TokenFile {
    private static final Logger log = LoggerFactory.getLogger(TokenFile.class);

    /** Tokens are short and few. */
    private static final int BYTES_MAX = 64 << 10;

    private static final long LOOK_NANOS = Duration.ofSeconds(1).toNanos();

    private final String flag;
    private final Path path;
    private final Ticker ticker;
    private final WatchedFile watched;
    private Tokens tokens;
    private long lookedNanos;

    /** @throws SettingException when it cannot be read or has no token, or one of no form */
    TokenFile(String flag, Path path, Ticker ticker) {
        this.flag = flag;
        this.path = path;
        this.ticker = ticker;
        this.watched = new WatchedFile(path);
        this.tokens = read();
        this.lookedNanos = ticker.nanos();
    }

    synchronized Tokens tokens() {
        if (ticker.nanos() - lookedNanos >= LOOK_NANOS) {
            lookedNanos = ticker.nanos();
            if (watched.changed()) {
                reread();
            }
        }
        return tokens;
    }

    private void reread() {
        try {
            tokens = read();
            log.info("{} {} has changed and is in force", flag, path);
        } catch (SettingException e) {
            log.warn("the tokens stay as they were: {}", e.getMessage());
        }
    }

    /** The one that a client shows. */
    String firstLine() {
        return texts().getFirst();
    }

    private Tokens read() {
        try {
            return Tokens.of(texts());
        } catch (IllegalArgumentException e) {
            throw new SettingException(flag + " " + path + ": " + e.getMessage());
        }
    }

    private List<String> texts() {
        try {
            if (Files.size(path) > BYTES_MAX) {
                throw new SettingException(flag + " " + path + " is larger than " + BYTES_MAX + " bytes");
            }
            List<String> texts = new String(Files.readAllBytes(path), StandardCharsets.UTF_8)
                    .lines()
                    .map(String::strip)
                    .filter(line -> !line.isEmpty() && !line.startsWith("#"))
                    .toList();
            if (texts.isEmpty()) {
                throw new SettingException(flag + " " + path + " has no token; one stands on each line");
            }
            texts.forEach(Secrets::keep);
            return texts;
        } catch (IOException e) {
            throw new SettingException(
                    flag + " " + path + " cannot be read: " + e.getClass().getSimpleName());
        }
    }
}
