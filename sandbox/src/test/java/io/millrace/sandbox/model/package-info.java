@NullMarked
package io.millrace.sandbox.model;

import org.jspecify.annotations.NullMarked;
