/** What tests of every module share: hand-moved clocks, fakes, the contract of settings records. In the test-jar. */
@NullMarked
package io.millrace.common.testing;

import org.jspecify.annotations.NullMarked;
