package io.millrace.common.chat;

import io.millrace.common.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Reads the files of a model's folder. Stateless. */
final class ModelFolder {
    /** Far above any tokenizer's; some have 30 MB. */
    private static final long BYTES_MAX = 256 << 20;

    private ModelFolder() {}

    static String text(Path file) throws ModelFolderException {
        try {
            if (Files.size(file) > BYTES_MAX) {
                throw new ModelFolderException(file + " has more than " + BYTES_MAX + " bytes");
            }
            return Files.readString(file);
        } catch (IOException e) {
            throw new ModelFolderException(file + " cannot be read: " + e, e);
        }
    }

    static ObjectNode json(Path file) throws ModelFolderException {
        try {
            JsonNode node = Json.MAPPER.readTree(text(file));
            if (node instanceof ObjectNode object) {
                return object;
            }
        } catch (JacksonException e) {
            throw new ModelFolderException(file + " is no JSON: " + e.getOriginalMessage(), e);
        }
        throw new ModelFolderException(file + " is no JSON object");
    }
}
