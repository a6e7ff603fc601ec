package io.millrace.sandbox.demo.screen;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import org.jline.terminal.Size;
import org.jline.terminal.Terminal;
import org.jline.terminal.impl.LineDisciplineTerminal;
import org.junit.jupiter.api.Test;

class LiveScreenTest {
    /** LANG=C: Java's own default stays UTF-8, the terminal's output does not. */
    @Test
    void aTerminalThatShowsNoUnicodeGetsNoQuestionMarks() throws Exception {
        String drawn = drawn(StandardCharsets.US_ASCII);
        assertTrue(drawn.contains("step"), drawn);
        assertEquals(-1, drawn.indexOf('?', drawn.indexOf("Millrace demo")), drawn);
    }

    @Test
    void aTerminalThatShowsUnicodeGetsBars() throws Exception {
        assertTrue(drawn(StandardCharsets.UTF_8).contains("█"));
    }

    private static String drawn(Charset encoding) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (Terminal terminal = new LineDisciplineTerminal(
                "test",
                "xterm",
                out,
                StandardCharsets.UTF_8,
                StandardCharsets.UTF_8,
                encoding,
                Terminal.SignalHandler.SIG_DFL)) {
            terminal.setSize(Size.of(100, 40));
            new LiveScreen(terminal).show(States.running(12));
        }
        return out.toString(encoding);
    }
}
