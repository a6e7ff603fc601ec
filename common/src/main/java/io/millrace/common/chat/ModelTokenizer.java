package io.millrace.common.chat;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import tools.jackson.databind.node.ObjectNode;

/**
 * A model's own tokenizer, from {@code tokenizer.json} of its folder: the library that transformers uses, so the same ids.
 * For all threads.
 *
 * <p>The native library comes out of its jar into {@code ~/.djl.ai} (or {@code DJL_CACHE_DIR}) at the first use; nothing is
 * downloaded. Programs that use this class name the jar; for others it is not there.
 */
public final class ModelTokenizer implements AutoCloseable {
    private final HuggingFaceTokenizer tokenizer;

    private ModelTokenizer(HuggingFaceTokenizer tokenizer) {
        this.tokenizer = tokenizer;
    }

    /** @throws ModelFolderException when there is no {@code tokenizer.json}, or none that can be read */
    public static ModelTokenizer of(Path folder) throws ModelFolderException {
        Path file = folder.resolve("tokenizer.json");
        if (!Files.exists(file)) {
            throw new ModelFolderException("the model in " + folder
                    + " has no tokenizer.json; transformers' save_pretrained of its fast tokenizer writes one");
        }
        ObjectNode json = ModelFolder.json(file);
        // What a saved tokenizer was last used with; a prompt is neither cut nor filled up.
        json.putNull("truncation");
        json.putNull("padding");
        // Only what is in the jar: with a GPU at hand the library would look for another build of itself on the
        // network.
        System.setProperty("RUST_FLAVOR", "cpu");
        System.setProperty("ai.djl.offline", "true");
        try {
            return new ModelTokenizer(HuggingFaceTokenizer.newInstance(
                    new ByteArrayInputStream(json.toString().getBytes(StandardCharsets.UTF_8)),
                    Map.of("addSpecialTokens", "false", "truncation", "false", "padding", "false")));
        } catch (IOException | RuntimeException | LinkageError e) {
            throw new ModelFolderException(
                    file + " cannot be used as a tokenizer: " + e.getMessage(), new IllegalStateException(e));
        }
    }

    /** Token ids of a text that has its special tokens written out; none are added. */
    public int[] ids(String text) {
        long[] ids = tokenizer.encode(text, false, false).getIds();
        int[] small = new int[ids.length];
        for (int i = 0; i < ids.length; i++) {
            small[i] = Math.toIntExact(ids[i]);
        }
        return small;
    }

    @Override
    public void close() {
        tokenizer.close();
    }
}
