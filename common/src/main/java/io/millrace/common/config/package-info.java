/** Settings: one annotated record per concern, read from flags, environment and YAML. */
@NullMarked
package io.millrace.common.config;

import org.jspecify.annotations.NullMarked;
