/** Chats and tools as the stand-in's model knows them. */
@NullMarked
package io.millrace.sandbox.engine.chat;

import org.jspecify.annotations.NullMarked;
