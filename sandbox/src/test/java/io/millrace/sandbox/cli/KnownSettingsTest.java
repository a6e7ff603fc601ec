package io.millrace.sandbox.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.common.config.KnownSettings;
import io.millrace.common.config.SettingSpec;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * The list by which a process of one role knows the settings of all is that of all commands. {@code
 * -Dmillrace.docs.update=true} writes it anew.
 */
class KnownSettingsTest {
    private static final Path LIST =
            Path.of("../common/src/main/resources/io/millrace/common/config/" + KnownSettings.LIST);

    @Test
    void theListHasEverySettingOfEveryCommand() throws Exception {
        String text = MillraceMain.commands().stream()
                .map(command -> command.name()
                        + SettingSpec.byName(command.settings()).values().stream()
                                .map(setting -> " " + setting.name())
                                .sorted()
                                .collect(Collectors.joining()))
                .sorted()
                .collect(Collectors.joining("\n", "", "\n"));
        if (Boolean.getBoolean("millrace.docs.update")) {
            Files.writeString(LIST, text);
            return;
        }
        assertEquals(text, Files.readString(LIST), "run this test with -Dmillrace.docs.update=true");
    }
}
