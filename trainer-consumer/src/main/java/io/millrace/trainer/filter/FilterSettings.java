package io.millrace.trainer.filter;

import io.millrace.common.batch.BatchSettings;
import io.millrace.common.config.Setting;
import io.millrace.common.config.SettingException;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;

/**
 * Which finished groups are dropped before they come to a batch.
 *
 * @param filters names of filters, asked in this order
 */
public record FilterSettings(
        @Setting(
                name = "filter",
                defaultValue = "",
                help = "Finished groups that are dropped and replaced: zero-std, whose rewards do not differ; aborted,"
                        + " with an aborted sample; or a class of your own by its name; may be repeated")
        List<String> filters,

        @Setting(
                defaultValue = "1000",
                range = "1 to 10000000 groups",
                help = "Most groups dropped by filters in a row; past it the trainer is told and the process ends")
        int maxConsecutiveFiltered) {
    public FilterSettings {
        filters = List.copyOf(filters);
        for (String name : filters) {
            known(name);
        }
    }

    /** No filter. */
    public static FilterSettings none() {
        return new FilterSettings(List.of(), 1000);
    }

    /** A filter of ours, or of a jar that a user added. */
    private static GroupFilter known(String name) {
        List<GroupFilter> known = new ArrayList<>(BuiltInFilter.ALL);
        try {
            ServiceLoader.load(GroupFilter.class).forEach(known::add);
        } catch (ServiceConfigurationError e) {
            throw new SettingException("--filter: a filter of the class path cannot be used: " + e.getMessage());
        }
        for (GroupFilter filter : known) {
            if (filter.name().equals(name)) {
                return filter;
            }
        }
        List<String> names = known.stream().map(GroupFilter::name).toList();
        throw new SettingException("--filter must be of " + String.join(", ", names) + ", was '" + name + "'");
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
        filters.forEach(name -> all.add(known(name)));
        all.addAll(more);
        try {
            return new FilterChain(all, maxConsecutiveFiltered);
        } catch (IllegalArgumentException e) {
            throw new SettingException("--filter: " + e.getMessage());
        }
    }
}
