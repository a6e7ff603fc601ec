/** What Millrace's own part costs beside what stands under it: publishing, collecting, handing over, in one run with raw arms. */
@org.jspecify.annotations.NullMarked
package io.millrace.sandbox.bench.speed;
