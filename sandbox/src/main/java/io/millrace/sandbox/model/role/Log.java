package io.millrace.sandbox.model.role;

import java.util.ArrayList;
import java.util.List;

/** A topic of one partition whose tail can be lost; offsets that were lost are given out again. Not thread-safe. */
public final class Log<T> {
    private final List<T> records = new ArrayList<>();

    /** @return its offset */
    public int append(T record) {
        records.add(record);
        return records.size() - 1;
    }

    public int end() {
        return records.size();
    }

    public T at(int offset) {
        return records.get(offset);
    }

    public List<T> all() {
        return List.copyOf(records);
    }

    /** The last records are gone, as a page cache loses them when its machine loses power. */
    public void lose(int count) {
        records.subList(records.size() - count, records.size()).clear();
    }

    @Override
    public String toString() {
        return records.toString();
    }
}
