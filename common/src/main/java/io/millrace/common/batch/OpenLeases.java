package io.millrace.common.batch;

import io.millrace.common.id.GroupIndex;
import io.millrace.common.id.LeaseToken;
import io.millrace.common.id.StepNumber;
import io.millrace.common.record.StepRecord.Lease;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The steps that are leased and not acknowledged, as a fold over {@code steps}: each one above the one before it. They are
 * acknowledged from the oldest on. Not thread-safe.
 */
public final class OpenLeases {
    private final List<Lease> open = new ArrayList<>();
    /** The groups of all of them; each is in one. */
    private final Set<GroupIndex> groups = new HashSet<>();

    /**
     * A step is leased behind the others, or anew. A lease that is open already stands again behind a snapshot, and is the
     * same one.
     */
    public void add(Lease lease) {
        if (!isOpen(lease.token())) {
            voidFrom(lease.step());
            open.add(lease);
            lease.groups().forEach(entry -> groups.add(entry.groupIndex()));
        }
    }

    /** The one that is acknowledged next; null while no step is leased. */
    public @Nullable Lease oldest() {
        return open.isEmpty() ? null : open.getFirst();
    }

    /** The oldest is acknowledged. */
    public void removeOldest() {
        open.removeFirst();
        count();
    }

    /** This step is leased anew, and with it those that were leased behind it. */
    public void voidFrom(StepNumber step) {
        if (open.removeIf(lease -> lease.step().compareTo(step) >= 0)) {
            count();
        }
    }

    private void count() {
        groups.clear();
        open.forEach(lease -> lease.groups().forEach(entry -> groups.add(entry.groupIndex())));
    }

    public void clear() {
        open.clear();
        groups.clear();
    }

    /** Ascending by step. */
    public List<Lease> all() {
        return List.copyOf(open);
    }

    public int size() {
        return open.size();
    }

    /** @return null when this step is not leased */
    public @Nullable Lease of(StepNumber step) {
        return open.stream()
                .filter(lease -> lease.step().equals(step))
                .findFirst()
                .orElse(null);
    }

    public boolean isOpen(LeaseToken token) {
        return open.stream().anyMatch(lease -> lease.token().equals(token));
    }

    public boolean contains(GroupIndex index) {
        return groups.contains(index);
    }

    /** Of all leases; a live view. */
    public Set<GroupIndex> groups() {
        return Collections.unmodifiableSet(groups);
    }
}
