package io.millrace.ops.audit;

/** Where a record of {@code results} stands. */
record ResultPlace(int partition, long offset) implements Comparable<ResultPlace> {
    @Override
    public int compareTo(ResultPlace other) {
        int partitions = Integer.compare(partition, other.partition);
        return partitions != 0 ? partitions : Long.compare(offset, other.offset);
    }

    @Override
    public String toString() {
        return partition + "@" + offset;
    }
}
