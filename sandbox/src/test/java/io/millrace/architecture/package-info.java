/** The rules on who may depend on what, checked on the compiled classes of every module. */
@NullMarked
package io.millrace.architecture;

import org.jspecify.annotations.NullMarked;
