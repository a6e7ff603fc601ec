package io.millrace.ops.parquet;

/**
 * A column with values.
 *
 * @param name of the field that it is; of a list of structures, the list's
 * @param member of the structure that a list has; empty where it has plain values
 */
public record ColumnSpec(String name, String member, Type type, Shape shape) {
    /** What its values are; the numbers are Parquet's. */
    public enum Type {
        INT32(1),
        INT64(2),
        FLOAT(4),
        DOUBLE(5),
        /** UTF-8. */
        TEXT(6);

        private final int number;

        Type(int number) {
            this.number = number;
        }

        int number() {
            return number;
        }
    }

    /** How many values a row has. */
    public enum Shape {
        ONE,
        ONE_OR_NONE,
        LIST
    }

    public static ColumnSpec one(String name, Type type) {
        return new ColumnSpec(name, "", type, Shape.ONE);
    }

    public static ColumnSpec oneOrNone(String name, Type type) {
        return new ColumnSpec(name, "", type, Shape.ONE_OR_NONE);
    }

    public static ColumnSpec list(String name, Type type) {
        return new ColumnSpec(name, "", type, Shape.LIST);
    }

    /** Of a list of structures; the columns of one list follow one another. */
    public static ColumnSpec member(String list, String member, Type type) {
        return new ColumnSpec(list, member, type, Shape.LIST);
    }
}
