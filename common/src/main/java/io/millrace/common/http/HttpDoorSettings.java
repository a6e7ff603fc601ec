package io.millrace.common.http;

import io.millrace.common.config.Setting;
import java.util.List;

/**
 * Whom a process's HTTP server answers.
 *
 * @param allowedHosts further names, or suffixes that begin with a dot; lower case or not
 */
public record HttpDoorSettings(
        @Setting(
                defaultValue = "",
                help = "Names that requests may call this server by, besides addresses, names without a dot and"
                        + " localhost: trainer.example.com, or .example.com for all below it; also web pages of these"
                        + " names may call it; repeat it or separate by commas")
        List<String> allowedHosts) {
    /** For whoever needs none by name. */
    public static final HttpDoorSettings DEFAULTS = new HttpDoorSettings(List.of());

    public HttpDoorSettings {
        allowedHosts = List.copyOf(allowedHosts);
        for (String host : allowedHosts) {
            if (!AllowedHosts.isPattern(host)) {
                throw new IllegalArgumentException("--allowed-hosts must be names such as trainer.example.com or"
                        + " .example.com, without scheme and port, was '" + host + "'");
            }
        }
    }
}
