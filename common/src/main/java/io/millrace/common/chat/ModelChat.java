package io.millrace.common.chat;

import io.millrace.common.chat.render.JinjaTemplate;
import io.millrace.common.chat.syntax.TemplateException;
import io.millrace.common.chat.value.Values;
import io.millrace.common.json.Json;
import io.millrace.common.record.ChatMessage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A model's own chat template, rendered as transformers' {@code apply_chat_template} does it. Immutable, for all threads.
 *
 * <p>The template is {@code chat_template.jinja} of the model's folder, or {@code chat_template} of its {@code
 * tokenizer_config.json}: one, or a list by name, of which {@code tool_use} is taken where there are tools, else {@code
 * default}. It is given the conversation, the tools, the model's special tokens, and arguments of the user.
 */
public final class ModelChat {
    private static final List<String> SPECIAL_TOKENS =
            List.of("bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token");
    private static final String DEFAULT = "default";
    private static final String TOOL_USE = "tool_use";

    private final Map<String, JinjaTemplate> templates;
    private final Map<String, Object> given;
    private final @Nullable LocalDate today;

    private ModelChat(Map<String, JinjaTemplate> templates, Map<String, Object> given, @Nullable LocalDate today) {
        this.templates = templates;
        this.given = given;
        this.today = today;
    }

    /**
     * @param folder with the model's {@code tokenizer_config.json}
     * @param arguments of the template, by name
     * @param today for templates that ask for the date; null refuses those
     * @throws ModelFolderException when there is no template, or one that is not rendered here
     */
    public static ModelChat of(Path folder, ObjectNode arguments, @Nullable LocalDate today)
            throws ModelFolderException {
        Path configFile = folder.resolve("tokenizer_config.json");
        ObjectNode config = ModelFolder.json(configFile);
        Map<String, Object> given = specialTokens(folder, config);
        given.put("documents", Values.of(Json.MAPPER.nullNode()));
        arguments.forEachEntry((name, value) -> given.put(name, Values.of(value)));
        return new ModelChat(templates(folder, configFile, config), given, today);
    }

    private static Map<String, JinjaTemplate> templates(Path folder, Path configFile, ObjectNode config)
            throws ModelFolderException {
        Path own = folder.resolve("chat_template.jinja");
        if (Files.exists(own)) {
            return Map.of(DEFAULT, template(own.toString(), ModelFolder.text(own)));
        }
        JsonNode node = config.path("chat_template");
        if (node.isString()) {
            return Map.of(DEFAULT, template(configFile.toString(), node.stringValue()));
        }
        Map<String, JinjaTemplate> templates = new LinkedHashMap<>();
        for (JsonNode each : node.values()) {
            String name = each.path("name").asString("");
            if (name.equals(DEFAULT) || name.equals(TOOL_USE)) {
                templates.put(
                        name,
                        template(
                                configFile + ", template " + name,
                                each.path("template").asString("")));
            }
        }
        if (!templates.containsKey(DEFAULT)) {
            throw new ModelFolderException("the model in " + folder + " has no chat template: neither "
                    + own.getFileName() + " nor 'chat_template' in " + configFile.getFileName());
        }
        return templates;
    }

    private static JinjaTemplate template(String where, String source) throws ModelFolderException {
        try {
            return new JinjaTemplate(source);
        } catch (TemplateException e) {
            throw new ModelFolderException(where + " is a chat template that cannot be rendered: " + e.getMessage(), e);
        }
    }

    /** As the configuration has them; older models have the rest in a file of its own. */
    private static Map<String, Object> specialTokens(Path folder, ObjectNode config) throws ModelFolderException {
        Path olderFile = folder.resolve("special_tokens_map.json");
        ObjectNode older = Files.exists(olderFile) ? ModelFolder.json(olderFile) : Json.object();
        Map<String, Object> tokens = new LinkedHashMap<>();
        for (String name : SPECIAL_TOKENS) {
            JsonNode token = config.path(name);
            if (token.isMissingNode()) {
                token = older.path(name);
            }
            JsonNode text = token.isObject() ? token.path("content") : token;
            if (text.isString()) {
                tokens.put(name, text.stringValue());
            }
        }
        return tokens;
    }

    /**
     * The prompt that asks for the assistant's next turn.
     *
     * @param tools that the model is told of; null for none
     * @param more arguments of the template for this conversation alone; over those of the model
     * @throws TemplateException when the template cannot be rendered with these, or refuses them itself
     */
    public String render(List<ChatMessage> messages, @Nullable ArrayNode tools, ObjectNode more) {
        Map<String, Object> names = new LinkedHashMap<>(given);
        more.forEachEntry((name, value) -> names.put(name, Values.of(value)));
        List<Object> conversation = new ArrayList<>();
        messages.forEach(each -> conversation.add(Values.of(each.json())));
        names.put("messages", conversation);
        names.put("tools", Values.of(tools == null ? Json.MAPPER.nullNode() : tools));
        names.put("add_generation_prompt", true);
        JinjaTemplate template =
                tools != null && templates.containsKey(TOOL_USE) ? templates.get(TOOL_USE) : templates.get(DEFAULT);
        return java.util.Objects.requireNonNull(template).render(names, today);
    }
}
