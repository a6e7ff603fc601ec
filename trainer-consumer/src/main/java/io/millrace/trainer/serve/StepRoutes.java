package io.millrace.trainer.serve;

import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.CloseConnectionException;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.LeaseToken;
import io.millrace.common.id.Lineage;
import io.millrace.common.id.StepNumber;
import io.millrace.common.id.WeightVersion;
import io.millrace.common.json.Json;
import io.millrace.common.record.StepRecord;
import io.millrace.common.record.StepRecord.ManifestEntry;
import io.millrace.common.trace.TraceContext;
import io.millrace.trainer.api.Described;
import io.millrace.trainer.api.Operation;
import io.millrace.trainer.api.Schemas;
import io.millrace.trainer.ask.AckAnswer;
import io.millrace.trainer.ask.LeaseAnswer;
import io.millrace.trainer.ask.ResumeAnswer;
import io.millrace.trainer.batch.BatchBody;
import io.millrace.trainer.batch.BatchForm;
import io.millrace.trainer.batch.BatchShare;
import io.millrace.trainer.batch.GroupAdvantages;
import io.millrace.trainer.batch.LeasedBatch;
import io.millrace.trainer.download.BatchDownloads;
import io.millrace.trainer.queue.RolloutQueue;
import io.millrace.trainer.steps.ResumeMode;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * Steps over HTTP: {@code POST /v1/steps/{step}/lease?lineage=0} (a number or {@code next}, and the lineage that the
 * trainer is in), {@code GET /v1/steps/{step}/batch}, {@code POST /v1/steps/{step}/ack}, {@code POST /v1/resume}. The
 * answer to a lease has a token, {@code lease}, by which the batch is fetched and acknowledged. Thread-safe.
 */
final class StepRoutes {
    private static final long WAIT_MS_MAX = 60_000;
    private static final long WAIT_MS_DEFAULT = 30_000;
    private static final String STEP = "The step's number.";
    /** As {@link LeaseToken} reads it. */
    private static final String TOKEN = "^[0-9]{1,18}-[0-9]{1,18}-[0-9a-f]{16}$";

    private static final Operation LEASE = Operation.post(
                    "/v1/steps/{step}/lease",
                    "lease",
                    "Leases a step. It is the same until it is acknowledged, to whoever asks for it.")
            .path("step", numberOrNext(), "The step's number, or next for the one that is due.")
            .needs(
                    "lineage",
                    Schemas.id(),
                    "The one that the trainer is in, which it read when it began. Of another one it was replaced.")
            .query(
                    "wait_ms",
                    Schemas.number(0, WAIT_MS_MAX, WAIT_MS_DEFAULT),
                    "How long to wait for its groups to finish.")
            .answers(200, LeasedStep.class, "The step is leased; its batch can be fetched.")
            .answers(202, LeaseAnswer.NotYet.class, "Its groups have not finished within the wait. Ask again.")
            .refuses(409)
            .refuses(503);

    private static final Operation BATCH = Operation.get(
                    "/v1/steps/{step}/batch", "batch", "The groups of a leased step, whole, ascending by index.")
            .path("step", Schemas.id(), STEP)
            .needs("lease", Schemas.text(TOKEN), "The token that the answer to its lease has.")
            .query(
                    "format",
                    Schemas.oneOf("json", "safetensors"),
                    "Safetensors where the header Accept asks for that, JSON otherwise.")
            .query(
                    "rank",
                    Schemas.number(0, BatchShare.WORLD_MAX - 1, 0),
                    "Only the groups of this data-parallel rank, below world: whole groups, each with one rank, balanced by"
                            + " tokens, the same whenever it is asked.")
            .query(
                    "world",
                    Schemas.number(1, BatchShare.WORLD_MAX, 1),
                    "How many ranks there are; at most as many as the step has groups.")
            .query(
                    "advantages",
                    Schemas.oneOf("std", "mean"),
                    "With each sample's reward less its group's mean, over the group's standard deviation or not.")
            .answers(
                    200,
                    "application/json",
                    BatchForm.class,
                    "The batch; packed where the header Accept-Encoding has zstd.")
            .answers(200, BatchBody.SAFETENSORS, null, "The batch; packed where the header Accept-Encoding has zstd.")
            .refuses(409)
            .refuses(503);

    private static final Operation ACKNOWLEDGE = Operation.post(
                    "/v1/steps/{step}/ack", "acknowledge", "The step is trained: its groups are settled, durably.")
            .path("step", Schemas.id(), STEP)
            .body(AckBody.class)
            .answers(200, AckAnswer.class, "It is settled; the same for a repeated one.")
            .refuses(409)
            .refuses(503);

    private static final Operation RESUME = Operation.post(
                    "/v1/resume", "resume", "Goes back to an older checkpoint, in a lineage of its own.")
            .body(ResumeBody.class)
            .answers(200, ResumeAnswer.class, "The run is in the lineage; the same for a repeated one.")
            .refuses(409)
            .refuses(503);

    static final List<Operation> OPERATIONS = List.of(LEASE, BATCH, ACKNOWLEDGE, RESUME);

    private static final HeaderName TRACEPARENT = HeaderNames.create(TraceContext.HEADER);
    private static final String ZSTD = "zstd";
    /** A weight of nothing. */
    private static final Pattern NONE = Pattern.compile("q=0(\\.0*)?\\s*$");

    private final RanksFetched ranks = new RanksFetched();
    private final RolloutQueue queue;
    private final BatchDownloads downloads;
    private final TrainerRoutes.StepTraces traces;

    StepRoutes(RolloutQueue queue, BatchDownloads downloads, TrainerRoutes.StepTraces traces) {
        this.traces = traces;
        this.queue = queue;
        this.downloads = downloads;
    }

    void addTo(ApiRoutes api) {
        api.add(LEASE, this::lease)
                .add(BATCH, this::batch)
                .add(ACKNOWLEDGE, this::acknowledge)
                .add(RESUME, this::resume);
    }

    private static ObjectNode numberOrNext() {
        ObjectNode schema = Json.object();
        schema.putArray("anyOf").add(Schemas.id()).add(Json.object().put("const", "next"));
        return schema;
    }

    private void lease(Call call) throws InterruptedException {
        call.nothing();
        StepNumber step = call.path("step").equals("next") ? null : step(call);
        String wait = call.query("wait_ms");
        long waitMs = wait == null ? WAIT_MS_DEFAULT : Bodies.number("wait_ms", wait, WAIT_MS_MAX);
        switch (queue.lease(step, lineage(call), Duration.ofMillis(waitMs))) {
            case LeaseAnswer.Leased leased -> {
                TraceContext trace = traces.of(leased.lease());
                if (trace != null) {
                    call.response().header(TRACEPARENT, trace.traceparent());
                }
                call.send(Status.OK_200, LeasedStep.of(leased));
            }
            case LeaseAnswer.NotYet notYet -> call.send(Status.ACCEPTED_202, notYet);
        }
    }

    /** A lease, as its trainer is told. */
    record LeasedStep(
            Lineage lineage,
            StepNumber step,

            @Described("The token by which its batch is fetched and acknowledged; the same for the same lease.")
            String lease,

            @Described("As the trainer called it at the hand-over.")
            WeightVersion weightVersion,

            long leasedAtMs,
            int groups,
            @Described("Ascending.") List<GroupIndex> groupIndices,
            @Described("For people.") List<String> warnings,
            @Described("The address of its batch.") String batch) {
        static LeasedStep of(LeaseAnswer.Leased leased) {
            StepRecord.Lease lease = leased.lease();
            return new LeasedStep(
                    lease.lineage(),
                    lease.step(),
                    lease.token().toString(),
                    lease.word(),
                    lease.leasedAtMs(),
                    lease.groups().size(),
                    lease.groups().stream().map(ManifestEntry::groupIndex).toList(),
                    leased.warnings(),
                    "/v1/steps/" + lease.step() + "/batch?lease=" + lease.token());
        }
    }

    private void batch(Call call) throws InterruptedException {
        StepNumber step = step(call);
        LeaseToken lease = token(step, call.query("lease"));
        String accept = String.join(",", call.request().headers().values(HeaderNames.ACCEPT));
        String format = call.query("format");
        if (format == null) {
            format = accept.contains(BatchBody.SAFETENSORS) ? "safetensors" : "json";
        }
        if (!format.equals("json") && !format.equals("safetensors")) {
            throw Bodies.bad("format must be json or safetensors, was '" + format + "'");
        }
        boolean json = format.equals("json");
        BatchShare share = share(call);
        GroupAdvantages advantages = advantages(call);
        boolean packed = takesZstd(call);
        try (BatchDownloads.Place place = downloads.begin(step)) {
            BatchBody body = place.make(() -> read(lease, share, advantages), batch -> {
                BatchBody plain = json ? BatchBody.json(batch) : BatchBody.safetensors(batch, queue.run());
                return packed ? plain.packed() : plain;
            });
            call.response().header(HeaderNames.VARY, "Accept, Accept-Encoding");
            if (packed) {
                call.response().header(HeaderNames.CONTENT_ENCODING, ZSTD);
            }
            call.contentType(body.contentType(), json ? BatchForm.class : null);
            if (body.bytes() != BatchBody.UNKNOWN) {
                call.response().contentLength(body.bytes());
            }
            place.send(call.response().outputStream(), body);
            ranks.fetched(lease, share);
        } catch (BatchDownloads.EndedException e) {
            // What was sent is cut off; the reader sees that by the connection's end.
            throw new CloseConnectionException(String.valueOf(e.getMessage()), e);
        }
    }

    private LeasedBatch read(LeaseToken lease, BatchShare share, @Nullable GroupAdvantages advantages)
            throws InterruptedException {
        try {
            LeasedBatch batch = queue.batch(lease, share);
            if (advantages != null) {
                GroupAdvantages.check(batch.groups());
            }
            return batch.with(advantages);
        } catch (IllegalArgumentException e) {
            throw Bodies.bad(String.valueOf(e.getMessage()));
        }
    }

    private static BatchShare share(Call call) {
        String rank = call.query("rank");
        String world = call.query("world");
        try {
            return new BatchShare(
                    rank == null ? 0 : (int) Bodies.number("rank", rank, BatchShare.WORLD_MAX - 1),
                    world == null ? 1 : (int) Bodies.number("world", world, BatchShare.WORLD_MAX));
        } catch (IllegalArgumentException e) {
            throw Bodies.bad(String.valueOf(e.getMessage()));
        }
    }

    private static @Nullable GroupAdvantages advantages(Call call) {
        String word = call.query("advantages");
        if (word == null) {
            return null;
        }
        return Stream.of(GroupAdvantages.values())
                .filter(known -> known.word().equals(word))
                .findFirst()
                .orElseThrow(() -> Bodies.bad("advantages must be std or mean, was '" + word + "'"));
    }

    /** Whether the reader names it, and not to refuse it. */
    private static boolean takesZstd(Call call) {
        return call.request().headers().values(HeaderNames.ACCEPT_ENCODING).stream()
                .flatMap(value -> Stream.of(value.toLowerCase(Locale.ROOT).split(",", -1)))
                .map(String::strip)
                .anyMatch(one -> one.equals(ZSTD)
                        || (one.startsWith(ZSTD + ";") && !NONE.matcher(one).find()));
    }

    record AckBody(
            @Described(
                    value = "the token that the answer to the step's lease has",
                    schema = "{\"pattern\":\"" + TOKEN + "\"}")
            String lease,

            @Nullable
            @Described(
                    "what the trainer calls the weights that the step led to, when all engines serve them; absent when"
                            + " weights stay as they are")
            WeightVersion weightVersion,

            @Nullable @Described("the step at which the newest durable checkpoint resumes")
            StepNumber checkpointStep) {}

    private void acknowledge(Call call) throws InterruptedException {
        StepNumber step = step(call);
        AckBody body = call.body(AckBody.class);
        LeaseToken lease = token(step, body.lease());
        AckAnswer answer = queue.acknowledge(lease, body.weightVersion(), body.checkpointStep());
        ranks.acknowledged(lease);
        call.send(Status.OK_200, answer);
    }

    record ResumeBody(
            @Described("the step at which the checkpoint resumes")
            StepNumber step,

            @Nullable @Described("replay when absent") ResumeMode mode,

            @Described("the one that this opens, one above the run's")
            Lineage lineage,

            @Nullable @Described("what the trainer calls the checkpoint's weights")
            WeightVersion weightVersion) {}

    private void resume(Call call) throws InterruptedException {
        ResumeBody body = call.body(ResumeBody.class);
        call.send(
                Status.OK_200,
                queue.resume(
                        body.step(),
                        body.mode() == null ? ResumeMode.REPLAY : body.mode(),
                        body.lineage(),
                        body.weightVersion()));
    }

    private static LeaseToken token(StepNumber step, @Nullable String word) {
        if (word == null || word.isEmpty()) {
            throw Bodies.bad("lease must be given: the token that the answer to the lease of step " + step + " has");
        }
        LeaseToken token;
        try {
            token = LeaseToken.parse(word);
        } catch (IllegalArgumentException e) {
            throw Bodies.bad(String.valueOf(e.getMessage()));
        }
        if (!token.step().equals(step)) {
            throw Bodies.bad("lease is of step " + token.step() + ", the path names step " + step);
        }
        return token;
    }

    private static Lineage lineage(Call call) {
        String text = call.query("lineage");
        if (text == null || text.isEmpty()) {
            throw Bodies.bad(
                    "lineage must be given: the one that the trainer is in, which it read when it began, from GET"
                            + " /v1/status or from the answer to its resumption. Who reads it anew with each lease never learns"
                            + " that it was replaced");
        }
        return new Lineage(Bodies.number("lineage", text, Schemas.ID_MAX));
    }

    private static StepNumber step(Call call) {
        return new StepNumber(Bodies.number("step", call.path("step"), Schemas.ID_MAX));
    }
}
