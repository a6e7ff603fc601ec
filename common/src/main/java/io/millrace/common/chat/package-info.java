/**
 * Conversations as a model's own chat template has them, and their tokens by its own tokenizer: what transformers makes of
 * the same folder.
 */
@NullMarked
package io.millrace.common.chat;

import org.jspecify.annotations.NullMarked;
