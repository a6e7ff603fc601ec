package io.millrace.producer.source.file;

import java.io.IOException;

/** A file is not what its name says; the message goes on behind the file's name: "is no readable gzip file: ...". */
public final class RowFileException extends IOException {
    RowFileException(String what, Exception cause) {
        super(what, cause);
    }
}
