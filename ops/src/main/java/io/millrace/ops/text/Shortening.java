package io.millrace.ops.text;

import io.millrace.common.json.Json;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Cuts long texts and long arrays of numbers, saying how long they are. Pure; the original is not changed. */
public final class Shortening {
    private static final int TEXT_CHARS_MAX = 160;
    private static final int NUMBERS_MAX = 12;

    private Shortening() {}

    public static JsonNode shorten(JsonNode node) {
        return switch (node) {
            case ObjectNode object -> {
                ObjectNode cut = Json.object();
                for (Map.Entry<String, JsonNode> entry : object.properties()) {
                    cut.set(entry.getKey(), shorten(entry.getValue()));
                }
                yield cut;
            }
            case ArrayNode array -> shorten(array);
            default -> node.isString() ? text(node) : node;
        };
    }

    private static ArrayNode shorten(ArrayNode array) {
        boolean numbers = array.size() > NUMBERS_MAX && array.path(0).isNumber();
        ArrayNode cut = Json.MAPPER.createArrayNode();
        for (int i = 0; i < array.size(); i++) {
            if (numbers && i == NUMBERS_MAX) {
                cut.add("... " + array.size() + " in all");
                break;
            }
            cut.add(shorten(array.path(i)));
        }
        return cut;
    }

    private static JsonNode text(JsonNode node) {
        String text = node.stringValue();
        if (text.length() <= TEXT_CHARS_MAX) {
            return node;
        }
        return Json.MAPPER
                .getNodeFactory()
                .stringNode(text.substring(0, TEXT_CHARS_MAX) + "... " + text.length() + " characters in all");
    }
}
