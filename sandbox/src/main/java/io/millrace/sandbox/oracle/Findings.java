package io.millrace.sandbox.oracle;

import io.millrace.sandbox.oracle.account.Finding;
import java.util.ArrayList;
import java.util.List;

/** What has been found so far, and the groups counted with it. One owner. */
final class Findings {
    private final List<Finding> all = new ArrayList<>();
    long lost;
    long forgotten;
    long trainedTwice;
    long stale;
    long future;

    void add(Finding.Kind kind, String details) {
        all.add(new Finding(kind, details));
    }

    void addAll(List<Finding> more) {
        all.addAll(more);
    }

    List<Finding> all() {
        return all;
    }
}
