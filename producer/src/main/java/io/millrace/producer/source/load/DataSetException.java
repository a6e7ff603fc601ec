package io.millrace.producer.source.load;

/** A data set that cannot be used; the message names the file and says why, for the person who configured it. */
public class DataSetException extends Exception {
    public DataSetException(String message) {
        super(message);
    }

    public DataSetException(String message, Throwable cause) {
        super(message, cause);
    }
}
