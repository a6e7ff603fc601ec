package io.millrace.worker.agent;

import io.millrace.common.time.WallClock;
import io.millrace.worker.agent.chat.ApiError;
import io.millrace.worker.generator.Rollout;
import java.security.SecureRandom;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The sessions that are open, by what agents show of them, and why the last ones were closed. Thread-safe. */
final class Sessions {
    /** Why sessions were closed is known of so many. */
    private static final int CLOSED_MAX = 10_000;

    private static final int TOKEN_BYTES = 24;

    private final AgentSettings settings;
    private final WallClock clock;
    private final SecureRandom random = new SecureRandom();
    private final Map<String, Session> open = new HashMap<>();
    private final Map<String, String> closed = new LinkedHashMap<>();

    Sessions(AgentSettings settings, WallClock clock) {
        this.settings = settings;
        this.clock = clock;
    }

    Session open(Rollout rollout) {
        byte[] bytes = new byte[TOKEN_BYTES];
        random.nextBytes(bytes);
        Session session =
                new Session(rollout, settings, clock, "mr-" + HexFormat.of().formatHex(bytes));
        synchronized (this) {
            open.put(session.token(), session);
        }
        return session;
    }

    void close(Session session, String why) {
        synchronized (this) {
            open.remove(session.token());
            closed.put(session.token(), why);
            if (closed.size() > CLOSED_MAX) {
                closed.remove(closed.keySet().iterator().next());
            }
        }
        session.close(why);
    }

    /** @throws ApiError when there is none, or none any more */
    synchronized Session named(@Nullable String token) throws ApiError {
        Session session = open.get(token);
        if (session != null) {
            return session;
        }
        String why = closed.get(token);
        if (why != null) {
            throw Session.ended(why);
        }
        throw new ApiError(
                401, "invalid_api_key", "the header Authorization must be Bearer and the api_key of the agent's task");
    }

    synchronized int count() {
        return open.size();
    }
}
