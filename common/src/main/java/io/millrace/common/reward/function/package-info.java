/**
 * The rewards that Millrace brings, by slime's names where slime has them. Each is a class here and its line in {@code
 * META-INF/services/io.millrace.common.reward.NamedReward}.
 */
@NullMarked
package io.millrace.common.reward.function;

import org.jspecify.annotations.NullMarked;
