package io.millrace.ops.parquet;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;

/** Thrift's compact protocol, as far as Parquet's headers need it: fields in ascending order. Not thread-safe. */
final class ThriftWriter {
    private static final int I32 = 5;
    private static final int I64 = 6;
    private static final int BINARY = 8;
    private static final int LIST = 9;
    private static final int STRUCT = 12;
    private static final int SHORT_LIST_MAX = 14;
    private static final int SHORT_DELTA_MAX = 15;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final Deque<Integer> lastFields = new ArrayDeque<>();

    ThriftWriter() {
        lastFields.push(0);
    }

    private void field(int id, int type) {
        int delta = id - lastFields.pop();
        lastFields.push(id);
        if (delta < 1 || delta > SHORT_DELTA_MAX) {
            throw new IllegalArgumentException("field " + id + " comes too late");
        }
        out.write((delta << 4) | type);
    }

    ThriftWriter i32(int id, int value) {
        field(id, I32);
        varint(zigzag(value));
        return this;
    }

    ThriftWriter i64(int id, long value) {
        field(id, I64);
        varint(zigzag(value));
        return this;
    }

    ThriftWriter text(int id, String value) {
        field(id, BINARY);
        bytes(value);
        return this;
    }

    ThriftWriter texts(int id, Iterable<String> values, int count) {
        list(id, BINARY, count);
        values.forEach(this::bytes);
        return this;
    }

    ThriftWriter i32s(int id, int... values) {
        list(id, I32, values.length);
        for (int value : values) {
            varint(zigzag(value));
        }
        return this;
    }

    /** A list of so many structures, each written by {@link #element} up to its {@link #end}. */
    ThriftWriter structs(int id, int count) {
        list(id, STRUCT, count);
        return this;
    }

    ThriftWriter element() {
        lastFields.push(0);
        return this;
    }

    ThriftWriter struct(int id) {
        field(id, STRUCT);
        return element();
    }

    /** Of a structure. */
    ThriftWriter end() {
        out.write(0);
        lastFields.pop();
        return this;
    }

    private void list(int id, int type, int count) {
        field(id, LIST);
        if (count <= SHORT_LIST_MAX) {
            out.write((count << 4) | type);
        } else {
            out.write(0xF0 | type);
            varint(count);
        }
    }

    private void bytes(String value) {
        byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
        varint(utf8.length);
        out.writeBytes(utf8);
    }

    private static long zigzag(long value) {
        return (value << 1) ^ (value >> 63);
    }

    private void varint(long value) {
        varint(out, value);
    }

    static void varint(ByteArrayOutputStream out, long value) {
        long left = value;
        while ((left & ~0x7FL) != 0) {
            out.write((int) ((left & 0x7F) | 0x80));
            left >>>= 7;
        }
        out.write((int) left);
    }

    /** All of it, its outermost structure ended. */
    byte[] done() {
        end();
        return out.toByteArray();
    }
}
