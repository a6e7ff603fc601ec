package io.millrace.sandbox.clock;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Makes a class ask another clock: every reference to {@code System.currentTimeMillis}, called or taken as a method
 * reference, names another class. Only the table of constants changes: one class is added to it, and the references
 * point there. Pure.
 *
 * @param toClass with a static method of the same name, as it stands in class files: with slashes
 */
record ClockPatch(String toClass) {
    private static final String FROM_CLASS = "java/lang/System";
    private static final String METHOD = "currentTimeMillis";
    private static final int HEAD_BYTES = 8;

    /** Two numbers of the table, and where the first stands. */
    private record Pair(int at, int first, int second) {}

    /** What the table has that decides. */
    private static final class Constants {
        final Map<Integer, String> texts = new HashMap<>();
        final Map<Integer, Integer> classNames = new HashMap<>();
        final Map<Integer, Integer> memberNames = new HashMap<>();
        final List<Pair> methods = new ArrayList<>();
        int count;
        int end;
    }

    /**
     * The class with the other clock; null when it asks for no time.
     *
     * @throws IOException when this is no class file
     */
    byte @Nullable [] apply(byte[] file) throws IOException {
        Constants constants = read(file);
        List<Pair> references = constants.methods.stream()
                .filter(method -> FROM_CLASS.equals(text(constants, constants.classNames.get(method.first())))
                        && METHOD.equals(text(constants, constants.memberNames.get(method.second()))))
                .toList();
        if (references.isEmpty()) {
            return null;
        }
        byte[] head = java.util.Arrays.copyOf(file, constants.end);
        int newClass = constants.count + 1;
        for (Pair reference : references) {
            putShort(head, reference.at(), newClass);
        }
        putShort(head, HEAD_BYTES, constants.count + 2);
        ByteArrayOutputStream patched = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(patched);
        out.write(head);
        out.writeByte(1);
        out.writeUTF(toClass);
        out.writeByte(7);
        out.writeShort(constants.count);
        out.write(file, constants.end, file.length - constants.end);
        return patched.toByteArray();
    }

    private static @Nullable String text(Constants constants, @Nullable Integer index) {
        return index == null ? null : constants.texts.get(index);
    }

    private static void putShort(byte[] bytes, int at, int value) {
        bytes[at] = (byte) (value >> 8);
        bytes[at + 1] = (byte) value;
    }

    private static Constants read(byte[] file) throws IOException {
        Constants constants = new Constants();
        ByteArrayInputStream bytes = new ByteArrayInputStream(file);
        DataInputStream in = new DataInputStream(bytes);
        in.skipNBytes(HEAD_BYTES);
        constants.count = in.readUnsignedShort();
        for (int index = 1; index < constants.count; index++) {
            int tag = in.readUnsignedByte();
            int at = file.length - bytes.available();
            switch (tag) {
                case 1 -> {
                    byte[] text = new byte[in.readUnsignedShort()];
                    in.readFully(text);
                    // Names of interest are plain.
                    constants.texts.put(index, new String(text, StandardCharsets.UTF_8));
                }
                case 7 -> constants.classNames.put(index, in.readUnsignedShort());
                case 10 -> constants.methods.add(new Pair(at, in.readUnsignedShort(), in.readUnsignedShort()));
                case 12 -> {
                    constants.memberNames.put(index, in.readUnsignedShort());
                    in.skipNBytes(2);
                }
                case 8, 16, 19, 20 -> in.skipNBytes(2);
                case 15 -> in.skipNBytes(3);
                case 3, 4, 9, 11, 17, 18 -> in.skipNBytes(4);
                case 5, 6 -> {
                    in.skipNBytes(8);
                    index++;
                }
                default -> throw new IOException("constant " + index + " has the unknown tag " + tag);
            }
        }
        constants.end = file.length - bytes.available();
        return constants;
    }
}
