package io.millrace.producer.source;

import io.millrace.common.id.Attempt;
import io.millrace.common.id.GroupIndex;
import io.millrace.common.json.ControlCodec;
import io.millrace.common.record.EvalRecord;
import io.millrace.common.record.EvalRecord.EvalDataSet;
import io.millrace.common.record.Policy;
import io.millrace.common.record.SamplingParams;
import io.millrace.common.record.TrainingTask;
import io.millrace.producer.source.load.DataSet;
import io.millrace.producer.source.load.DataSetException;
import io.millrace.producer.source.load.DataSetLoader;
import io.millrace.producer.source.load.DataSetSpec;
import io.millrace.producer.source.load.DataSetTooLargeException;
import io.millrace.producer.source.row.PromptRow;
import io.millrace.producer.source.row.RewardCheck;
import io.millrace.producer.source.row.RowLimits;
import io.millrace.producer.source.row.RowShape;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** Makes the tasks of an evaluation: one for each row of its data sets, in file order. Immutable, for all threads. */
public final class EvalTasks {
    /**
     * What holds where an evaluation says nothing.
     *
     * @param rewardType of prompts whose metadata names none; null leaves them as they are
     * @param timeLimitMs of each attempt, from its claim on
     */
    public record Defaults(
            SamplingParams sampling, @Nullable String rewardType, long timeLimitMs) {}

    /**
     * @param groupsMax prompts of one evaluation
     * @param taskBytesMax the largest task, in bytes of its JSON
     * @param bytesMax all rows of one evaluation, and all its tasks; counted before they are held
     */
    public record Limits(int groupsMax, int taskBytesMax, long bytesMax) {}

    private final RowShape shape;
    private final RowLimits rowLimits;
    private final Defaults defaults;
    private final Limits limits;

    public EvalTasks(RowShape shape, RowLimits rowLimits, Defaults defaults, Limits limits) {
        this.shape = shape;
        this.rowLimits = rowLimits;
        this.defaults = defaults;
        this.limits = limits;
    }

    /**
     * Reads the data sets of an evaluation, in its order; may take seconds.
     *
     * @param stopped asked with every row; true ends the reading
     * @throws DataSetException when one cannot be read, or all have more rows or bytes than an
     *     evaluation may have; what is too much is not held; or when it was stopped
     */
    public List<DataSet> load(EvalRecord.Request request, BooleanSupplier stopped) throws DataSetException {
        List<DataSet> dataSets = new ArrayList<>();
        long groups = 0;
        long bytes = 0;
        for (EvalDataSet asked : request.dataSets()) {
            DataSet dataSet = load(asked, limits.bytesMax() - bytes, stopped);
            bytes += dataSet.heldBytes();
            groups += dataSet.size();
            if (groups > limits.groupsMax()) {
                throw new DataSetException("an evaluation has at most " + limits.groupsMax()
                        + " prompts (--eval-groups-max), data set " + asked.path()
                        + " makes it more; a slice such as " + asked.path() + "@[0:" + limits.groupsMax()
                        + "] makes it smaller");
            }
            dataSets.add(dataSet);
        }
        return dataSets;
    }

    private DataSet load(EvalDataSet asked, long bytesLeft, BooleanSupplier stopped) throws DataSetException {
        try {
            return DataSetLoader.load(spec(asked), shape, rowLimits, check(asked), bytesLeft, stopped);
        } catch (DataSetTooLargeException e) {
            throw new DataSetException(
                    "the prompts of an evaluation have at most " + limits.bytesMax()
                            + " bytes (--eval-bytes-max, or an eighth of the heap), data set " + asked.path()
                            + " makes them more; a slice makes it smaller: " + e.getMessage(),
                    e);
        }
    }

    private RewardCheck check(EvalDataSet asked) throws DataSetException {
        try {
            return new RewardCheck(rewardType(asked));
        } catch (IllegalArgumentException e) {
            throw new DataSetException("data set " + asked.path() + ": " + e.getMessage(), e);
        }
    }

    private @Nullable String rewardType(EvalDataSet asked) {
        return asked.rewardType() == null ? defaults.rewardType() : asked.rewardType();
    }

    /** Reads one row more than may be, and no file to its end for nothing. */
    private DataSetSpec spec(EvalDataSet asked) throws DataSetException {
        DataSetSpec spec;
        try {
            spec = DataSetSpec.parse(asked.path());
        } catch (IllegalArgumentException e) {
            throw new DataSetException(String.valueOf(e.getMessage()), e);
        }
        DataSetSpec.Slice slice = spec.slice();
        long to = Math.min(slice.to(), slice.from() + limits.groupsMax() + 1);
        return new DataSetSpec(spec.path(), new DataSetSpec.Slice(slice.from(), to));
    }

    /**
     * Makes the tasks.
     *
     * @param dataSets as {@link #load} gave them
     * @param first index of the first group
     * @throws DataSetException when a task is larger than a record may be, or all of them are too large
     */
    public List<TrainingTask> tasks(
            EvalRecord.Request request, List<DataSet> dataSets, GroupIndex first, Policy policy, long nowMs)
            throws DataSetException {
        List<TrainingTask> tasks = new ArrayList<>();
        long bytes = 0;
        for (int i = 0; i < dataSets.size(); i++) {
            EvalDataSet asked = request.dataSets().get(i);
            DataSet dataSet = dataSets.get(i);
            for (int row = 0; row < dataSet.size(); row++) {
                GroupIndex index = new GroupIndex(first.value() + tasks.size());
                TrainingTask task = task(index, asked, dataSet, dataSet.row(row), policy, nowMs);
                bytes += checkedBytes(task, asked);
                if (bytes > limits.bytesMax()) {
                    throw new DataSetException("the tasks of an evaluation have at most " + limits.bytesMax()
                            + " bytes (--eval-bytes-max, or an eighth of the heap), line "
                            + task.source().row() + " of data set " + asked.path()
                            + " makes them more; a slice makes it smaller");
                }
                tasks.add(task);
            }
        }
        return tasks;
    }

    private TrainingTask task(
            GroupIndex index, EvalDataSet asked, DataSet dataSet, PromptRow row, Policy policy, long nowMs) {
        return new TrainingTask(
                index,
                new Attempt(1),
                asked.samples(),
                policy.lineage(),
                policy.weightVersion(),
                nowMs,
                row.prompt(),
                row.label(),
                TaskFactory.metadata(row, rewardType(asked)),
                asked.sampling(defaults.sampling()),
                new TrainingTask.Source(dataSet.fingerprint(), 0, 0, row.line()),
                defaults.timeLimitMs(),
                null,
                null);
    }

    private int checkedBytes(TrainingTask task, EvalDataSet asked) throws DataSetException {
        int bytes = ControlCodec.encode(task).length;
        if (bytes > limits.taskBytesMax()) {
            throw new DataSetException("line " + task.source().row() + " of data set " + asked.path()
                    + " makes a task of " + bytes + " bytes, --record-size-max is " + limits.taskBytesMax());
        }
        return bytes;
    }
}
