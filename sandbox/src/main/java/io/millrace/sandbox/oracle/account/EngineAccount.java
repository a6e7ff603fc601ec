package io.millrace.sandbox.oracle.account;

import io.millrace.common.json.Json;
import io.millrace.sandbox.engine.ledger.LedgerLine;
import io.millrace.sandbox.engine.ledger.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;

/** What the engines have generated to the end, from their own ledgers: how often each sample of each group. */
public final class EngineAccount {
    /** Request ids name group, attempt, sample and try. */
    private static final Pattern REQUEST = Pattern.compile(".*\\.g([0-9]+)\\.a[0-9]+\\.s([0-9]+)\\.t[0-9]+");

    private static final Set<Outcome> COMPLETE = EnumSet.of(Outcome.STOP, Outcome.LENGTH);

    private record Sample(long group, long sample) {}

    private final Map<Sample, Integer> generations = new HashMap<>();
    private long complete;
    private long cutShort;

    /** @param ledgers those that are there are read; a line that a kill has torn is passed over */
    public static EngineAccount read(List<Path> ledgers) throws IOException {
        EngineAccount account = new EngineAccount();
        for (Path ledger : ledgers) {
            if (Files.exists(ledger)) {
                Files.readAllLines(ledger).forEach(account::take);
            }
        }
        return account;
    }

    private void take(String text) {
        LedgerLine line;
        try {
            line = Json.MAPPER.readValue(text, LedgerLine.class);
        } catch (JacksonException e) {
            return;
        }
        Matcher request = REQUEST.matcher(line.rid());
        if (!COMPLETE.contains(line.outcome())) {
            cutShort++;
        } else if (request.matches()) {
            complete++;
            generations.merge(
                    new Sample(Long.parseLong(request.group(1)), Long.parseLong(request.group(2))), 1, Integer::sum);
        }
    }

    /** Generations that came to their end. */
    public long complete() {
        return complete;
    }

    /** Those of samples that had one already: work done again. */
    public long repeated() {
        return complete - generations.size();
    }

    /** Requests that were aborted or turned away. */
    public long cutShort() {
        return cutShort;
    }
}
