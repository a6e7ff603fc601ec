package io.millrace.ops.top;

import java.util.List;

/**
 * What the reader of the screen has chosen. Immutable.
 *
 * @param row the first of the pane's rows that is shown
 */
public record TopState(Pane pane, Sort sort, boolean reversed, int row, boolean help) {
    public static final TopState START = new TopState(Pane.OVERVIEW, Sort.WORKER, false, 0, false);

    /** What is shown below the flow; each has a digit, from 1. */
    public enum Pane {
        OVERVIEW,
        WORKERS,
        GROUPS,
        STEPS,
        DROPS,
        ENGINES;

        static final List<Pane> ALL = List.of(values());

        /** From 1: its key. */
        int digit() {
            return ALL.indexOf(this) + 1;
        }
    }

    /** What workers are sorted by. */
    public enum Sort {
        WORKER,
        SLOTS,
        GROUPS,
        FINISHED,
        RATE,
        OLDEST;

        static final List<Sort> ALL = List.of(values());
    }

    /** What a key says. */
    public enum Key {
        QUIT,
        NEXT,
        PREVIOUS,
        SORT,
        REVERSE,
        DOWN,
        UP,
        PAGE_DOWN,
        PAGE_UP,
        HELP,
        PANE_1,
        PANE_2,
        PANE_3,
        PANE_4,
        PANE_5,
        PANE_6;

        /** Those of the panes, in their order. */
        static final List<Key> PANES = List.of(PANE_1, PANE_2, PANE_3, PANE_4, PANE_5, PANE_6);
    }

    /**
     * After a key; {@link Key#QUIT} is for whoever reads them.
     *
     * @param page rows of one screen
     */
    public TopState after(Key key, int page) {
        return switch (key) {
            case QUIT -> this;
            case NEXT -> show(pane.digit() % Pane.ALL.size());
            case PREVIOUS -> show((pane.digit() + Pane.ALL.size() - 2) % Pane.ALL.size());
            case SORT -> new TopState(pane, next(sort), reversed, 0, help);
            case REVERSE -> new TopState(pane, sort, !reversed, 0, help);
            case DOWN -> at(row + 1);
            case UP -> at(row - 1);
            case PAGE_DOWN -> at(row + page);
            case PAGE_UP -> at(row - page);
            case HELP -> new TopState(pane, sort, reversed, row, !help);
            case PANE_1, PANE_2, PANE_3, PANE_4, PANE_5, PANE_6 -> show(Key.PANES.indexOf(key));
        };
    }

    private TopState show(int place) {
        return new TopState(Pane.ALL.get(place), sort, reversed, 0, false);
    }

    private TopState at(int wanted) {
        return new TopState(pane, sort, reversed, Math.max(0, wanted), help);
    }

    private static Sort next(Sort sort) {
        return Sort.ALL.get((Sort.ALL.indexOf(sort) + 1) % Sort.ALL.size());
    }
}
