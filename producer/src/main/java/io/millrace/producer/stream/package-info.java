/** The groups of each kind on their way, from what is admitted to what stands on the topics. */
@NullMarked
package io.millrace.producer.stream;

import org.jspecify.annotations.NullMarked;
