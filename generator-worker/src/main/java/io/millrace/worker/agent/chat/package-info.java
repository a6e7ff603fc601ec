/**
 * What agents and their worker say to each other in OpenAI's words, and what is recorded of it: pure, no thread, clock or
 * client.
 */
@NullMarked
package io.millrace.worker.agent.chat;

import org.jspecify.annotations.NullMarked;
