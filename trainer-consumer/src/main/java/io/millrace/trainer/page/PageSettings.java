package io.millrace.trainer.page;

import io.millrace.common.config.Setting;

/**
 * The page that shows the run.
 *
 * @param page whether it is served
 */
public record PageSettings(
        @Setting(
                defaultValue = "true",
                help = "Serve a page that shows the run at / of the trainer's port; a consumer of its own follows the"
                        + " run for it")
        boolean page,

        @Setting(
                defaultValue = "16",
                range = "1 to 256 pages",
                help = "Pages that may be open at once; each holds a connection")
        int pageReadersMax) {
    /** For whoever looks at nothing. */
    public static final PageSettings OFF = new PageSettings(false, 1);
}
