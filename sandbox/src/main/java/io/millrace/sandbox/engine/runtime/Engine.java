package io.millrace.sandbox.engine.runtime;

import io.millrace.common.time.WallClock;
import io.millrace.sandbox.engine.ledger.LedgerFile;
import io.millrace.sandbox.engine.ledger.Outcome;
import io.millrace.sandbox.engine.ledger.RequestLedger;
import io.millrace.sandbox.engine.ledger.WeightVersions;
import io.millrace.sandbox.engine.model.AnswerBook;
import io.millrace.sandbox.engine.model.Completion;
import io.millrace.sandbox.engine.model.CompletionModel;
import io.millrace.sandbox.engine.model.EngineSettings;
import io.millrace.sandbox.engine.model.FinishReason;
import io.millrace.sandbox.engine.model.LatencyModel;
import io.millrace.sandbox.engine.model.PolicyModel;
import io.millrace.sandbox.policy.AnswerPolicy;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The engine without HTTP: admits a request, lets its time pass, says what the model says, and keeps the ledger. All
 * methods are thread-safe; {@link #generate} blocks its caller for the whole generation.
 */
public final class Engine implements AutoCloseable {
    /** Version before any update, as SGLang and vLLM call it. */
    static final String FIRST_WEIGHT_VERSION = "default";

    private final EngineSettings settings;
    private final EngineTime time;
    private final CompletionModel model;
    private final PolicyModel policyModel;
    private final PolicyHistory policies = new PolicyHistory(AnswerPolicy.untrained());
    private final LatencyModel latency;
    private final Scheduler scheduler;
    private final WeightVersions versions = new WeightVersions(FIRST_WEIGHT_VERSION);
    private final Faults faults = new Faults();
    private final LedgerFile ledgerFile;
    private final RequestLedger ledger;
    private final EngineCounters counters;

    public Engine(EngineSettings settings, AnswerBook answers, EngineTime time, WallClock wallClock) {
        this.settings = settings;
        this.time = time;
        this.model = new CompletionModel(
                settings.seed(), settings.rightShare(), settings.fillerMedianTokens(), settings.fillerSigma(), answers);
        this.policyModel = new PolicyModel(settings, answers);
        this.latency = LatencyModel.of(settings);
        this.scheduler = new Scheduler(
                settings.maxRunning(),
                settings.dialect() == EngineSettings.Dialect.VLLM ? Integer.MAX_VALUE : settings.maxQueued(),
                time);
        this.ledgerFile = LedgerFile.open(settings.ledgerFile());
        this.ledger = new RequestLedger(settings.ledgerRequestsMax(), ledgerFile, time, wallClock);
        this.counters = new EngineCounters(time);
    }

    /**
     * Generates; returns when done or aborted.
     *
     * @param remote the caller's address, for the ledger
     * @throws Refusal if it does not fit the context or the queue is full
     */
    public Generation generate(GenerateRequest request, String remote) {
        long arrivalNanos = time.nanos();
        int promptTokens = request.inputIds().length;
        RequestLedger.Line line = ledger.arrived(request.rid(), remote, promptTokens, arrivalNanos);
        counters.requests.increment();
        Scheduler.Ticket ticket;
        try {
            checkFits(promptTokens, request.sampling().maxNewTokens());
            ticket = scheduler.admit(request.ownId());
            if (ticket == null) {
                throw Refusal.queueFull();
            }
        } catch (Refusal refusal) {
            line.ended(time.nanos(), 0, List.of(), Outcome.REJECTED);
            counters.rejected.increment();
            throw refusal;
        }
        counters.promptTokens.add(promptTokens);
        return ticket.awaitStart()
                ? run(request, ticket, line, arrivalNanos)
                : abortedWhileWaiting(request, ticket, line, arrivalNanos);
    }

    private void checkFits(int promptTokens, int maxNewTokens) {
        int context = settings.contextLengthTokens();
        if (promptTokens >= context) {
            throw Refusal.invalid("The input (" + promptTokens + " tokens) is longer than the model's context length ("
                    + context + " tokens).");
        }
        if ((long) promptTokens + maxNewTokens > context) {
            throw Refusal.invalid("Requested token count exceeds the model's maximum context length of " + context
                    + " tokens: " + promptTokens + " of input and " + maxNewTokens + " of completion.");
        }
    }

    private Generation run(
            GenerateRequest request, Scheduler.Ticket ticket, RequestLedger.Line line, long arrivalNanos) {
        long start = ticket.startWorkNanos();
        line.started(ticket.startNanos());
        long tokensInUse = request.inputIds().length;
        counters.tokensInUse.addAndGet(tokensInUse);
        Completion full;
        long planned;
        String abort;
        long end;
        long endWork;
        try {
            full = settings.policy()
                    ? policyModel.complete(
                            policies.at(start + 1), request.inputIds(), request.sampling(), ticket.ordinal())
                    : model.complete(request.inputIds(), request.sampling(), ticket.ordinal());
            planned = (long) (latency.seconds(ticket.ordinal(), full.tokens()) * 1e9);
            abort = ticket.awaitDeadline(start + planned);
        } catch (RuntimeException bug) {
            line.ended(time.nanos(), 0, List.of(), Outcome.ABORT);
            throw bug;
        } finally {
            end = time.nanos();
            endWork = scheduler.workNanos();
            counters.tokensInUse.addAndGet(-tokensInUse);
            scheduler.release(ticket);
        }
        int kept = WeightVersions.tokensMade(endWork - start, planned, full.tokens(), full.tokens());
        Completion completion = abort == null ? full : full.abortedAfter(kept, abort);
        List<WeightVersions.Span> spans = versions.spans(start, planned, full.tokens(), completion.tokens());
        counters.generationTokens.add(completion.tokens());
        counters.throughput.add(completion.tokens(), end);
        if (abort != null) {
            counters.aborted.increment();
        }
        line.ended(end, completion.tokens(), spans, outcome(completion.finish()));
        return new Generation(
                request,
                completion,
                spans,
                spans.isEmpty() ? versions.current() : spans.getLast().version(),
                (end - arrivalNanos) / 1e9);
    }

    private Generation abortedWhileWaiting(
            GenerateRequest request, Scheduler.Ticket ticket, RequestLedger.Line line, long arrivalNanos) {
        long end = time.nanos();
        @Nullable String message = ticket.abortMessage();
        Completion nothing = new Completion(
                new int[0],
                new short[0],
                null,
                new FinishReason.Abort(message == null ? Scheduler.ABORTED_WAITING : message),
                0);
        counters.aborted.increment();
        line.ended(end, 0, List.of(), Outcome.ABORT);
        return new Generation(request, nothing, List.of(), versions.current(), (end - arrivalNanos) / 1e9);
    }

    private static Outcome outcome(FinishReason finish) {
        return switch (finish) {
            case FinishReason.StopToken _, FinishReason.StopString _ -> Outcome.STOP;
            case FinishReason.Length _ -> Outcome.LENGTH;
            case FinishReason.Abort _ -> Outcome.ABORT;
        };
    }

    /** Sets the weight version from now on, aborting first what is there when asked. */
    public void updateWeightVersion(String version, boolean abortAll) {
        if (abortAll) {
            scheduler.abortAll();
        }
        versions.set(version, scheduler.workNanos());
    }

    /** New weights and their version, in force together from this moment on. */
    public void updateWeights(AnswerPolicy policy, String version, boolean abortAll) {
        if (abortAll) {
            scheduler.abortAll();
        }
        long nowNanos = scheduler.workNanos();
        policies.set(policy, nowNanos);
        versions.set(version, nowNanos);
    }

    public Faults faults() {
        return faults;
    }

    public EngineSettings settings() {
        return settings;
    }

    public Scheduler scheduler() {
        return scheduler;
    }

    public RequestLedger ledger() {
        return ledger;
    }

    public EngineCounters counters() {
        return counters;
    }

    public String weightVersion() {
        return versions.current();
    }

    /** After the last request has been answered. */
    @Override
    public void close() {
        ledgerFile.close();
    }
}
