package io.millrace.common.chat.render;

import io.millrace.common.chat.syntax.TemplateException;
import io.millrace.common.chat.value.Callable;
import io.millrace.common.chat.value.Undefined;
import java.util.List;

/** Where a loop stands. */
final class Loop {
    private final List<Object> items;
    private int at = -1;

    Loop(List<Object> items) {
        this.items = items;
    }

    boolean next() {
        at++;
        return at < items.size();
    }

    Object item() {
        return items.get(at);
    }

    Object get(String name) {
        return switch (name) {
            case "index" -> at + 1L;
            case "index0" -> (long) at;
            case "revindex" -> (long) items.size() - at;
            case "revindex0" -> items.size() - at - 1L;
            case "first" -> at == 0;
            case "last" -> at == items.size() - 1;
            case "length" -> (long) items.size();
            case "previtem" -> at == 0 ? new Undefined("'loop.previtem' of the first item") : items.get(at - 1);
            case "nextitem" ->
                at == items.size() - 1 ? new Undefined("'loop.nextitem' of the last item") : items.get(at + 1);
            case "cycle" ->
                (Callable) (arguments, named) -> {
                    if (arguments.isEmpty() || !named.isEmpty()) {
                        throw new TemplateException("'loop.cycle' needs items");
                    }
                    return arguments.get(at % arguments.size());
                };
            case "depth", "depth0", "changed" ->
                throw new TemplateException("'loop." + name + "' is not rendered here");
            default -> new Undefined("'loop." + name + "'");
        };
    }
}
