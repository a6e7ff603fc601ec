/** Which fault hits which role when, drawn from a seed. */
@NullMarked
package io.millrace.sandbox.chaos.plan;

import org.jspecify.annotations.NullMarked;
