package io.millrace.producer.source.row;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.producer.source.chat.ChatTemplate;
import io.millrace.producer.source.column.ColumnNames;
import io.millrace.producer.source.column.RowForm;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class RowOptionsTest {
    @Test
    void keysThatAreEmptyOrTheSameAreRefused() {
        refused("input_key", () -> new RowShape(" ", null, null, ChatTemplate.PLAIN));
        refused("label_key", () -> new RowShape("prompt", "", null, ChatTemplate.PLAIN));
        refused("metadata_key", () -> new RowShape("prompt", null, "", ChatTemplate.PLAIN));
        refused("must differ", () -> new RowShape("prompt", "prompt", null, ChatTemplate.PLAIN));
        refused("must differ", () -> new RowShape("prompt", null, "prompt", ChatTemplate.PLAIN));
        refused("must differ", () -> new RowShape("prompt", "x", "x", ChatTemplate.PLAIN));
    }

    @Test
    void aLabelPatternMustBeARegularExpressionWithOneGroup() {
        refused("label_pattern is no regular expression: Unclosed group", () -> RowShape.labelPattern("#### (.+"));
        refused("exactly one group, the label; #### .+ has 0", () -> patterned("#### .+"));
        refused("exactly one group, the label; (#+) (.+) has 2", () -> patterned("(#+) (.+)"));
        patterned("(?:####|A:) (.+)");
    }

    private static RowShape patterned(String regex) {
        return new RowShape(RowForm.SLIME, ColumnNames.DEFAULTS, ChatTemplate.PLAIN, RowShape.labelPattern(regex));
    }

    @Test
    void limitsOutsideTheirRangeAreRefusedNamingIt() {
        refused("--max-prompt-chars must be 1 or more, was 0", () -> new RowLimits(0, 1, 0, 1));
        refused("--max-prompt-tokens must be 1 or more, was 0", () -> new RowLimits(1, 0, 0, 1));
        refused("--bad-rows-max-share must be 0 to 1, was 1.1", () -> new RowLimits(1, 1, 1.1, 1));
        refused("--bad-rows-max-share must be 0 to 1, was NaN", () -> new RowLimits(1, 1, Double.NaN, 1));
        refused("max_row_bytes must be 1 to 3145728, was 0", () -> new RowLimits(1, 1, 0, 0));
        refused("max_row_bytes", () -> new RowLimits(1, 1, 0, RowLimits.ROW_BYTES_MAX + 1));
    }

    private static void refused(String part, Executable action) {
        String message = assertThrows(IllegalArgumentException.class, action).getMessage();
        assertTrue(message.contains(part), message);
    }
}
