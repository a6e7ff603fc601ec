package io.millrace.worker.engine;

import io.millrace.common.id.Lineage;
import java.util.LinkedHashSet;

/**
 * The versions of a lineage that no engine had after a wait, the last of them up to a limit: tasks issued at several are
 * in hand at once, and each is waited for once. Not thread-safe; {@link EnginePool} owns it.
 */
final class InVain {
    /** More than the versions at which tasks in hand were issued; one that was forgotten is waited for once more. */
    static final int VERSIONS_MAX = 64;

    private final LinkedHashSet<Long> versions = new LinkedHashSet<>();
    private Lineage lineage = new Lineage(0);

    boolean contains(Lineage now, long version) {
        return lineage.equals(now) && versions.contains(version);
    }

    /**
     * A version was waited for in vain; those of another lineage are forgotten, since its trainer may count otherwise.
     *
     * @return whether that is new
     */
    boolean add(Lineage now, long version) {
        if (!lineage.equals(now)) {
            versions.clear();
            lineage = now;
        }
        boolean added = versions.add(version);
        if (versions.size() > VERSIONS_MAX) {
            versions.removeFirst();
        }
        return added;
    }
}
