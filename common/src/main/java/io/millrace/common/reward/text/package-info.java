/** What rewards do to texts before they compare them, in work bounded by the length. */
@NullMarked
package io.millrace.common.reward.text;

import org.jspecify.annotations.NullMarked;
