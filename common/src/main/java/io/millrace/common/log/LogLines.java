package io.millrace.common.log;

import ch.qos.logback.classic.encoder.JsonEncoder;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.encoder.EncoderBase;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;

/**
 * Makes log events into lines, in the process's {@link LogFormat} and without its {@link Secrets}; logback.xml names it.
 * What JSON has is logback's own form, with the message formatted and the timestamp in ISO 8601 as in the text.
 */
public final class LogLines extends EncoderBase<ILoggingEvent> {
    /** ISO 8601 with milliseconds and the offset of the process's zone. */
    private static final String TIME = "yyyy-MM-dd'T'HH:mm:ss.SSSXXX";

    private final PatternLayoutEncoder text = new PatternLayoutEncoder();
    private final JsonEncoder json = new IsoJson();

    @Override
    public void start() {
        text.setContext(context);
        text.setPattern("%d{" + TIME + "} %-5level %logger{24} - %msg%n%ex{short}%nopex");
        text.start();
        json.setContext(context);
        json.setWithFormattedMessage(true);
        json.setWithMessage(false);
        json.setWithArguments(false);
        json.setWithContext(false);
        json.setWithSequenceNumber(false);
        json.setWithNanoseconds(false);
        json.start();
        super.start();
    }

    @Override
    public byte[] encode(ILoggingEvent event) {
        byte[] line = switch (LogFormat.current()) {
            case TEXT -> text.encode(event);
            case JSON -> json.encode(event);
        };
        return Secrets.hide(new String(line, StandardCharsets.UTF_8)).getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public byte[] headerBytes() {
        return new byte[0];
    }

    @Override
    public byte[] footerBytes() {
        return new byte[0];
    }

    /** Its time is a time, and its message goes by that name. */
    private static final class IsoJson extends JsonEncoder {
        private final DateTimeFormatter time = DateTimeFormatter.ofPattern(TIME);

        @Override
        protected void appenderMemberWithLongValue(StringBuilder line, String name, long value) {
            if (name.equals(TIMESTAMP_ATTR_NAME)) {
                appenderMember(
                        line, name, time.format(Instant.ofEpochMilli(value).atZone(ZoneId.systemDefault())));
            } else {
                super.appenderMemberWithLongValue(line, name, value);
            }
        }

        @Override
        protected void appenderMember(StringBuilder line, String name, String value) {
            super.appenderMember(line, name.equals(FORMATTED_MESSAGE_ATTR_NAME) ? MESSAGE_ATTR_NAME : name, value);
        }
    }
}
