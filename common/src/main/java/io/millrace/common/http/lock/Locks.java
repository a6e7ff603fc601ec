package io.millrace.common.http.lock;

import io.millrace.common.config.Secret;
import io.millrace.common.config.SettingException;
import io.millrace.common.time.Ticker;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What a request's {@code Authorization} is good for. A {@code Bearer} token (RFC 6750) for everything; {@code Basic} (RFC
 * 7617), any name with a token as its password, for reading only, since browsers ask for that by themselves, and add it by
 * themselves to what a page asks, so that it may change nothing. Without any token everybody may do everything. Thread-safe.
 */
public final class Locks {
    /** What a client that shows no token is asked for. */
    public static final String CHALLENGE_BEARER = "Bearer realm=\"millrace\"";

    /** The same where something is only read. */
    public static final String CHALLENGE_BASIC = "Basic realm=\"millrace\", charset=\"UTF-8\"";

    /** Without tokens: on loopback, or where something else tells who calls. */
    public static final Locks OPEN = new Locks(Tokens.NONE, Tokens.NONE, List.of(), List.of());

    private final Tokens full;
    private final Tokens read;
    private final List<TokenFile> fullFiles;
    private final List<TokenFile> readFiles;

    private Locks(Tokens full, Tokens read, List<TokenFile> fullFiles, List<TokenFile> readFiles) {
        this.full = full;
        this.read = read;
        this.fullFiles = List.copyOf(fullFiles);
        this.readFiles = List.copyOf(readFiles);
    }

    /**
     * Of the settings.
     *
     * @param host listened on
     * @param flags that say where, for the message
     * @throws SettingException when a token or its file cannot be used, or when others could call without one and nobody
     *     has said that they may
     */
    public static Locks of(LockSettings settings, String host, String flags) {
        Locks locks = new Locks(
                tokens("--api-token", settings.apiToken()),
                tokens("--read-token", settings.readToken()),
                files("--api-token-file", settings.apiTokenFile()),
                files("--read-token-file", settings.readTokenFile()));
        boolean withoutFull = locks.full.isEmpty() && locks.fullFiles.isEmpty();
        if (withoutFull && locks.locked()) {
            throw SettingException.impossible(
                    "--read-token-file",
                    "a token that only reads guards nothing while everybody may write: --api-token-file"
                            + " (MILLRACE_API_TOKEN) is needed too");
        }
        if (withoutFull && !settings.insecureNoToken() && !isLoopback(host)) {
            throw SettingException.impossible(
                    flags,
                    "on " + host + " other machines may call, and no token is asked for: give --api-token-file"
                            + " (MILLRACE_API_TOKEN), or --insecure-no-token true where the network lets in nobody else");
        }
        return locks;
    }

    private static Tokens tokens(String name, @Nullable Secret secret) {
        try {
            return secret == null
                    ? Tokens.NONE
                    : Tokens.of(List.of(secret.text().strip()));
        } catch (IllegalArgumentException e) {
            throw new SettingException(name + ": " + e.getMessage());
        }
    }

    private static List<TokenFile> files(String flag, @Nullable Path path) {
        return path == null ? List.of() : List.of(new TokenFile(flag, path, Ticker.system()));
    }

    /** A name that is not known is refused when it is listened on. */
    private static boolean isLoopback(String host) {
        try {
            return InetAddress.getByName(host).isLoopbackAddress();
        } catch (UnknownHostException e) {
            return true;
        }
    }

    /** Whether a token is asked for. */
    public boolean locked() {
        return !(full.isEmpty() && read.isEmpty() && fullFiles.isEmpty() && readFiles.isEmpty());
    }

    /**
     * What a request may do.
     *
     * @param authorization its headers of that name; more than one are none
     */
    public Access access(List<String> authorization) {
        if (!locked()) {
            return Access.FULL;
        }
        if (authorization.size() != 1) {
            return Access.NONE;
        }
        String header = authorization.getFirst();
        int space = header.indexOf(' ');
        String scheme = space < 0 ? "" : header.substring(0, space).toLowerCase(Locale.ROOT);
        String rest = header.substring(space + 1).strip();
        return switch (scheme) {
            case "bearer" -> of(rest);
            case "basic" -> of(password(rest)) == Access.NONE ? Access.NONE : Access.READ;
            default -> Access.NONE;
        };
    }

    /** All are compared, whichever fits. */
    private Access of(String token) {
        boolean writes = all(full, fullFiles).has(token);
        boolean reads = all(read, readFiles).has(token);
        return writes ? Access.FULL : reads ? Access.READ : Access.NONE;
    }

    private static Tokens all(Tokens one, List<TokenFile> files) {
        List<Tokens> all = new ArrayList<>(List.of(one));
        files.forEach(file -> all.add(file.tokens()));
        return all.stream().reduce(Tokens.NONE, Tokens::and);
    }

    /** Behind the first colon; nothing where it is not encoded so. */
    private static String password(String encoded) {
        try {
            String pair = new String(Base64.getDecoder().decode(encoded), StandardCharsets.UTF_8);
            return pair.substring(pair.indexOf(':') + 1);
        } catch (IllegalArgumentException e) {
            return "";
        }
    }
}
