package io.millrace.common.chat.render;

import io.millrace.common.chat.syntax.Marker;
import io.millrace.common.chat.syntax.TemplateException;
import io.millrace.common.chat.value.Values;
import java.math.BigInteger;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The arguments of a call by the names of its parameters. Immutable. */
final class Given {
    private final String of;
    private final List<Object> positional;
    private final Map<String, Object> named;
    private final List<String> parameters;

    /** @throws TemplateException when there are more than parameters, or one of another name */
    Given(String of, List<Object> positional, Map<String, Object> named, String... parameters) {
        this.of = of;
        this.positional = positional;
        this.named = named;
        this.parameters = List.of(parameters);
        if (positional.size() > parameters.length) {
            throw new TemplateException(of + " takes at most " + parameters.length + " arguments");
        }
        for (String name : named.keySet()) {
            int at = this.parameters.indexOf(name);
            if (at < 0 || at < positional.size()) {
                throw new TemplateException(of + " does not take the argument '" + name + "'");
            }
        }
    }

    @Nullable
    Object get(String parameter) {
        int at = parameters.indexOf(parameter);
        return at < positional.size() ? positional.get(at) : named.get(parameter);
    }

    Object get(String parameter, Object absent) {
        Object value = get(parameter);
        return value == null ? absent : value;
    }

    String text(String parameter) {
        if (get(parameter) instanceof String text) {
            return text;
        }
        throw new TemplateException(of + " needs a text as '" + parameter + "'");
    }

    /** Null where it is not given, or is none. */
    @Nullable
    String textOrNull(String parameter) {
        Object value = get(parameter);
        return value == null || value == Marker.NONE ? null : text(parameter);
    }

    int whole(String parameter, int absent) {
        Object value = get(parameter);
        if (value == null || value == Marker.NONE) {
            return absent;
        }
        if (!Values.isWhole(value)) {
            throw new TemplateException(of + " needs a whole number as '" + parameter + "'");
        }
        BigInteger number = value instanceof Long small ? BigInteger.valueOf(small) : (BigInteger) value;
        return number.max(BigInteger.valueOf(Integer.MIN_VALUE / 2))
                .min(BigInteger.valueOf(Integer.MAX_VALUE / 2))
                .intValue();
    }

    boolean truth(String parameter, boolean absent) {
        Object value = get(parameter);
        return value == null ? absent : Values.truth(value);
    }
}
