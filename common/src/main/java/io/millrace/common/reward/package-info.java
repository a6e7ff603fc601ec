/** What producer and workers both know of rewards: which labels they can compare with. Pure, for all threads. */
@NullMarked
package io.millrace.common.reward;

import org.jspecify.annotations.NullMarked;
