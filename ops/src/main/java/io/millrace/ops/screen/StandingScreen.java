package io.millrace.ops.screen;

import java.io.Console;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;
import org.jline.utils.AttributedString;
import org.jline.utils.Display;

/**
 * Draws lines in place on a terminal: nothing scrolls, what is too wide or too long for it is cut, and the last state
 * stays behind. One owner.
 */
public final class StandingScreen implements AutoCloseable {
    private final Terminal terminal;
    private final Display display;
    private int columns;
    private int rows;

    StandingScreen(Terminal terminal) {
        this.terminal = terminal;
        this.display = new Display(terminal, false);
        terminal.echo(false);
    }

    /** The screen of this process; empty where its output is no terminal that can be drawn on. */
    public static Optional<StandingScreen> open() {
        if (Optional.ofNullable(System.console()).filter(Console::isTerminal).isEmpty()) {
            return Optional.empty();
        }
        try {
            // Signals stay the JVM's: JLine would set SIGINT to kill without shutdown hooks.
            return Optional.of(new StandingScreen(TerminalBuilder.builder()
                    .system(true)
                    .dumb(false)
                    .nativeSignals(false)
                    .build()));
        } catch (IOException | IllegalStateException e) {
            return Optional.empty();
        }
    }

    /** Shows these lines, and nothing else. */
    public void show(List<String> lines) {
        if (terminal.getColumns() != columns || terminal.getRows() != rows) {
            columns = terminal.getColumns();
            rows = terminal.getRows();
            display.resize(terminal);
            display.clear();
        }
        display.update(
                // The last column and row stay free: terminals differ in when they wrap and scroll.
                lines.stream()
                        .limit(Math.max(1, rows - 1L))
                        .map(line -> new AttributedString(line).columnSubSequence(0, Math.max(1, columns - 1)))
                        .toList(),
                -1);
        terminal.flush();
    }

    @Override
    public void close() {
        terminal.writer().println();
        try {
            terminal.close();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException("cannot give the terminal back", e);
        }
    }
}
