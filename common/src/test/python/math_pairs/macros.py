"""What pylatexenc's latex2text makes of each macro that it knows, as a table: name, arguments, kind, text."""
import logging

from pylatexenc import latex2text, latexwalker
from pylatexenc.latex2text import _defaultspecs

logging.disable(logging.CRITICAL)
STYLES = {"mathbf": "bold", "mathit": "italic", "mathsf": "sans", "mathbb": "doublestruck", "mathtt": "monospace", "mathcal": "script",
          "mathscr": "script", "mathfrak": "fraktur"}  # fmt: skip
ACCENTED = _defaultspecs.unicode_accents_list


def rows():
    walker, texts = latexwalker.get_default_latex_context_db(), latex2text.get_default_latex_context_db()
    arguments = {m.macroname: getattr(m.args_parser, "argspec", "") for m in walker.iter_macro_specs() if m.macroname}
    accents = dict(ACCENTED)
    for name in sorted({m.macroname for m in texts.iter_macro_specs()} | set(arguments)):
        spec, argspec = texts.get_macro_spec(name), arguments.get(name) or ""
        if name in STYLES:
            yield name, argspec, "style", STYLES[name]
        elif name in accents:
            yield name, argspec, "accent", accents[name]
        elif spec is None:
            if argspec:
                yield name, argspec, "drop", ""
        elif name == "%":
            yield name, argspec, "text", "%"
        elif isinstance(spec.simplify_repl, str) and spec.simplify_repl:
            yield name, argspec, "text", spec.simplify_repl.replace("\n", "<nl>")
        elif spec.simplify_repl or spec.discard:
            if argspec:
                yield name, argspec, "drop", ""
        else:
            yield name, argspec, "arguments", ""


def write(path):
    with open(path, "w", encoding="utf-8", newline="\n") as out:
        out.write("# What pylatexenc 2.10 (MIT licence) makes of each macro; made by scripts/make-math-pairs --macros.\n")
        out.write("# name, its arguments, kind, text\n")
        for row in rows():
            # Of a course's own exercise sheets; nobody else has them.
            if not row[0].startswith(("Uebung", "ueb", "subueb")):
                out.write("\t".join(row) + "\n")
