package io.millrace.trainer.filter;

import io.millrace.common.rollout.RolloutGroup;

/**
 * A filter that {@code --filter} can name: a public class with a public constructor without parameters, whose name is a line
 * of a file {@code META-INF/services/io.millrace.trainer.filter.GroupFilter} on the class path of the trainer consumer; or one
 * that an embedding trainer hands over. Says of each finished group, once, whether it is dropped before any batch. What is dropped is settled with the reason
 * {@code filtered:<name>}, counted, and replaced by another group. Called by one thread; must not block and must give
 * the same answer for the same group, since a restart asks again about groups that are not settled.
 */
public interface GroupFilter {
    /** Of the filter, in reasons and metrics: up to 40 lower-case letters, digits and dashes. */
    String name();

    /**
     * Whether the group is dropped. What it throws ends the trainer consumer.
     *
     * @param group whole and valid; not to be changed
     */
    boolean drops(RolloutGroup group);
}
