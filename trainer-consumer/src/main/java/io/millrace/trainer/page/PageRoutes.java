package io.millrace.trainer.page;

import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.StepNumber;
import io.millrace.common.json.Json;
import io.millrace.common.record.StepRecord.ManifestEntry;
import io.millrace.common.rollout.RolloutGroup;
import io.millrace.common.time.Ticker;
import io.millrace.trainer.batch.BatchReadException;
import io.millrace.trainer.observe.follow.RunFollower;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The page and what it asks for: {@code /} and its files, {@code /page/state} (JSON), {@code /page/events} (the same as
 * server-sent events, one a second), {@code /page/series}, {@code /page/step}, {@code /page/group} and {@code
 * /page/sample}. All of it is read by GET and changes nothing; every answer has a bound. Thread-safe.
 */
public final class PageRoutes implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(PageRoutes.class);

    /** In which a reader of events must take one. */
    private static final Duration STALL_LIMIT = Duration.ofSeconds(10);

    private static final Duration LOOK = Duration.ofSeconds(1);

    /** Without a new view something is sent all the same, so that a reader that has gone is noticed. */
    private static final Duration BETWEEN_SIGNS = Duration.ofSeconds(10);

    private static final byte[] SIGN = ": nothing new\n\n".getBytes(StandardCharsets.UTF_8);

    private final RunFollower follower;
    private final GroupReader groups;
    private final EventReaders readers;
    private final int readersMax;
    private @Nullable Encoded encoded;

    private record Encoded(long number, @Nullable String failure, byte[] json) {}

    /**
     * @param follower not owned, as is the reader
     * @param readersMax of events, at once
     */
    public PageRoutes(RunFollower follower, GroupReader groups, int readersMax, Ticker ticker) {
        this(follower, groups, readersMax, new EventReaders(readersMax, STALL_LIMIT, LOOK, ticker));
    }

    PageRoutes(RunFollower follower, GroupReader groups, int readersMax, EventReaders readers) {
        this.follower = follower;
        this.groups = groups;
        this.readersMax = readersMax;
        this.readers = readers;
    }

    /** Adds the routes. */
    public void addTo(HttpRouting.Builder routing) {
        PageFiles.addTo(routing);
        routing.get("/page/state", (request, response) -> state(response));
        routing.get("/page/events", (request, response) -> events(response));
        routing.get("/page/series", (request, response) -> guarded(response, () -> series(request)));
        routing.get("/page/step", (request, response) -> guarded(response, () -> step(request)));
        routing.get("/page/group", (request, response) -> guarded(response, () -> group(request)));
        routing.get("/page/sample", (request, response) -> guarded(response, () -> sample(request)));
    }

    /** Sends everyone who reads events away. */
    @Override
    public void close() {
        readers.close();
    }

    private interface Answer {
        JsonNode make() throws InterruptedException;
    }

    /** Something in the question does not fit. */
    private static final class BadQuestionException extends RuntimeException {
        private static final long serialVersionUID = 1;

        BadQuestionException(String message) {
            super(message);
        }
    }

    private static final class NotThereException extends RuntimeException {
        private static final long serialVersionUID = 1;

        NotThereException(String message) {
            super(message);
        }
    }

    private static void guarded(ServerResponse response, Answer answer) throws InterruptedException {
        try {
            send(response, Status.OK_200, GroupJson.bytes(answer.make()));
        } catch (BadQuestionException e) {
            refuse(response, Status.BAD_REQUEST_400, e);
        } catch (NotThereException e) {
            refuse(response, Status.NOT_FOUND_404, e);
        } catch (GroupReader.RefusedException | BatchReadException e) {
            response.header(HeaderNames.RETRY_AFTER, "1");
            refuse(response, Status.SERVICE_UNAVAILABLE_503, e);
        }
    }

    private static void refuse(ServerResponse response, Status status, RuntimeException why) {
        send(response, status, GroupJson.bytes(Json.object().put("error", String.valueOf(why.getMessage()))));
    }

    private static void send(ServerResponse response, Status status, byte[] json) {
        data(response);
        response.status(status);
        response.header(HeaderNames.CONTENT_TYPE, "application/json");
        response.send(json);
    }

    private static void data(ServerResponse response) {
        PageFiles.secure(response);
        response.header(HeaderNames.CACHE_CONTROL, "no-store");
    }

    private void state(ServerResponse response) {
        byte[] json = json(follower.newest());
        if (json == null) {
            response.header(HeaderNames.RETRY_AFTER, "1");
            refuse(response, Status.SERVICE_UNAVAILABLE_503, new NotThereException(notYet()));
        } else {
            send(response, Status.OK_200, json);
        }
    }

    private String notYet() {
        String failure = follower.failure();
        return failure == null
                ? "the run's topics are not read yet: waits for the broker, or for the run's producer to make them"
                : "the observer has failed: " + failure;
    }

    /** One encoding serves all readers; null before the first view. */
    private synchronized byte @Nullable [] json(Optional<RunFollower.Numbered> newest) {
        if (newest.isEmpty()) {
            return null;
        }
        RunFollower.Numbered view = newest.get();
        String failure = follower.failure();
        Encoded last = encoded;
        if (last != null && last.number() >= view.number() && Objects.equals(last.failure(), failure)) {
            return last.json();
        }
        ObjectNode json = Json.object();
        json.put("number", view.number());
        json.put("quiet_ms", view.quietMs());
        json.put("failure", failure);
        json.set("view", Json.MAPPER.valueToTree(view.view()));
        Encoded made = new Encoded(view.number(), failure, GroupJson.bytes(json));
        encoded = made;
        return made.json();
    }

    private void events(ServerResponse response) {
        if (!readers.enter()) {
            response.header(HeaderNames.RETRY_AFTER, "5");
            refuse(
                    response,
                    Status.SERVICE_UNAVAILABLE_503,
                    new NotThereException(
                            readersMax + " pages are open already, which is the limit (page-readers-max)"));
            return;
        }
        try {
            data(response);
            response.header(HeaderNames.CONTENT_TYPE, "text/event-stream; charset=utf-8");
            try (OutputStream out = response.outputStream()) {
                long[] seen = {0};
                readers.send(out, () -> {
                    Optional<RunFollower.Numbered> next = follower.after(seen[0], BETWEEN_SIGNS);
                    byte[] json = json(next);
                    if (json == null) {
                        return follower.isEnded() ? null : SIGN;
                    }
                    seen[0] = next.orElseThrow().number();
                    return event(json);
                });
            }
        } catch (IOException | UncheckedIOException e) {
            log.debug("a reader of the page's events has gone", e);
        } catch (InterruptedException e) {
            // Sent away while it waited for the next one.
            Thread.currentThread().interrupt();
        } finally {
            readers.leave();
        }
    }

    private static byte[] event(byte[] json) {
        byte[] head = "event: state\ndata: ".getBytes(StandardCharsets.UTF_8);
        byte[] event = new byte[head.length + json.length + 2];
        System.arraycopy(head, 0, event, 0, head.length);
        System.arraycopy(json, 0, event, head.length, json.length);
        event[event.length - 2] = '\n';
        event[event.length - 1] = '\n';
        return event;
    }

    private JsonNode series(ServerRequest request) {
        int tier = Math.toIntExact(number(request, "tier", 0, 2, 0L));
        ObjectNode json = Json.object();
        json.set("flow", Json.MAPPER.valueToTree(follower.flow(tier)));
        json.set("groups", Json.MAPPER.valueToTree(follower.groups(tier)));
        json.set("steps", Json.MAPPER.valueToTree(follower.steps(tier)));
        return json;
    }

    private JsonNode step(ServerRequest request) {
        Lineage lineage = new Lineage(number(request, "lineage", 0, Integer.MAX_VALUE, null));
        StepNumber step = new StepNumber(number(request, "step", 0, Long.MAX_VALUE, null));
        ObjectNode json = Json.object();
        json.set("members", Json.MAPPER.valueToTree(follower.members(lineage, step)));
        return json;
    }

    private JsonNode group(ServerRequest request) throws InterruptedException {
        int from = Math.toIntExact(number(request, "from", 0, 1 << 20, 0L));
        return GroupJson.summary(read(request), from);
    }

    private JsonNode sample(ServerRequest request) throws InterruptedException {
        RolloutGroup group = read(request);
        int count = group.header().samples().size();
        int position = Math.toIntExact(number(request, "position", 0, count - 1, null));
        int token = Math.toIntExact(number(request, "token", 0, Integer.MAX_VALUE, 0L));
        int text = Math.toIntExact(number(request, "char", 0, Integer.MAX_VALUE, 0L));
        return GroupJson.sample(group, position, token, text);
    }

    private RolloutGroup read(ServerRequest request) throws InterruptedException {
        GroupIndex index = new GroupIndex(number(request, "index", 0, Long.MAX_VALUE, null));
        long attempt = number(request, "attempt", 0, Long.MAX_VALUE, 0L);
        ManifestEntry entry = follower.place(index, attempt == 0 ? null : new Attempt(attempt))
                .orElseThrow(() -> new NotThereException("no result of group " + index
                        + " is known: it has none yet, or its step is older than those that are listed"));
        return groups.read(entry);
    }

    /** @param otherwise where it is not given; null where it must be */
    private static long number(ServerRequest request, String name, long min, long max, @Nullable Long otherwise) {
        Optional<String> given = request.query().first(name).asOptional();
        if (given.isEmpty()) {
            if (otherwise == null) {
                throw new BadQuestionException(name + " must be given");
            }
            return otherwise;
        }
        String text = given.get();
        long value = text.matches("[0-9]{1,18}") ? Long.parseLong(text) : -1;
        if (value < min || value > max) {
            throw new BadQuestionException(name + " must be " + min + " to " + max + ", was '"
                    + text.substring(0, Math.min(40, text.length())) + "'");
        }
        return value;
    }
}
