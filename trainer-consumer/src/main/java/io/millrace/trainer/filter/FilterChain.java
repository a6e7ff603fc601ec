package io.millrace.trainer.filter;

import io.millrace.common.rollout.RolloutGroup;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Filters in their order, and how many groups they dropped in a row: where that passes its limit, going on would only
 * cost generation. One owner.
 */
public final class FilterChain {
    private static final Pattern NAME = Pattern.compile("[a-z0-9-]{1,40}");

    private final List<GroupFilter> filters;
    private final int consecutiveMax;
    /** By filter, groups dropped since one was kept. */
    private final Map<String, Long> row = new LinkedHashMap<>();

    private @Nullable String verdict;

    /**
     * @param consecutiveMax groups dropped in a row that are borne
     * @throws IllegalArgumentException when a name is not proper or comes twice
     */
    public FilterChain(List<GroupFilter> filters, int consecutiveMax) {
        this.filters = List.copyOf(filters);
        this.consecutiveMax = consecutiveMax;
        List<String> names = new ArrayList<>();
        for (GroupFilter filter : filters) {
            if (!NAME.matcher(filter.name()).matches()) {
                throw new IllegalArgumentException(
                        "the name of a filter is 1 to 40 of a-z, 0-9 and -, was '" + filter.name() + "'");
            }
            if (names.contains(filter.name())) {
                throw new IllegalArgumentException("there are two filters called " + filter.name());
            }
            names.add(filter.name());
        }
    }

    public boolean isEmpty() {
        return filters.isEmpty();
    }

    /** The reasons it can give. */
    public List<String> reasons() {
        return filters.stream().map(FilterChain::reason).toList();
    }

    private static String reason(GroupFilter filter) {
        return "filtered:" + filter.name();
    }

    /**
     * Asks the filters about a group, the first to drop it decides.
     *
     * @return why the group is dropped; empty when it is kept
     */
    public Optional<String> drops(RolloutGroup group) {
        for (GroupFilter filter : filters) {
            if (filter.drops(group)) {
                row.merge(filter.name(), 1L, Long::sum);
                judge();
                return Optional.of(reason(filter));
            }
        }
        row.clear();
        return Optional.empty();
    }

    private void judge() {
        if (verdict == null && consecutive() > consecutiveMax) {
            List<String> counts = new ArrayList<>();
            row.forEach((name, count) -> counts.add(name + " " + count));
            verdict = consecutive() + " finished groups in a row were dropped by filters (" + String.join(", ", counts)
                    + ") and none was kept, more than max-consecutive-filtered " + consecutiveMax
                    + ": going on would only cost generation. Look at the rewards, or at the prompts: all too easy or too hard;"
                    + " or change --filter or --max-consecutive-filtered.";
        }
    }

    /** Groups dropped since one was kept. */
    public long consecutive() {
        return row.values().stream().mapToLong(Long::longValue).sum();
    }

    /** Why it is no use to go on; empty while it is. It stays, whatever comes later. */
    public Optional<String> verdict() {
        return Optional.ofNullable(verdict);
    }
}
