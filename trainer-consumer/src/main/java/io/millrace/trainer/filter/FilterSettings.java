package io.millrace.trainer.filter;

import io.millrace.common.batch.BatchSettings;
import io.millrace.common.config.Setting;
import io.millrace.common.config.SettingException;
import java.util.ArrayList;
import java.util.List;

/**
 * Which finished groups are dropped before they come to a batch.
 *
 * @param filters names of built-in filters, asked in this order
 */
public record FilterSettings(
        @Setting(
                name = "filter",
                defaultValue = "",
                help = "Finished groups that are dropped and replaced: zero-std, whose rewards do not differ; aborted,"
                        + " with an aborted sample; may be repeated")
        List<String> filters,

        @Setting(
                defaultValue = "1000",
                range = "1 to 10000000 groups",
                help = "Most groups dropped by filters in a row; past it the trainer is told and the process ends")
        int maxConsecutiveFiltered) {
    public FilterSettings {
        filters = List.copyOf(filters);
        for (String name : filters) {
            builtIn(name);
        }
    }

    /** No filter. */
    public static FilterSettings none() {
        return new FilterSettings(List.of(), 1000);
    }

    private static BuiltInFilter builtIn(String name) {
        for (BuiltInFilter filter : BuiltInFilter.ALL) {
            if (filter.name().equals(name)) {
                return filter;
            }
        }
        List<String> known = BuiltInFilter.ALL.stream().map(BuiltInFilter::name).toList();
        throw new SettingException("--filter must be of " + String.join(", ", known) + ", was '" + name + "'");
    }

    /**
     * The filters of these settings, and further ones after them.
     *
     * @throws SettingException when two have the same name, one has no proper name, or every group would be dropped
     */
    public FilterChain chain(BatchSettings batch, List<GroupFilter> more) {
        if (batch.samplesPerGroup() == 1 && filters.contains(BuiltInFilter.ZERO_STD.name())) {
            throw SettingException.impossible(
                    "--filter and --samples-per-group",
                    "the rewards of one sample never differ, so zero-std drops every group; it needs samples-per-group"
                            + " of at least 2");
        }
        List<GroupFilter> all = new ArrayList<>();
        filters.forEach(name -> all.add(builtIn(name)));
        all.addAll(more);
        try {
            return new FilterChain(all, maxConsecutiveFiltered);
        } catch (IllegalArgumentException e) {
            throw new SettingException("--filter: " + e.getMessage());
        }
    }
}
