package io.millrace.ops.top;

import io.millrace.ops.screen.Glyphs;
import java.io.IOException;
import java.io.StringWriter;
import java.util.List;
import org.jline.keymap.BindingReader;
import org.jline.keymap.KeyMap;
import org.jline.terminal.Attributes;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;
import org.jline.utils.AttributedString;
import org.jline.utils.Curses;
import org.jline.utils.Display;
import org.jline.utils.InfoCmp.Capability;
import org.jline.utils.NonBlockingReader;
import org.jspecify.annotations.Nullable;

/**
 * The terminal while the screen is on it: its other page, no cursor, keys one by one. {@link #close} gives it back as it was,
 * from any thread, once. Otherwise used by one thread.
 */
final class TopScreen implements AutoCloseable {
    private final Terminal terminal;
    private final Attributes before;
    private final Display display;
    private final BindingReader keys;
    private final KeyMap<TopState.Key> bindings;
    private final Glyphs glyphs;
    /** What gives the terminal back, in its own words. */
    private final String leave;

    private int columns;
    private int rows;
    private boolean closed;

    /** @throws IOException when this is no terminal that can be drawn on */
    static TopScreen open() throws IOException {
        // Signals stay the JVM's, whose hook gives the terminal back.
        return new TopScreen(TerminalBuilder.builder()
                .system(true)
                .dumb(false)
                .nativeSignals(false)
                .build());
    }

    TopScreen(Terminal terminal) {
        this.terminal = terminal;
        this.glyphs = Glyphs.of(terminal.outputEncoding());
        this.before = terminal.enterRawMode();
        Attributes raw = new Attributes(terminal.getAttributes());
        // Ctrl-C is a key like any other, so that leaving by it is clean.
        raw.setLocalFlag(Attributes.LocalFlag.ISIG, false);
        terminal.setAttributes(raw);
        this.leave = words(Capability.cursor_visible) + words(Capability.keypad_local) + words(Capability.exit_ca_mode);
        terminal.puts(Capability.enter_ca_mode);
        terminal.puts(Capability.keypad_xmit);
        terminal.puts(Capability.cursor_invisible);
        terminal.flush();
        this.display = new Display(terminal, true);
        this.keys = new BindingReader(terminal.reader());
        this.bindings = bindings(terminal);
    }

    private static KeyMap<TopState.Key> bindings(Terminal terminal) {
        KeyMap<TopState.Key> map = new KeyMap<>();
        map.bind(TopState.Key.QUIT, "q", "Q", KeyMap.ctrl('C'), KeyMap.ctrl('D'));
        map.bind(TopState.Key.NEXT, "\t", KeyMap.key(terminal, Capability.key_right), "\033[C");
        map.bind(TopState.Key.PREVIOUS, "\033[Z", KeyMap.key(terminal, Capability.key_left), "\033[D");
        map.bind(TopState.Key.SORT, "s", "S");
        map.bind(TopState.Key.REVERSE, "r", "R");
        map.bind(TopState.Key.DOWN, "j", KeyMap.key(terminal, Capability.key_down), "\033[B");
        map.bind(TopState.Key.UP, "k", KeyMap.key(terminal, Capability.key_up), "\033[A");
        map.bind(TopState.Key.PAGE_DOWN, " ", KeyMap.key(terminal, Capability.key_npage), "\033[6~");
        map.bind(TopState.Key.PAGE_UP, "b", KeyMap.key(terminal, Capability.key_ppage), "\033[5~");
        map.bind(TopState.Key.HELP, "?", "h");
        for (TopState.Pane pane : TopState.Pane.ALL) {
            map.bind(TopState.Key.PANES.get(pane.digit() - 1), Integer.toString(pane.digit()));
        }
        // Lone escapes are told from the beginning of another key by a short wait.
        map.setAmbiguousTimeout(50);
        return map;
    }

    private String words(Capability capability) {
        String text = terminal.getStringCapability(capability);
        StringWriter words = new StringWriter();
        if (text != null) {
            Curses.tputs(words, text);
        }
        return words.toString();
    }

    /** The next key that means something; null when none comes within the wait, or it is closed. */
    TopState.@Nullable Key key(long waitMs) throws IOException {
        int first;
        try {
            first = terminal.reader().peek(waitMs);
        } catch (IllegalStateException e) {
            // Closed by a signal's hook.
            return TopState.Key.QUIT;
        }
        if (first == NonBlockingReader.READ_EXPIRED) {
            return null;
        }
        if (first < 0) {
            // Nobody types any more: the terminal has gone away.
            return TopState.Key.QUIT;
        }
        return keys.readBinding(bindings, null, false);
    }

    /** Whether the size is another than what was drawn for. */
    boolean resized() {
        return terminal.getColumns() != columns || terminal.getRows() != rows;
    }

    int height() {
        return terminal.getRows();
    }

    synchronized void draw(Seen seen, TopState state) {
        if (closed) {
            return;
        }
        if (resized()) {
            columns = terminal.getColumns();
            rows = terminal.getRows();
            display.resize(terminal);
            display.clear();
            terminal.puts(Capability.clear_screen);
        }
        List<AttributedString> lines = Panes.screen(seen, state, columns, rows, glyphs);
        display.update(lines, 0);
        terminal.flush();
    }

    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        try {
            terminal.writer().print(leave);
            terminal.flush();
            terminal.setAttributes(before);
            terminal.close();
        } catch (IllegalStateException e) {
            // After a signal JLine has closed it by a hook of its own, which leaves it on the other page.
            System.out.print(leave);
            System.out.flush();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException("cannot give the terminal back", e);
        }
    }
}
