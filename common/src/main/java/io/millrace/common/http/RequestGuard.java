package io.millrace.common.http;

import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Method;
import io.helidon.http.Status;
import io.helidon.webserver.http.Filter;
import io.helidon.webserver.http.FilterChain;
import io.helidon.webserver.http.RoutingRequest;
import io.helidon.webserver.http.RoutingResponse;
import io.helidon.webserver.http.ServerRequest;
import io.millrace.common.http.lock.Access;
import io.millrace.common.http.lock.Locks;
import io.millrace.common.json.Json;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Stands before every route. Refuses what a web page could send without its reader's knowledge, also to loopback: a
 * {@code Host} that is not known (403), an {@code Origin} of another site (403), a request that a browser marks as another
 * site's (403), and whatever may change something without the content type {@code application/json} (415): a page of
 * another site cannot send that one before the browser has asked the server, which never allows it. Then it asks for a
 * token, where there are any: without one 401, with one that only reads 403 for all else. Whether the process lives and is
 * ready is told without one, and no more than that ({@link OpsServer}): what restarts it holds no secret. Thread-safe.
 */
final class RequestGuard implements Filter {
    private static final HeaderName FETCH_SITE = HeaderNames.create("Sec-Fetch-Site");
    private static final Set<Method> READING = Set.of(Method.GET, Method.HEAD, Method.OPTIONS);
    private static final Set<String> OWN_SITE = Set.of("same-origin", "none");

    /** Told to whoever may call at all; compared with the path as it was sent, so that nothing else is meant by it. */
    private static final Set<String> OPEN = Set.of(OpsServer.LIVE, OpsServer.READY);

    /** The files of the page, which hold nothing of the run: what it shows it asks for with a token. */
    private static final String PAGE = "/";

    /** Of the path as it was sent: a name alone, so that no way leads out of the folder. */
    private static final Pattern PAGE_FILE = Pattern.compile("/page/files/[a-z]{1,32}\\.[a-z]{1,8}");

    private final AllowedHosts hosts;
    private final Locks locks;

    RequestGuard(AllowedHosts hosts, Locks locks) {
        this.hosts = hosts;
        this.locks = locks;
    }

    /** @param challenges what is asked for, of 401 */
    private record Refusal(Status status, String why, List<String> challenges) {
        Refusal(Status status, String why) {
            this(status, why, List.of());
        }
    }

    @Override
    public void filter(FilterChain chain, RoutingRequest request, RoutingResponse response) {
        Refusal refusal = refusal(request);
        if (refusal == null) {
            chain.proceed();
        } else {
            if (!refusal.challenges().isEmpty()) {
                response.header(HeaderValues.create(HeaderNames.WWW_AUTHENTICATE, refusal.challenges()));
            }
            OpsServer.sendJson(response, refusal.status(), Json.object().put("error", refusal.why()));
        }
    }

    private @Nullable Refusal refusal(ServerRequest request) {
        List<String> named = values(request, HeaderNames.HOST);
        if (named.size() != 1 || !hosts.known(named.getFirst())) {
            return forbidden("Host " + named + " is not a name of this server", "it is called");
        }
        List<String> origins = values(request, HeaderNames.ORIGIN);
        for (String origin : origins) {
            if (!hosts.knownOrigin(origin, named.getFirst())) {
                return forbidden("Origin " + origin + " is another site's", "pages that may call it have");
            }
        }
        if (origins.isEmpty()) {
            for (String site : values(request, FETCH_SITE)) {
                if (!OWN_SITE.contains(site.toLowerCase(Locale.ROOT))) {
                    return forbidden(
                            "Sec-Fetch-Site " + site + ": a page of another site", "pages that may call it have");
                }
            }
        }
        boolean reading = READING.contains(request.prologue().method());
        Access access = access(request, locks);
        if (access == Access.NONE && !(reading && isOpen(request.path().rawPath()))) {
            return new Refusal(
                    Status.UNAUTHORIZED_401,
                    request.headers().contains(HeaderNames.AUTHORIZATION)
                            ? "Authorization shows no token that is known here"
                            : "a token is needed: Authorization: Bearer TOKEN",
                    reading ? List.of(Locks.CHALLENGE_BEARER, Locks.CHALLENGE_BASIC) : List.of(Locks.CHALLENGE_BEARER));
        }
        if (access == Access.READ && !reading) {
            return new Refusal(
                    Status.FORBIDDEN_403,
                    "this token only reads; " + request.prologue().method().text()
                            + " needs one of --api-token-file (MILLRACE_API_TOKEN), as Bearer");
        }
        if (!reading && !isJson(request)) {
            return new Refusal(
                    Status.UNSUPPORTED_MEDIA_TYPE_415,
                    "the header Content-Type: application/json is required for "
                            + request.prologue().method().text() + ", also without a body, was "
                            + values(request, HeaderNames.CONTENT_TYPE));
        }
        return null;
    }

    private static boolean isOpen(String path) {
        return OPEN.contains(path)
                || path.equals(PAGE)
                || PAGE_FILE.matcher(path).matches();
    }

    /** What the request may do. */
    static Access access(ServerRequest request, Locks locks) {
        return locks.access(values(request, HeaderNames.AUTHORIZATION));
    }

    private static Refusal forbidden(String what, String whose) {
        return new Refusal(
                Status.FORBIDDEN_403, what + "; --allowed-hosts (MILLRACE_ALLOWED_HOSTS) names those that " + whose);
    }

    private static boolean isJson(ServerRequest request) {
        List<String> types = values(request, HeaderNames.CONTENT_TYPE);
        if (types.size() != 1) {
            return false;
        }
        String type = types.getFirst();
        int end = type.indexOf(';');
        return (end < 0 ? type : type.substring(0, end)).strip().equalsIgnoreCase("application/json");
    }

    private static List<String> values(ServerRequest request, HeaderName name) {
        return request.headers().contains(name) ? request.headers().get(name).allValues() : List.of();
    }
}
