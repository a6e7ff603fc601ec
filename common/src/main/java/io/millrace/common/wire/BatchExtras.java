package io.millrace.common.wire;

import io.millrace.common.id.GroupIndex;
import io.millrace.common.json.BadRecordException;
import io.millrace.common.rollout.RolloutGroup;
import io.millrace.common.rollout.Tensor;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * How the extras of a batch are stored; part of the batch's JSON, so that a reader need not guess from names. An extra
 * that every group has, with one dtype and one dimension, is concatenated over the groups under its own name; any other
 * is stored once per group that has it, as {@code <name>.<group_index>}.
 *
 * @param concatenated by name: how many values each group has of it, in order of the groups
 * @param single the others
 */
record BatchExtras(Map<String, List<Long>> concatenated, List<Single> single) {
    /** One extra of one group. */
    record Single(GroupIndex groupIndex, String name) {
        String tensorName() {
            return name + "." + groupIndex;
        }
    }

    BatchExtras {
        TreeMap<String, List<Long>> counts = new TreeMap<>();
        concatenated.forEach((name, perGroup) -> counts.put(name, List.copyOf(perGroup)));
        concatenated = Collections.unmodifiableMap(counts);
        single = List.copyOf(single);
    }

    static BatchExtras of(List<PackedGroup> groups) {
        Map<String, List<Long>> concatenated = new TreeMap<>();
        List<Single> single = new ArrayList<>();
        Set<String> names = new TreeSet<>();
        groups.forEach(group -> names.addAll(group.extras().keySet()));
        for (String name : names) {
            List<TensorSlice> tensors = groups.stream()
                    .map(group -> group.extras().get(name))
                    .filter(Objects::nonNull)
                    .toList();
            String dtype = tensors.getFirst().dtype();
            if (tensors.size() == groups.size()
                    && tensors.stream()
                            .allMatch(tensor ->
                                    tensor.shape().size() == 1 && tensor.dtype().equals(dtype))) {
                concatenated.put(
                        name,
                        tensors.stream()
                                .map(tensor -> tensor.shape().getFirst())
                                .toList());
            } else {
                groups.stream()
                        .filter(group -> group.extras().containsKey(name))
                        .forEach(group -> single.add(new Single(group.header().groupIndex(), name)));
            }
        }
        return new BatchExtras(concatenated, single);
    }

    void addTo(SafetensorsLayout layout, List<PackedGroup> groups) {
        concatenated.forEach((name, counts) -> layout.add(
                name,
                extra(groups.getFirst(), name).dtype(),
                counts.stream().mapToLong(Long::longValue).sum()));
        Map<GroupIndex, PackedGroup> byIndex = byIndex(groups);
        for (Single one : single) {
            TensorSlice tensor = extra(Objects.requireNonNull(byIndex.get(one.groupIndex())), one.name());
            layout.add(one.tensorName(), tensor.dtype(), tensor.sizes());
        }
    }

    /** Their data, in the order in which they were added. */
    void writeTo(OutputStream out, List<PackedGroup> groups) throws IOException {
        for (String name : concatenated.keySet()) {
            for (PackedGroup group : groups) {
                BatchBlob.write(extra(group, name), out);
            }
        }
        Map<GroupIndex, PackedGroup> byIndex = byIndex(groups);
        for (Single one : single) {
            BatchBlob.write(extra(Objects.requireNonNull(byIndex.get(one.groupIndex())), one.name()), out);
        }
    }

    /**
     * The extras of each of these groups, in their order.
     *
     * @throws BadRecordException when the table does not have exactly the tensors named here, or they have other lengths
     */
    List<Map<String, Tensor>> read(SafetensorsView view, List<GroupIndex> groups) throws BadRecordException {
        List<Map<String, Tensor>> extras = new ArrayList<>(groups.size());
        Map<GroupIndex, Map<String, Tensor>> byIndex = HashMap.newHashMap(groups.size());
        for (GroupIndex group : groups) {
            Map<String, Tensor> ofGroup = new HashMap<>();
            extras.add(ofGroup);
            byIndex.put(group, ofGroup);
        }
        Set<String> unread = new HashSet<>(view.entries().keySet());
        unread.removeAll(RolloutGroup.RESERVED);
        for (Map.Entry<String, List<Long>> one : concatenated.entrySet()) {
            take(unread, one.getKey());
            readConcatenated(view, one.getKey(), one.getValue(), extras);
        }
        for (Single one : single) {
            take(unread, one.tensorName());
            Map<String, Tensor> ofGroup = byIndex.get(one.groupIndex());
            if (ofGroup == null) {
                throw new BadRecordException(
                        "extra tensor " + one.name() + " is of group " + one.groupIndex() + ", which the batch lacks");
            }
            if (ofGroup.put(one.name(), view.tensor(one.tensorName())) != null) {
                throw new BadRecordException("group " + one.groupIndex() + " has two extra tensors " + one.name());
            }
        }
        if (!unread.isEmpty()) {
            throw new BadRecordException("tensors that no group claims: " + new TreeSet<>(unread));
        }
        return extras;
    }

    private static void readConcatenated(
            SafetensorsView view, String name, List<Long> counts, List<Map<String, Tensor>> extras)
            throws BadRecordException {
        SafetensorsView.Entry entry = Objects.requireNonNull(view.entries().get(name));
        long width = Tensor.width(entry.dtype());
        if (counts.size() != extras.size() || entry.shape().size() != 1) {
            throw new BadRecordException("extra tensor " + name + " needs one dimension and " + extras.size()
                    + " counts, has shape " + entry.shape() + " and " + counts.size() + " counts");
        }
        ByteBuffer data = view.data(name);
        for (int i = 0; i < counts.size(); i++) {
            long count = counts.get(i);
            if (count < 0 || count > data.remaining() / width) {
                throw new BadRecordException("extra tensor " + name + " does not have the " + count
                        + " values of the group at position " + i);
            }
            byte[] values = new byte[(int) (count * width)];
            data.get(values);
            extras.get(i).put(name, new Tensor(entry.dtype(), new long[] {count}, values));
        }
        if (data.hasRemaining()) {
            throw new BadRecordException(
                    "extra tensor " + name + " has " + data.remaining() + " bytes that no group claims");
        }
    }

    private static void take(Set<String> unread, String tensorName) throws BadRecordException {
        if (!unread.remove(tensorName)) {
            throw new BadRecordException("extra tensor " + tensorName + " is absent, or claimed twice");
        }
    }

    private static TensorSlice extra(PackedGroup group, String name) {
        return Objects.requireNonNull(group.extras().get(name), name);
    }

    private static Map<GroupIndex, PackedGroup> byIndex(List<PackedGroup> groups) {
        Map<GroupIndex, PackedGroup> byIndex = HashMap.newHashMap(groups.size());
        groups.forEach(group -> byIndex.put(group.header().groupIndex(), group));
        return byIndex;
    }
}
