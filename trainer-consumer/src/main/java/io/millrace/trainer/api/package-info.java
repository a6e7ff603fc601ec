/** What may be asked over HTTP and how it is answered, as values, and the OpenAPI document that is made of them. */
@NullMarked
package io.millrace.trainer.api;

import org.jspecify.annotations.NullMarked;
