package io.millrace.producer.source.load;

/** The rows of a data set are more than may be held; reading has ended at the first that was too much. */
public final class DataSetTooLargeException extends DataSetException {
    private static final long serialVersionUID = 1;

    DataSetTooLargeException(String message) {
        super(message);
    }
}
