package io.millrace.sandbox.demo.screen;

import io.millrace.ops.screen.Glyphs;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;
import org.jline.utils.AttributedString;
import org.jline.utils.AttributedStyle;
import org.jline.utils.Display;

/** Draws {@link Screen} in place on a real terminal; its last state stays in the scroll-back. */
public final class LiveScreen implements DemoOutput {
    /** Nothing readable fits into less. */
    private static final int COLUMNS_MIN = 20;

    private final Terminal terminal;
    private final Display display;
    private final Glyphs glyphs;
    private int columns;
    private int rows;
    private boolean closed;

    /** @throws IOException when this is no terminal that can be drawn on */
    public LiveScreen() throws IOException {
        // Signals stay the JVM's: JLine would set SIGINT to kill without shutdown hooks.
        this(TerminalBuilder.builder()
                .system(true)
                .dumb(false)
                .nativeSignals(false)
                .build());
    }

    LiveScreen(Terminal terminal) {
        this.terminal = terminal;
        this.glyphs = Glyphs.of(terminal.outputEncoding());
        this.display = new Display(terminal, false);
        terminal.echo(false);
    }

    @Override
    public void show(DemoState state) {
        if (closed) {
            return;
        }
        try {
            draw(state);
        } catch (IllegalStateException e) {
            // After a signal JLine gives the terminal back by itself, while we still stop the processes.
            closed = true;
            System.out.println();
        }
    }

    private void draw(DemoState state) {
        if (terminal.getColumns() != columns || terminal.getRows() != rows) {
            columns = terminal.getColumns();
            rows = terminal.getRows();
            display.resize(terminal);
            display.clear();
        }
        if (columns < COLUMNS_MIN || rows < 2) {
            return;
        }
        // The last column stays free: terminals differ in when they wrap.
        List<String> text = Screen.lines(state, columns - 1, glyphs);
        int fitting = Math.min(text.size(), rows - 1);
        List<AttributedString> lines = new ArrayList<>();
        for (int i = 0; i < fitting; i++) {
            String line = text.get(i);
            boolean bold = i == 0 || line.startsWith("worker ");
            lines.add(new AttributedString(line, bold ? AttributedStyle.BOLD : AttributedStyle.DEFAULT));
        }
        display.update(lines, -1);
        terminal.flush();
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        System.out.println();
        try {
            terminal.close();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException("cannot give the terminal back", e);
        }
    }
}
