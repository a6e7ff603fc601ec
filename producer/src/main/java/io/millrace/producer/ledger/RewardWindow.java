package io.millrace.producer.ledger;

/** The mean reward of the newest groups that ended well. One owner. */
final class RewardWindow {
    private final double[] means;
    private int count;
    private int next;

    /** @param groups how many groups it looks back over, 1 or more */
    RewardWindow(int groups) {
        means = new double[groups];
    }

    void add(double groupMean) {
        if (Double.isFinite(groupMean)) {
            means[next] = groupMean;
            next = (next + 1) % means.length;
            count = Math.min(count + 1, means.length);
        }
    }

    /** NaN when there is none. */
    double mean() {
        double sum = 0;
        for (int i = 0; i < count; i++) {
            sum += means[i];
        }
        return count == 0 ? Double.NaN : sum / count;
    }
}
