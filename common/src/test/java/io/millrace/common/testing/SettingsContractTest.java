package io.millrace.common.testing;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.common.config.Setting;
import org.junit.jupiter.api.Test;
import org.opentest4j.MultipleFailuresError;

/** The contract itself notices what it is there for. */
@SuppressWarnings("JUnitMethodInvoked") // The contract's tests are what is tested.
class SettingsContractTest {
    /** Its constructor mixes two keys up. */
    record MixedUp(
            @Setting(defaultValue = "1", help = "One side") int left,

            @Setting(defaultValue = "1", help = "The other") int right) {
        MixedUp {
            right = left;
        }
    }

    record BadDefault(
            @Setting(defaultValue = "0", range = "1 or more", help = "One side")
            int left) {}

    private static <T extends Record> SettingsContract<T> contract(Class<T> settings) {
        return () -> settings;
    }

    @Test
    void aKeyThatMovesAnotherOrNothingIsNoticed() {
        String message = assertThrows(
                        MultipleFailuresError.class,
                        () -> contract(MixedUp.class).everyKeyReachesItsComponentFromFlagEnvironmentAndYaml())
                .getMessage();
        assertTrue(message.contains("--left changes other settings too"), message);
        assertTrue(message.contains("--right changes nothing"), message);
    }

    @Test
    void aDefaultOutOfRangeIsNoticed() {
        assertThrows(RuntimeException.class, () -> contract(BadDefault.class).defaultsAreValid());
    }
}
