/** LaTeX as plain text, as Python's pylatexenc 2.10 writes it. */
@NullMarked
package io.millrace.common.reward.slime.latex;

import org.jspecify.annotations.NullMarked;
