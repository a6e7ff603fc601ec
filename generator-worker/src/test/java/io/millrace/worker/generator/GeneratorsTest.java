package io.millrace.worker.generator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;

class GeneratorsTest {
    private record Named(String name) implements Generator {
        @Override
        public List<GeneratedSample> generate(Rollout rollout) {
            return List.of();
        }
    }

    private static String refusal(Generator... generators) {
        return String.valueOf(assertThrows(IllegalArgumentException.class, () -> new Generators(List.of(generators)))
                .getMessage());
    }

    @Test
    void aNameThatTwoHaveOrNoneCanHaveIsRefusedNamingTheClasses() {
        String type = Named.class.getName();
        assertEquals(
                "two generators are called 'search': " + type + " and " + type,
                refusal(new Named("search"), new Named("search")));
        assertEquals("two generators are called 'http': the worker's own and " + type, refusal(new Named("http")));
        assertEquals(
                "the generator " + type
                        + " is called 'My Agent'; a name has 1 to 64 lower-case letters, digits, _ and -",
                refusal(new Named("My Agent")));
    }

    @Test
    void anUnknownNameIsRefusedNamingTheKnownOnes() {
        Generators generators = new Generators(List.of(new Named("search")));
        generators.check("search");
        generators.check("single-turn");
        assertEquals(
                "no generator is called 'serach'; known: http, search, single-turn",
                assertThrows(IllegalArgumentException.class, () -> generators.check("serach"))
                        .getMessage());
    }
}
