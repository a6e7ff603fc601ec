/** The model of what stands on topics and in workers' hands. */
@NullMarked
package io.millrace.sandbox.model.topics;

import org.jspecify.annotations.NullMarked;
