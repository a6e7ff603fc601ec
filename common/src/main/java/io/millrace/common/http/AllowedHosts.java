package io.millrace.common.http;

import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Which names a server answers to. A web page reaches a server that its maker cannot reach by a name of its own that it
 * turns into the server's address (DNS rebinding); the browser then takes the server for a part of that page's site and
 * tells it the page's name in {@code Host}. Such a name has a dot, since nobody can own one that has none. So these are
 * known: addresses, names without a dot (a service of a compose file, a host of the same domain), {@code localhost} and
 * what is below it, what the server listens on, and those of the setting. The port does not count: a published port
 * differs from the one listened on. Immutable.
 */
final class AllowedHosts {
    private static final Pattern NAME = Pattern.compile("[a-z0-9_-]{1,63}(\\.[a-z0-9_-]{1,63}){0,20}");
    private static final Pattern IPV4 = Pattern.compile("[0-9]{1,3}(\\.[0-9]{1,3}){3}");
    private static final Pattern IPV6 = Pattern.compile("\\[[0-9a-f:.]{2,45}(%[0-9a-z_.~-]{1,32})?]");
    private static final Pattern PORT = Pattern.compile("(:[0-9]{0,5})?");

    private final Set<String> names;
    private final List<String> suffixes;

    /**
     * @param listening the address or name listened on
     * @param more names, or suffixes that begin with a dot
     */
    AllowedHosts(String listening, List<String> more) {
        this.names = Stream.concat(Stream.of(listening), more.stream())
                .filter(host -> !host.startsWith("."))
                .map(AllowedHosts::lower)
                .collect(Collectors.toUnmodifiableSet());
        this.suffixes = more.stream()
                .filter(host -> host.startsWith("."))
                .map(AllowedHosts::lower)
                .toList();
    }

    /** Whether it is a name, or a suffix that begins with a dot. */
    static boolean isPattern(String host) {
        String name = host.startsWith(".") ? host.substring(1) : host;
        return NAME.matcher(lower(name)).matches();
    }

    /** Whether a request that calls the server so is answered. */
    boolean known(String authority) {
        String host = host(authority);
        if (host == null) {
            return false;
        }
        return isAddress(host) || !host.contains(".") || host.endsWith(".localhost") || named(host);
    }

    /**
     * Whether a page of this origin may call the server: one that the server itself would have served, or one of a name
     * of the setting.
     *
     * @param origin scheme, host and port
     * @param authority what the request calls the server
     */
    boolean knownOrigin(String origin, String authority) {
        int at = origin.indexOf("://");
        if (at < 0) {
            return false;
        }
        String of = lower(origin.substring(at + 3));
        String host = host(of);
        return host != null && (of.equals(lower(authority)) || named(host));
    }

    /** Whether a name of the setting, or the one listened on. */
    private boolean named(String host) {
        return names.contains(host) || suffixes.stream().anyMatch(host::endsWith);
    }

    private static boolean isAddress(String host) {
        return host.startsWith("[") || IPV4.matcher(host).matches();
    }

    /** Host of {@code host[:port]}, without the dot that ends a complete name; null when it is none. */
    private static @Nullable String host(String authority) {
        String text = lower(authority);
        int end = text.startsWith("[") ? text.indexOf(']') + 1 : text.indexOf(':');
        String host = end > 0 ? text.substring(0, end) : end == 0 ? "" : text;
        String port = text.substring(host.length());
        if (!PORT.matcher(port).matches()) {
            return null;
        }
        if (host.startsWith("[")) {
            return IPV6.matcher(host).matches() ? host : null;
        }
        String name = host.endsWith(".") ? host.substring(0, host.length() - 1) : host;
        return NAME.matcher(name).matches() ? name : null;
    }

    private static String lower(String text) {
        return text.toLowerCase(Locale.ROOT);
    }
}
