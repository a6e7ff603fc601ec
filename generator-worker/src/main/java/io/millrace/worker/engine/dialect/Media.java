package io.millrace.worker.engine.dialect;

import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a prompt has beside text, each as the engine is to get it: an address, {@code data:} and base64, or a path on the
 * engine's machine. Stands in a row's metadata as slime's Sample has it: {@code {"multimodal_inputs": {"images": [...],
 * "videos": [...], "audio": [...]}}}.
 */
public record Media(List<JsonNode> images, List<JsonNode> videos, List<JsonNode> audio) {
    /** A prompt of text alone. */
    public static final Media NONE = new Media(List.of(), List.of(), List.of());

    private static final String KEY = "multimodal_inputs";

    public Media {
        images = List.copyOf(images);
        videos = List.copyOf(videos);
        audio = List.copyOf(audio);
    }

    /** That of a task's metadata. */
    public static Media of(ObjectNode metadata) {
        JsonNode given = metadata.path(KEY);
        if (!given.isObject() || given.isEmpty()) {
            return NONE;
        }
        return new Media(
                given.path("images").valueStream().toList(),
                given.path("videos").valueStream().toList(),
                given.path("audio").valueStream().toList());
    }

    public boolean isEmpty() {
        return images.isEmpty() && videos.isEmpty() && audio.isEmpty();
    }
}
