package io.millrace.common.reward.math;

import io.millrace.common.reward.math.value.NotComparable;
import io.millrace.common.reward.math.value.Rational;
import io.millrace.common.reward.math.value.Value;
import io.millrace.common.reward.math.value.Work;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Matrices of values, to be added and multiplied. */
record Tables(List<List<Value>> rows) {
    /** @return null for what is no rectangle of values */
    static @Nullable Tables of(Answer answer) {
        if (!(answer instanceof Answer.Table table)) {
            return null;
        }
        List<List<Value>> rows = new ArrayList<>();
        for (List<Answer> row : table.rows()) {
            List<Value> values = new ArrayList<>();
            for (Answer cell : row) {
                if (!(cell instanceof Answer.Scalar scalar)) {
                    return null;
                }
                values.add(scalar.term().value());
            }
            if (values.size() != table.rows().getFirst().size()) {
                return null;
            }
            rows.add(values);
        }
        return rows.isEmpty() ? null : new Tables(rows);
    }

    private int width() {
        return rows.getFirst().size();
    }

    Tables plus(Tables other, Work work) throws NotComparable {
        if (rows.size() != other.rows.size() || width() != other.width()) {
            throw NotComparable.undefined("a sum of matrices of different sizes");
        }
        List<List<Value>> sum = new ArrayList<>();
        for (int i = 0; i < rows.size(); i++) {
            List<Value> row = new ArrayList<>();
            for (int j = 0; j < width(); j++) {
                row.add(rows.get(i).get(j).plus(other.rows.get(i).get(j), work));
            }
            sum.add(row);
        }
        return new Tables(sum);
    }

    Tables times(Tables other, Work work) throws NotComparable {
        if (width() != other.rows.size()) {
            throw NotComparable.undefined("a product of matrices of different sizes");
        }
        List<List<Value>> product = new ArrayList<>();
        for (List<Value> left : rows) {
            List<Value> row = new ArrayList<>();
            for (int j = 0; j < other.width(); j++) {
                Value cell = Value.of(Rational.ZERO);
                for (int k = 0; k < width(); k++) {
                    work.spend(1);
                    cell = cell.plus(left.get(k).times(other.rows.get(k).get(j), work), work);
                }
                row.add(cell);
            }
            product.add(row);
        }
        return new Tables(product);
    }

    Answer answer() {
        List<List<Answer>> table = new ArrayList<>();
        for (List<Value> row : rows) {
            List<Answer> cells = new ArrayList<>();
            row.forEach(value -> cells.add(new Answer.Scalar(Term.finished(value), false, List.of())));
            table.add(cells);
        }
        return new Answer.Table(table);
    }
}
