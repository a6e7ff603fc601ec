package io.millrace.producer.ledger.account;

/** The mean reward of the newest groups that ended well. One owner. */
public final class RewardWindow {
    private final double[] means;
    private int count;
    private int next;

    /** @param groups how many groups it looks back over, 1 or more */
    public RewardWindow(int groups) {
        means = new double[groups];
    }

    public void add(double groupMean) {
        if (Double.isFinite(groupMean)) {
            means[next] = groupMean;
            next = (next + 1) % means.length;
            count = Math.min(count + 1, means.length);
        }
    }

    /** NaN when there is none. */
    public double mean() {
        double sum = 0;
        for (int i = 0; i < count; i++) {
            sum += means[i];
        }
        return count == 0 ? Double.NaN : sum / count;
    }
}
