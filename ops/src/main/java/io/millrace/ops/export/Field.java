package io.millrace.ops.export;

import io.millrace.ops.parquet.ColumnSpec;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * What a row has, the same in every form.
 *
 * @param columns of a Parquet file; more than one for a list of structures
 */
record Field(String name, List<ColumnSpec> columns, Function<SampleRow, Cell> value) {
    /** In their order. */
    static final List<Field> ALL = List.of(
            text("run", row -> row.group().header().run().value()),
            maybe(
                    "lineage",
                    row -> row.lease() == null ? null : row.lease().lineage().value()),
            maybe("step", row -> row.lease() == null ? null : row.lease().step().value()),
            whole("group_index", row -> row.group().header().groupIndex().value()),
            whole("attempt", row -> row.group().header().attempt().value()),
            whole("index", row -> row.sample().index()),
            text("prompt", row -> row.group().header().prompt().asText()),
            orNone("label", row -> row.group().header().label()),
            text("metadata", row -> row.group().header().metadata().toString()),
            text("response", row -> row.sample().response()),
            new Field(
                    "reward",
                    List.of(ColumnSpec.one("reward", ColumnSpec.Type.DOUBLE)),
                    row -> new Cell.Real(row.sample().reward().value())),
            orNone("reward_detail", row -> {
                JsonNode detail = row.sample().reward().detail();
                return detail == null ? null : detail.toString();
            }),
            text("status", row -> row.sample().status().word()),
            text("finish_reason", row -> row.sample().finishReason()),
            whole("prompt_length", row -> row.sample().promptLength()),
            whole("response_length", row -> row.sample().responseLength()),
            new Field(
                    "tokens",
                    List.of(ColumnSpec.list("tokens", ColumnSpec.Type.INT32)),
                    row -> new Cell.Ints(
                            row.group().tokens(), row.tokensAt(), row.sample().tokenCount())),
            new Field(
                    "log_probs",
                    List.of(ColumnSpec.list("log_probs", ColumnSpec.Type.FLOAT)),
                    row -> new Cell.Floats(
                            row.group().logProbs(),
                            row.responseAt(),
                            row.sample().responseLength())),
            new Field(
                    "loss_mask",
                    List.of(ColumnSpec.list("loss_mask", ColumnSpec.Type.INT32)),
                    row -> new Cell.Bytes(
                            row.group().lossMask(),
                            row.responseAt(),
                            row.sample().responseLength())),
            new Field(
                    "weight_versions",
                    List.of(
                            ColumnSpec.member("weight_versions", "version", ColumnSpec.Type.INT64),
                            ColumnSpec.member("weight_versions", "from", ColumnSpec.Type.INT32),
                            ColumnSpec.member("weight_versions", "to", ColumnSpec.Type.INT32)),
                    row -> new Cell.Spans(row.sample().weightVersions())));

    private static Field text(String name, Function<SampleRow, String> value) {
        return new Field(
                name, List.of(ColumnSpec.one(name, ColumnSpec.Type.TEXT)), row -> new Cell.Text(value.apply(row)));
    }

    private static Field orNone(String name, Function<SampleRow, @Nullable String> value) {
        return new Field(
                name,
                List.of(ColumnSpec.oneOrNone(name, ColumnSpec.Type.TEXT)),
                row -> new Cell.Text(value.apply(row)));
    }

    private static Field whole(String name, Function<SampleRow, Number> value) {
        return new Field(
                name,
                List.of(ColumnSpec.one(name, ColumnSpec.Type.INT64)),
                row -> new Cell.Whole(value.apply(row).longValue()));
    }

    private static Field maybe(String name, Function<SampleRow, @Nullable Long> value) {
        return new Field(
                name,
                List.of(ColumnSpec.oneOrNone(name, ColumnSpec.Type.INT64)),
                row -> new Cell.Whole(value.apply(row)));
    }
}
