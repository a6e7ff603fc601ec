/** The template language of chat templates: from text to a tree. Pure. */
@NullMarked
package io.millrace.common.chat.syntax;

import org.jspecify.annotations.NullMarked;
