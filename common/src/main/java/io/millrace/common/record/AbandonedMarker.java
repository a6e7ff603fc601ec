package io.millrace.common.record;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;

/**
 * The producer's word, in {@code results}, that a group has used up its attempts; settled by the trainer consumer like a
 * result.
 *
 * @param cause for people: which limit was passed, a colon, how the last attempt ended: its kind, a colon, its message
 */
public record AbandonedMarker(GroupIndex groupIndex, Attempt lastAttempt, String cause) implements ControlRecord {}
