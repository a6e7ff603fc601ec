package io.millrace.common.json;

import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import java.lang.reflect.Executable;
import java.lang.reflect.RecordComponent;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.cfg.MapperConfig;
import tools.jackson.databind.introspect.Annotated;
import tools.jackson.databind.introspect.AnnotatedMember;
import tools.jackson.databind.introspect.AnnotatedParameter;
import tools.jackson.databind.introspect.JacksonAnnotationIntrospector;

/**
 * A record's component must be given, and not as null, unless it is {@code @Nullable}; but for one that is left out,
 * neither written nor asked for. Stateless.
 */
final class NullableIntrospector extends JacksonAnnotationIntrospector {
    private static final long serialVersionUID = 1;

    private final @Nullable Class<?> type;
    private final @Nullable String leftOut;

    NullableIntrospector() {
        type = null;
        leftOut = null;
    }

    /** @param leftOut a component of the type */
    NullableIntrospector(Class<? extends Record> type, String leftOut) {
        this.type = type;
        this.leftOut = leftOut;
    }

    @Override
    public boolean hasIgnoreMarker(MapperConfig<?> config, AnnotatedMember member) {
        return (member.getDeclaringClass() == type && member.getName().equals(leftOut))
                || super.hasIgnoreMarker(config, member);
    }

    @Override
    public @Nullable Boolean hasRequiredMarker(MapperConfig<?> config, AnnotatedMember member) {
        return isRequired(member) ? Boolean.TRUE : super.hasRequiredMarker(config, member);
    }

    @Override
    public JsonSetter.Value findSetterInfo(MapperConfig<?> config, Annotated annotated) {
        JsonSetter.Value known = super.findSetterInfo(config, annotated);
        return isRequired(annotated) ? known.withValueNulls(Nulls.FAIL) : known;
    }

    private boolean isRequired(Annotated annotated) {
        if (!(annotated instanceof AnnotatedParameter parameter)
                || !(parameter.getOwner().getAnnotated() instanceof Executable constructor)
                || !constructor.getDeclaringClass().isRecord()) {
            return false;
        }
        RecordComponent[] components = constructor.getDeclaringClass().getRecordComponents();
        // A compact constructor's own parameters do not keep the annotation of a nested type (javac 25).
        return components.length == constructor.getParameterCount()
                && !isLeftOut(components[parameter.getIndex()])
                && !components[parameter.getIndex()].getAnnotatedType().isAnnotationPresent(Nullable.class);
    }

    private boolean isLeftOut(RecordComponent component) {
        return component.getDeclaringRecord() == type && component.getName().equals(leftOut);
    }
}
