package io.millrace.common.http.lock;

import io.millrace.common.config.Secret;
import io.millrace.common.config.Setting;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Tokens that a process's HTTP server asks for. */
public record LockSettings(
        @Setting(
                help = "File with the tokens that may call everything, one on each line; several while one replaces"
                        + " another; read anew when it changes")
        @Nullable
        Path apiTokenFile,

        @Setting(
                help = "A token that may call everything; never a flag, since process lists show those: environment or"
                        + " settings file")
        @Nullable
        Secret apiToken,

        @Setting(
                help = "File with the tokens that may only read: GETs, the page, metrics and status; as api-token-file")
        @Nullable
        Path readTokenFile,

        @Setting(help = "A token that may only read; never a flag: environment or settings file") @Nullable
        Secret readToken,

        @Setting(
                defaultValue = "false",
                help =
                        "Serve other machines without a token, where the network itself lets in nobody else; without it a"
                                + " process that listens beyond loopback needs api-token-file or api-token")
        boolean insecureNoToken) {
    /** Without tokens, for loopback. */
    public static final LockSettings NONE = new LockSettings(null, null, null, null, false);
}
