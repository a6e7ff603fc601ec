package io.millrace.common.chat;

/** A model's folder lacks what is needed, or has what is not understood; the message names file and cause. */
public final class ModelFolderException extends Exception {
    private static final long serialVersionUID = 1;

    public ModelFolderException(String message) {
        super(message);
    }

    public ModelFolderException(String message, Exception cause) {
        super(message, cause);
    }
}
