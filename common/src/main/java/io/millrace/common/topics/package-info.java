/** Which topics a run has, with the settings each needs, created and verified. */
@NullMarked
package io.millrace.common.topics;

import org.jspecify.annotations.NullMarked;
