"""Draws answers as models write them and labels as data sets have them, in pairs: equal, nearly equal, unequal."""
import math
import random
from fractions import Fraction

TEXTS = [
    "Tuesday", "yes", "no", "True", "False", "A", "B", "E", "even", "odd", "Evelyn", "ellipse", "hyperbola", "circle",
    "none", "No solution", "undefined", "inconsistent", "Alice and Bob", "isosceles", "east", "i", "pi", "infinity",
    "June", "prime", "DNE", "x", "C", "D", "not possible", "Friday", "square", "parabola", "two", "zero", "I", "e", "ab",
    "in", "is", "or", "re", "im", "ln", "oo",
]  # fmt: skip
UNITS = ["cm", "meters", "miles", "seconds", "minutes", "hours", "days", "feet", "inches", "yards", "years", "km", "kg", "mph",
         "units", "dollars", "square units", "cubic feet", "degrees", "cents", "weeks", "months", "liters", "m", "s"]  # fmt: skip
LETTERS = ["x", "y", "n", "a", "b", "t", "k", "z", "r", "m"]
GREEK = ["\\pi", "\\alpha", "\\theta", "\\lambda", "\\mu", "\\nu", "\\xi", "\\phi"]


class Drawer:
    def __init__(self, seed):
        self.r = random.Random(seed)

    def pick(self, items):
        return items[self.r.randrange(len(items))]

    def chance(self, share):
        return self.r.random() < share

    def number(self, low, high):
        return self.r.randint(low, high)


def shown_integer(d, n):
    text = str(n)
    return d.pick([
        text, text, text, f"{n:,}", f" {text} ", f"${text}$", f"\\${text}", f"+{text}" if n >= 0 else text, text + ".0", text + ".",
        text + ".00", f"{n:,}".replace(",", "{,}"), f"{n:,}".replace(",", ",\\!"), f"{n:,}".replace(",", "\\,"), f"\\text{{{text}}}",
        f"0{text}" if n >= 0 else text, f"x = {text}", f"x={text}", f"{text}\\text{{ {d.pick(UNITS)}}}", f"{text} {d.pick(UNITS)}",
        f"{text}\\%", f"{text}%", f"{text}^\\circ", f"{text}^{{\\circ}}", f"\\mathbf{{{text}}}", f"\\boxed{{{text}}}", f"({text})",
        f"{{{text}}}", f"{n:.2e}", f"{n}e0", f"\\mathrm{{{text}}}", text.replace("-", "- "), text.replace("-", "−"), f"\\({text}\\)",
        f"{text}\\,\\text{{{d.pick(UNITS)}}}", f"{text}~\\text{{{d.pick(UNITS)}}}", f"{text}\\ \\text{{{d.pick(UNITS)}}}", f"\\left({text}\\right)",
        f"{text}\\ ", f"{text};", f"\\textbf{{{text}}}", f"{text}!", f"{n:_}",
    ])  # fmt: skip


def integers(d):
    n = d.pick([d.number(-20, 20), d.number(-2000, 2000), d.number(1000, 9999999), d.number(10**9, 10**18)])
    other = n if d.chance(0.65) else d.pick([n + 1, -n, n * 10, n + d.number(2, 9), d.number(-50, 50)])
    return shown_integer(d, other), d.pick([str(n), str(n), str(n), f"{n:,}", shown_integer(d, n)])


def shown_fraction(d, f):
    n, m, sign = abs(f.numerator), f.denominator, "-" if f < 0 else ""
    k = d.number(2, 6)
    whole, rest = divmod(n, m)
    forms = [
        f"{sign}\\frac{{{n}}}{{{m}}}", f"{sign}\\frac{{{n}}}{{{m}}}", f"{sign}\\dfrac{{{n}}}{{{m}}}", f"{sign}\\tfrac{{{n}}}{{{m}}}",
        f"{sign}{n}/{m}", f"{sign}{n}/{m}", f"{sign} {n} / {m}", f"{sign}{n}\\div{m}", f"{sign}\\frac{{{k * n}}}{{{k * m}}}", f"{sign}{k * n}/{k * m}",
        f"\\frac{{{sign}{n}}}{{{m}}}", f"\\frac{{{n}}}{{{sign}{m}}}", f"{sign}\\left(\\frac{{{n}}}{{{m}}}\\right)", f"({sign}{n})/({m})", f"{sign}\\cfrac{{{n}}}{{{m}}}",
        f"{sign}\\frac {n}{{{m}}}", f"x=\\frac{{{sign}{n}}}{{{m}}}", f"${sign}\\frac{{{n}}}{{{m}}}$", f"{float(f)}", f"{float(f):.2f}", f"{float(f):.4f}", f"{sign}{{{n} \\over {m}}}",
        f"{sign}{n}:{m}", f"{sign}\\frac{{{n}}}{{{m}}}\\text{{ {d.pick(UNITS)}}}", f"{sign}\\frac{{{n}}}{{{m}}} {d.pick(UNITS)}", f"{sign}\\frac{{{n}.0}}{{{m}}}", f"{sign}{n}\\cdot\\frac{{1}}{{{m}}}", f"{sign}{n}*{m}^(-1)",
        f"{sign}\\frac{{{n:,}}}{{{m:,}}}", f"{sign}{n:,}/{m:,}", f"\\displaystyle {sign}\\frac{{{n}}}{{{m}}}", f"{sign}\\nicefrac{{{n}}}{{{m}}}", f"{sign}{n} \\frac{{1}}{{{m}}}",
        f"{100 * float(f):g}\\%", f"{float(100 * f):g}%",
    ]  # fmt: skip
    if n < 10 and m < 10:
        forms += [f"{sign}\\frac{n}{m}", f"{sign}\\frac{n}{{{m}}}", f"{sign}\\frac{{{n}}}{m}", f"{sign}\\frac {n} {m}", f"{sign}\\frac{n}{m}"]
    if whole and rest:
        forms += [f"{sign}{whole}\\frac{{{rest}}}{{{m}}}", f"{sign}{whole} {rest}/{m}", f"{sign}{whole} \\frac{{{rest}}}{{{m}}}", f"{sign}{whole}\\tfrac{{{rest}}}{{{m}}}", f"{sign}{whole}+\\frac{{{rest}}}{{{m}}}"] * 2
    return d.pick(forms)


def fractions(d):
    f = Fraction(d.number(-40, 120), d.number(2, 40))
    if f.denominator == 1:
        f += Fraction(1, d.number(2, 9))
    other = f if d.chance(0.7) else d.pick([1 / f if f else f + 1, -f, f + 1, f + Fraction(1, 2), Fraction(f.numerator + 1, f.denominator)])
    label = f"\\frac{{{f.numerator}}}{{{f.denominator}}}" if d.chance(0.4) else shown_fraction(d, f)
    return shown_fraction(d, other), label


def decimals(d):
    digits = d.number(1, 6)
    n = d.number(-10**digits, 10**(digits + 1))
    text = f"{n / 10**digits:.{digits}f}"
    f = Fraction(n, 10**digits)
    spelt = [text, text, text + "0", text.replace("0.", ".", 1) if text.startswith("0.") else text, f"\\frac{{{f.numerator}}}{{{f.denominator}}}",
             f"{f.numerator}/{f.denominator}", f"{float(f)}", f"{float(f):g}", f"{float(f):.3e}", f"{n}\\times 10^{{-{digits}}}", f"{n}*10^-{digits}",
             f"\\${text}", f"{text}\\%", f"{100 * float(f):.2f}%", f"{text} {d.pick(UNITS)}", f"{text[:-1]}", f"{text}\\text{{ {d.pick(UNITS)}}}",
             f"{float(f) + 10**-9}", f"{float(f) + 10**-8:.10f}", f"{text}1", f"{float(f):,.2f}", f"\\approx {text}", f"({text})", f"{text}\\ldots", f"{text}...", f"{text}x", f"-{text}"]  # fmt: skip
    return d.pick(spelt), d.pick([text, text, d.pick(spelt)])


def radical(n, style):
    s = str(n)
    return {0: f"\\sqrt{{{s}}}", 1: f"\\sqrt{s}", 2: f"sqrt({s})", 3: f"√{s}", 4: f"\\sqrt {s}", 5: f"√({s})", 6: f"{s}^{{1/2}}", 7: f"{s}^(1/2)", 8: f"sqrt{s}", 9: f"{s}^{{0.5}}"}[style]


def shown_root(d, a, n):
    """a times the root of n."""
    style = d.pick([0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    r = radical(n, style)
    forms = [f"{a}{r}", f"{a}{r}", f"{a} {r}", f"{a}\\cdot {r}", f"{a}*{r}", f"{r}\\cdot{a}", f"{a}\\times{r}", f"{a}\\,{r}", radical(a * a * n, style),
             f"\\frac{{{a * n}}}{{{radical(n, 0)}}}", f"{a * n}/{r}", f"{a}\\left({r}\\right)", f"({a}){r}", f"{r} {a}", f"{a}({r})", f"{a:.1f}{r}",
             f"{a * math.sqrt(n):.3f}", f"\\frac{{{2 * a}{radical(n, 0)}}}{{2}}", f"{a}{r}\\text{{ {d.pick(UNITS)}}}", f"{a}{r} {d.pick(UNITS)}", f"{r}{{{a}}}", f"x={a}{r}",
             f"\\sqrt{{{a}^2\\cdot{n}}}", f"{a}\\sqrt[2]{{{n}}}", f"\\sqrt[3]{{{n}}}", f"{a} \\sqrt{{{n}}}+0"]  # fmt: skip
    return d.pick(forms)


def roots(d):
    a, n = d.number(1, 12), d.pick([2, 3, 5, 6, 7, 10, 11, 13, 15, 8, 12, 18, 20, 50, 16, 25, 97])
    b, m = (a, n) if d.chance(0.75) else d.pick([(a + 1, n), (a, n + 1), (n, a), (1, n)])
    label = f"{a}\\sqrt{{{n}}}" if d.chance(0.5) else shown_root(d, a, n)
    return shown_root(d, b, m), label


def surds(d):
    a, b, n, c = d.number(-9, 9), d.number(1, 7), d.pick([2, 3, 5, 6, 7, 13]), d.number(2, 9)
    e = a if d.chance(0.75) else a + 1
    forms = [f"{e}+{b}\\sqrt{{{n}}}", f"{b}\\sqrt{{{n}}}+{e}", f"{e}-{b}\\sqrt{{{n}}}", f"{e} + {b} \\sqrt{n}", f"{e}+\\sqrt{{{b * b * n}}}", f"{e}+{b}sqrt({n})",
             f"({e}+{b}\\sqrt{{{n}}})", f"\\left({e}+{b}\\sqrt{{{n}}}\\right)", f"-({-e}-{b}\\sqrt{{{n}}})", f"{e} \\pm {b}\\sqrt{{{n}}}", f"\\frac{{{c * e}+{c * b}\\sqrt{{{n}}}}}{{{c}}}",
             f"({c * e}+{c * b}\\sqrt{{{n}}})/{c}", f"\\frac{{{e * e - b * b * n}}}{{{e}-{b}\\sqrt{{{n}}}}}", f"\\frac{{({c * e}+{c * b}\\sqrt{{{n}}})}}{{{c}}}", f"({e * e - b * b * n})/({e}-{b}\\sqrt{{{n}}})",
             f"\\sqrt{{{e * e + b * b * n}+{2 * e * b}\\sqrt{{{n}}}}}", f"{e + b * math.sqrt(n):.4f}"]  # fmt: skip
    if d.chance(0.4):
        forms = [f"\\frac{{{e}+{b}\\sqrt{{{n}}}}}{{{c}}}", f"\\frac{{{e}}}{{{c}}}+\\frac{{{b}\\sqrt{{{n}}}}}{{{c}}}", f"({e}+{b}\\sqrt{{{n}}})/{c}", f"\\frac{{{b}\\sqrt{{{n}}}+{e}}}{{{c}}}",
                 f"\\frac{{1}}{{{c}}}({e}+{b}\\sqrt{{{n}}})", f"\\dfrac{{{e}+{b}\\sqrt{n}}}{{{c}}}", f"({b}sqrt({n})+{e})/{c}", f"\\frac{{{e} + {b} \\sqrt{{{n}}}}}{{{c}}}", f"\\frac{{(({e}+{b}\\sqrt{{{n}}}))}}{{{c}}}"]  # fmt: skip
    return d.pick(forms), d.pick([forms[0], d.pick(forms)])


def circles(d):
    a, b = d.number(1, 40), d.number(2, 12)
    c = a if d.chance(0.8) else a + 1
    forms = [f"{c}\\pi", f"{c} \\pi", f"{c}\\cdot\\pi", f"\\pi {c}", f"{c}pi", f"{c}*pi", f"{c}π", f"{c}\\times\\pi", f"{c}.0\\pi", f"{c * math.pi:.2f}", f"\\pi\\cdot {c}", f"{c}\\pi\\text{{ {d.pick(UNITS)}}}", f"{c}(\\pi)", f"{c}\\pi \\, \\text{{cm}}^2", f"x={c}\\pi", f"{c}\\,\\pi", f"{c}\\pi cm^2"]  # fmt: skip
    if d.chance(0.5):
        forms = [f"\\frac{{{c}\\pi}}{{{b}}}", f"\\frac{{{c}}}{{{b}}}\\pi", f"{c}\\pi/{b}", f"{c}pi/{b}", f"\\frac{{\\pi}}{{{b}}}\\cdot {c}", f"\\frac{{{c} \\pi}}{{{b}}}", f"\\frac{{{2 * c}\\pi}}{{{2 * b}}}", f"\\dfrac{{{c}\\pi}}{{{b}}}", f"({c}/{b})\\pi", f"{c}/{b}\\pi", f"\\frac{{\\pi {c}}}{{{b}}}", f"\\frac{{\\pi\\cdot {c}}}{{{b}}}", f"-\\frac{{{c}\\pi}}{{{b}}}", f"{c / b}\\pi"]  # fmt: skip
    return d.pick(forms), d.pick([forms[0], d.pick(forms)])


def one_of_any(d):
    n = d.number(-9, 30)
    return d.pick([str(n), str(n), f"\\frac{{{n}}}{{7}}", f"{n}/3", f"{n}.5", f"\\sqrt{{{abs(n) + 2}}}", f"{n}\\pi", "x", "\\infty", "-\\infty", f"{n}\\sqrt{{3}}", "y+1", f"{n:,}", f"{n}{d.number(0, 9)}{d.number(0, 9)},{d.number(100, 999)}", "2x", "a", f"-{abs(n)}"])


def respelt(d, text):
    return d.pick([text, text, text, text, f" {text}", text.replace("\\frac", "\\dfrac"), text.replace("\\frac{", "\\tfrac{"), f"{text}.0" if text.lstrip("-").isdigit() else text, text.replace("\\sqrt{3}", "sqrt(3)"), f"{text} ", text.replace("\\pi", "pi"), text.replace("2x", "x+x"), text.replace("y+1", "1+y"),
                   text.replace("\\infty", "inf"), text + "+0", f"{text}/1"])  # fmt: skip


def tuples(d):
    items = [one_of_any(d) for _ in range(d.pick([2, 2, 2, 3, 4]))]
    other = [respelt(d, item) for item in items]
    if d.chance(0.25):
        other = d.pick([other[::-1], other[:-1], other[:-1] + [one_of_any(d)], other + [one_of_any(d)]])
    brackets = [("(", ")"), ("(", ")"), ("(", ")"), ("[", "]"), ("[", ")"), ("(", "]"), ("\\left(", "\\right)"), ("\\{", "\\}"), ("\\left[", "\\right]"), ("\\left\\{", "\\right\\}"), ("", ""), ("\\langle", "\\rangle"), ("{", "}"), ("\\big(", "\\big)")]
    mine = d.pick(brackets)
    theirs = mine if d.chance(0.8) else d.pick(brackets)
    commas = [",", ", ", ", ", ", ", " , ", ",\\ ", ",\\,", "; ", " and ", " or ", ",\\; ", ", \\text{ and } "]
    prefix = d.pick(["", "", "", "", "", "(x,y)=", "x \\in ", "x=", "S="])
    return prefix + theirs[0] + d.pick(commas).join(other) + theirs[1], mine[0] + d.pick(commas[:4] + [d.pick(commas)]).join(items) + mine[1]


def intervals(d):
    a, b = d.number(-20, 5), d.number(6, 40)
    low = d.pick([str(a), "-\\infty", f"\\frac{{{a}}}{{3}}", f"-\\sqrt{{{b}}}"])
    high = d.pick([str(b), "\\infty", f"\\frac{{{b}}}{{3}}", f"\\sqrt{{{b}}}", "+\\infty"])
    o, c = d.pick("(["), d.pick(")]")
    base = f"{o}{low},{high}{c}"
    forms = [base, f"{o}{low}, {high}{c}", f"\\left{o}{low},{high}\\right{c}", f"\\left{o} {low}, {high} \\right{c}", f"{d.pick('([')}{low},{high}{d.pick(')]')}", f"x \\in {base}", f"{low} < x < {high}", f"{low}\\le x\\le {high}",
             base.replace("\\infty", "oo"), base.replace("\\infty", "infty"), base.replace("\\infty", "\\inf"), base.replace("\\infty", "∞"), base.replace("\\frac", "\\dfrac"), f"{o}{respelt(d, low)},{respelt(d, high)}{c}", f"]{low},{high}[", f"{base} \\cup {base}"]  # fmt: skip
    if d.chance(0.35):
        second = f"(100,{d.pick(['200', chr(92) + 'infty', '101.5'])})"
        forms = [f"{base} \\cup {second}", f"{base}\\cup{second}", f"{second} \\cup {base}", f"{base} U {second}", f"{base} ∪ {second}", f"{base} \\cup \\left(100,200\\right)", f"{base}\\bigcup {second}", f"{base}, {second}", f"{base}\\text{{ or }}{second}", f"{base}\\cap {second}"]  # fmt: skip
    return d.pick(forms), d.pick([forms[0], d.pick(forms)])


def money(d):
    n = d.number(1, 99999)
    c = d.number(0, 99)
    forms = [f"\\${n}.{c:02d}", f"\\${n:,}.{c:02d}", f"${n}.{c:02d}", f"{n}.{c:02d}", f"{n:,}.{c:02d}", f"{n}.{c:02d} dollars", f"{n}.{c:02d}\\text{{ dollars}}", f"\\text{{\\${n}.{c:02d}}}", f"{n}", f"\\${n}", f"\\$ {n}", f"USD {n}", f"{n} \\text{{ USD}}", f"\\${n}.00", f"\\${n:,}", f"{n:,} dollars", f"{n} million", f"{n}\\text{{ million}}", f"{n}000000", f"{n} billion", f"{n * 10**6:,}", f"{n}\\text{{ cents}}", f"{n}¢", f"€{n}", f"{n} million dollars", f"{n / 10} million", f"{n * 10**5}"]  # fmt: skip
    return d.pick(forms), d.pick(forms)


def units(d):
    value = d.pick([str(d.number(1, 500)), f"{d.number(1, 90)}.{d.number(1, 9)}", f"\\frac{{{d.number(1, 9)}}}{{{d.number(2, 9)}}}", f"{d.number(2, 9)}\\sqrt{{{d.number(2, 7)}}}"])
    other = value if d.chance(0.8) else value + "1"
    u, v = d.pick(UNITS), d.pick(UNITS)
    if d.chance(0.75):
        v = u
    def with_unit(x, w):
        return d.pick([f"{x}\\text{{ {w}}}", f"{x} \\text{{{w}}}", f"{x} {w}", f"{x}{w}", f"{x}\\,\\mathrm{{{w}}}", f"{x}\\ \\text{{ {w}}}", f"{x}\\text{{ {w}}}^2", f"{x} {w}^2", f"{x} {w}^{{3}}", f"{x}\\text{{ {w}/{v}}}", f"{x} \\mbox{{ {w}}}", f"{x}\\mbox{{{w}}}", f"\\text{{{x} {w}}}", f"{x}~{w}", f"{x}\\text{{ {w}}}\\text{{ long}}", f"{x}\\textrm{{ {w}}}", f"{x} \\, {w}", f"{x} sq. {w}", f"{x} \\frac{{\\text{{{w}}}}}{{\\text{{{v}}}}}", f"{x} {w} per {v}"])  # fmt: skip
    return d.pick([with_unit(other, v), other]), d.pick([value, value, with_unit(value, u)])


def degrees(d):
    n = d.pick([str(d.number(1, 360)), f"{d.number(1, 90)}.5", f"\\frac{{{d.number(1, 300)}}}{{7}}"])
    forms = [f"{n}^\\circ", f"{n}^{{\\circ}}", f"{n}", f"{n} degrees", f"{n}\\text{{ degrees}}", f"{n}°", f"{n}^{{\\circ}}\\text{{C}}", f"{n} ^\\circ", f"{n}^ \\circ", f"{n}\\degree", f"{n}^\\circ C", f"\\angle {n}^\\circ", f"{n}^{{o}}", f"{n}^o", f"{n}^{{\\circ}}F", f"{n} \\text{{degrees}}", f"{n}\\,^\\circ"]  # fmt: skip
    return d.pick(forms), d.pick([forms[0], forms[2], d.pick(forms)])


def percents(d):
    n = d.pick([str(d.number(1, 100)), f"{d.number(1, 99)}.{d.number(1, 9)}", f"{d.number(1, 99)}\\frac{{1}}{{3}}"])
    forms = [f"{n}\\%", f"{n}%", n, f"{n} \\%", f"{n} percent", f"{n}\\text{{ percent}}", f"{n}\\text{{\\%}}", f"\\text{{{n}\\%}}", f"{n}\\,\\%", f"0.{n}", f"\\frac{{{n}}}{{100}}", f"{n}/100", f"{n}.0\\%"]  # fmt: skip
    return d.pick(forms), d.pick([forms[0], forms[2], d.pick(forms)])


def powers(d):
    a, k = d.number(2, 9), d.number(2, 12)
    forms = [f"{a}^{k}", f"{a}^{{{k}}}", str(a**k), f"{a}^({k})", f"{a}**{k}", f"{a ** k:,}", f"{a}^{{{k - 1}}}\\cdot {a}", f"({a})^{k}", f"{a}^{k}-1", f"{a**k - 1}", f"{a}^{{{k}}}+1", f"\\frac{{1}}{{{a}^{{{k}}}}}", f"{a}^{{-{k}}}", f"1/{a**k}", f"1/{a}^{k}", f"{a * a}^{{{k}/2}}", f"2\\cdot {a}^{k}", f"{2 * a**k}", f"{a}^{{{k}}} \\times 10^{{3}}", f"{a}^{k}*1000", f"{a**k}000", f"{a}\\times 10^{{{k}}}", f"{a}e{k}", f"{a}*10^{k}", f"{a * 10**k}", f"{a}.0 \\times 10^{k}", f"{a}^{{{k}!}}", f"{a}^{d.number(2, 5)}^2", f"{k % 7}!", str(math.factorial(k % 7)), f"\\binom{{{k}}}{{2}}", f"{k}\\choose 2", str(k * (k - 1) // 2), f"{k}*{k - 1}/2", f"{a}_{{{k}}}", f"{a}{k}_{{10}}", f"{a}\\log {k}", f"\\log_{{{a}}} {k}", f"\\ln {a}", f"ln({a})", f"\\ln({a})", f"e^{a}", f"e^{{{a}}}", f"2\\ln {a}", f"\\ln({a * a})", f"\\ln{{{a}}}"]  # fmt: skip
    label = d.pick(forms)
    if d.chance(0.35):
        group = d.pick([[0, 1, 2, 3, 4, 5, 6, 7], [11, 12, 13, 14], [16, 17], [18, 19, 20], [21, 22, 23, 24, 25], [28, 29], [30, 31, 32, 33], [38, 39, 40, 43, 44, 45]])
        return forms[d.pick(group)], forms[d.pick(group)]
    return d.pick(forms), label


def polynomials(d):
    x = d.pick(LETTERS[:6])
    p, q = d.number(-6, 6), d.number(-6, 6)
    s, t = p + q, p * q
    def signed(n):
        return f"+{n}" if n >= 0 else str(n)
    forms = [f"{x}^2{signed(s)}{x}{signed(t)}", f"{x}^{{2}}{signed(s)}{x}{signed(t)}", f"({x}{signed(p)})({x}{signed(q)})", f"({x}{signed(q)})({x}{signed(p)})", f"{t}{signed(s)}{x}+{x}^2", f"{x}({x}{signed(s)}){signed(t)}", f"{x}^2 {signed(s)} {x} {signed(t)}", f"{x}*{x}{signed(s)}*{x}{signed(t)}", f"{x}**2{signed(s)}*{x}{signed(t)}", f"\\left({x}{signed(p)}\\right)\\left({x}{signed(q)}\\right)", f"({x}{signed(p)})*({x}{signed(q)})", f"({x}{signed(p)})\\cdot({x}{signed(q)})", f"{x}^2{signed(s + 1)}{x}{signed(t)}", f"y={x}^2{signed(s)}{x}{signed(t)}", f"f({x})={x}^2{signed(s)}{x}{signed(t)}", f"{x}^2{signed(s)}{x}{signed(t)}=0", f"{x} ({x}{signed(s)}){signed(t)}", f"{x}^2+({s}){x}+({t})", f"{x}^2{signed(s)}\\cdot {x}{signed(t)}", f"-(-{x}^2{signed(-s)}{x}{signed(-t)})"]  # fmt: skip
    if d.chance(0.35):
        y = d.pick([l for l in LETTERS if l != x])
        a = d.number(2, 9)
        forms = d.pick([
            [f"{a}{x}{y}", f"{a}{y}{x}", f"{x}{y}\\cdot {a}", f"{a} {x} {y}", f"{a}*{x}*{y}", f"{a}{x}\\cdot {y}", f"{a}({x}{y})", f"{x}({a}{y})", f"{a + 1}{x}{y}", f"{x}{a}{y}", f"{x}({y}){a}"],
            [f"{x}+{y}", f"{y}+{x}", f"{x} + {y}", f"({x}+{y})", f"{x}-{y}", f"-({y}-{x})", f"\\frac{{2({x}+{y})}}{{2}}", f"{x}+{a}{y}-{a - 1}{y}", f"\\frac{{({x}+{y})^2}}{{({x}+{y})}}"],
            [f"({x}+{y})^2", f"{x}^2+2{x}{y}+{y}^2", f"{x}^2+{y}^2+2{x}{y}", f"({y}+{x})^2", f"({x}+{y})({x}+{y})", f"{x}^2+{y}^2", f"({x}+{y})^{{2}}", f"({x}-{y})^2", f"({x}+{y})**2"],
            [f"\\frac{{{x}}}{{{y}}}", f"{x}/{y}", f"\\frac{{{a}{x}}}{{{a}{y}}}", f"\\frac{{{y}}}{{{x}}}", f"{x}\\cdot\\frac{{1}}{{{y}}}", f"{x}{y}^{{-1}}", f"{x}*{y}^(-1)", f"{a}{x}/({a}{y})", f"{a}{x}/{a}{y}", f"\\frac{{{x}^2}}{{{x}{y}}}", f"{x}^2/({x}*{y})"],
            [f"\\frac{{{x}+{a}}}{{{y}}}", f"({x}+{a})/{y}", f"{x}/{y}+{a}/{y}", f"\\frac{{{a}+{x}}}{{{y}}}", f"\\frac{{({x}+{a})}}{{{y}}}", f"{x}+{a}/{y}", f"\\frac{{{x}}}{{{y}}}+\\frac{{{a}}}{{{y}}}"],
            [f"\\sqrt{{{x}}}", f"{x}^{{1/2}}", f"{x}^(1/2)", f"sqrt({x})", f"√{x}", f"{x}^{{\\frac{{1}}{{2}}}}", f"{x}**0.5", f"{x}**(1/2)", f"\\sqrt{x}", f"\\frac{{{x}}}{{\\sqrt{{{x}}}}}", f"{x}/sqrt({x})"],
            [f"\\sqrt{{{x}^2}}", f"{x}", f"|{x}|", f"sqrt({x}**2)", f"\\sqrt{{{x}{y}}}", f"\\sqrt{{{x}}}\\sqrt{{{y}}}", f"sqrt({x}*{y})", f"sqrt({y}*{x})"],
            [f"{x}={a}", f"{a}", f"{x} = {a}", f"{a}={x}", f"{x}={a}.0", f"{x}\\neq {a}", f"{x} > {a}", f"{x}>{a}", f"{a}<{x}", f"{x} \\ge {a}", f"{x}\\geq {a}", f"{x}\\geqslant{a}", f"{x}:={a}", f"{x} \\approx {a}"],
            [f"{x}^{a}", f"{x}^{{{a}}}", f"{x}*{x}^{a - 1}", f"{x}^{a - 1}*{x}", f"{x}**{a}", f"{x}^{a}+0", f"({x}^{a})", f"{x}^(1){x}^{a - 1}", f"{x}^{{{a}0}}", f"{x}^{a}0", f"({x}^{a - 1}){x}"],
            [f"{x}!", f"{x}({x}-1)!", f"({x})!", f"{x}!/1", f"{a}!{x}", f"{math.factorial(a)}{x}", f"{x}*{math.factorial(a)}", f"({a})!{x}"],
            [f"{a}({x}+1)", f"{a}{x}+{a}", f"({x}+1){a}", f"{a}+{a}{x}", f"{x}({a})+{a}", f"{x}+{x}*{a - 1}+{a}", f"{a}[{x}+1]", f"{a}{{({x}+1)}}", f"{a}\\cdot({x}+1)", f"{a}{x}+{a + 1}"],
            [f"{x}_1", f"{x}_{{1}}", f"{x}1", f"{x}_1+{y}", f"{y}+{x}_1", f"{x}_{y}", f"{x}_{{{y}}}", f"{x}'", f"{x}^\\prime", f"2{x}_1", f"{x}_1*2"],
        ])  # fmt: skip
    return d.pick(forms), d.pick([forms[0], forms[0], d.pick(forms)])


def texts(d):
    word = d.pick(TEXTS)
    other = word if d.chance(0.75) else d.pick(TEXTS)
    def shown(w):
        return d.pick([w, w, f"\\text{{{w}}}", f"\\text{{{w}}}", f"\\textbf{{{w}}}", f"\\mathrm{{{w}}}", f"\\text{{ {w} }}", w.lower(), w.upper(), f"({w})", f"\\textbf{{({w})}}", f"\\text{{({w})}}", f"{w}.", f"\\text{{{w}.}}", f"\\mbox{{{w}}}", f"{w} ", f"\\text{{{w}}} ", f"the {w}", f"$\\text{{{w}}}$", f"\\textit{{{w}}}", f"\\text{{{w}}}, \\text{{{w}}}", f"\\textrm{{{w}}}", f"\\mathbf{{{w}}}", f"\\mathit{{{w}}}", f"\\operatorname{{{w}}}", f"\"{w}\"", f"``{w}''", f"\\emph{{{w}}}", f"\\text{{{w}}}\\text{{{w}}}"])  # fmt: skip
    return shown(other), d.pick([word, f"\\text{{{word}}}", shown(word)])


def matrices(d):
    a = [d.number(-9, 9) for _ in range(4)]
    b = list(a) if d.chance(0.75) else a[:3] + [a[3] + 1]
    def shown(m):
        name = d.pick(["pmatrix", "pmatrix", "bmatrix", "matrix", "vmatrix", "array", "smallmatrix"])
        columns = "{cc}" if name == "array" else ""
        gap, row = d.pick([" & ", "&", " &"]), d.pick([" \\\\ ", "\\\\", "\\\\ "])
        if d.chance(0.3):
            return f"\\begin{{{name}}}{columns} {m[0]}{row}{m[1]}{row}{m[2]} \\end{{{name}}}"
        return f"\\begin{{{name}}}{columns}{m[0]}{gap}{m[1]}{row}{m[2]}{gap}{m[3]}\\end{{{name}}}"
    return shown(b), shown(a)


def broken(d):
    n = d.number(2, 90)
    pieces = [f"\\frac{{{n}}}", f"\\frac{{{n}", f"\\frac{n}", f"\\frac", f"\\sqrt", f"\\sqrt{{{n}", f"{n}}}", f"{{{n}", f"\\left({n}", f"{n}\\", f"\\{n}", f"{n}^", f"^{n}", f"{n}_", f"{n}//2", f"{n}..5", f"{n},", f",{n}", f"({n}", f"{n})", f"[{n}]", f"$${n}$$", f"${n}", f"\\[{n}\\]", f"\\( {n} \\)", f"{n}+", f"+-{n}", f"--{n}", f"{n}--2", f"\\begin{{align}}{n}\\end{{align}}", f"\\begin{{cases}}{n}\\end{{cases}}", f"\\unknown{{{n}}}", f"{n}\\unknown", f"\\text{{{n}", f"text{{{n}}}", f"frac{{{n}}}{{3}}", f"frac{{1}}{{{n}}}", f"sqrt{{{n}}}", f"\\frac{{}}{{{n}}}", f"\\frac{{{n}}}{{}}", f"\\frac{{{n}}}{{0}}", f"{n}/0", "", " ", "{}", "()", "(,)", ",", "\\", "{", "\\boxed{}", f"\\boxed{{{n}}}", f"\\fbox{{{n}}}", f"{n}\\\\", f"{n}\\\\{n}", f"{n}\\newline", f"\\color{{red}}{n}", f"\\textcolor{{red}}{{{n}}}", f"\\overline{{{n}}}", f"0.\\overline{{{n}}}", f"\\underline{{{n}}}", f"\\hat{{{n}}}", f"\\vec{{x}}", f"\\bar{{x}}", f"\\mathbb{{R}}", f"\\mathcal{{N}}", f"\\emptyset", f"\\varnothing", f"{n}\\quad", f"\\quad {n}", f"\\;{n}", f"{n}\\ldots", f"{n}\\dots", f"{n}\\dotsc", f"|{n}|", f"\\lvert {n}\\rvert", f"\\lfloor {n} \\rfloor", f"\\lceil {n}\\rceil", f"{n} # comment", f"#{n}", f"{n}&1", f"{n}~", f"~{n}", f"{n}@", f"{n}?", f"{n}!", f"{n}!!", f"{n}'", f"{n}\"", f"`{n}`", f"{n}=={n}", f"{n}={n}", f"x={n}={n}", f"{n}\\pm1", f"\\pm{n}", f"{n}\\mp 1", f"{n}\\equiv 1", f"{n}\\mod 5", f"{n}\\pmod{{5}}", f"{n}²", f"{n}^²", f"½", f"{n}½", f"１{n}", f"{n}٣", "٣", f"{n} {n}", f"{n}  {n}", f"{n}\u00a0", f"{n}i", f"{n}j", f"{n}I", f"{n}E", f"{n}e", f"{n}e1", f"0x{n}", f"0b101", f"1_{n}", f"{n}_0", f"nan", "inf", "-inf", "infinity", "Infinity", "1e400", "-0", "0", "0.0", "-0.0", "00", "+0", "None", "lambda", f"{n}if", f"not {n}", f"{n} and {n}", f"{n} or {n}", f"{n} , {n}", f"sin({n})", f"\\sin {n}", f"\\cos({n})", f"abs({n})", f"max({n},1)", f"pi", f"e", "i", "i^2", "-1", "2i", "2*i", "1+i", "i+1", "\\sqrt{-1}", "\\sqrt{-4}", "2\\sqrt{-1}", "{1,2}", "\\{1,2\\}", "(1,2)(3,4)", "1,2,3", "1, 2, 3", "3,2,1", "12,345", "1,23", "12,34,567", "x=1,y=2", "x=1, y=2", "\\alpha", "\\beta+1", "1+\\beta", "\\theta/2", "\\frac{\\theta}{2}", "\\Delta", "2\\mu", "\\mu 2", "\\nu\\xi", "\\xi\\nu", "\\Omega", "π", "∞", "√2", "sqrt(2)", "sqrt2", "2√2", "2sqrt2", "8^(1/3)", "8**(1/3)", "2", "\\sqrt[3]{8}", "-8^(1/3)", "\\sqrt{4}", "sqrt(4)", "2.0", "4/2", "\\frac{4}{2}", "1/3+1/6", "1/2", "3/6", "0.5", ".5", "0.50", "\\frac12", "5/10", "1 1/2", "3/2", "1.5", "1\\frac12", "1+1/2", "one", "1st", "2nd", "3rd", "4th", "12:30", "12:30 PM", "2:3", "2/3", "10^6", "1000000", "1 million", "10^{6}", "1e6", "1,000,000", "\\dfrac{\\pi}{2}", "pi/2", "\\pi/2", "90"]  # fmt: skip
    given = d.pick(pieces)
    if d.chance(0.45):
        return given, given
    if d.chance(0.4):
        at = pieces.index(given)
        return given, pieces[max(0, at - d.number(0, 3))]
    return given, d.pick(pieces)


def sums(d):
    a, b, c = d.number(1, 30), d.number(1, 30), d.number(2, 9)
    f = Fraction(a, c) + Fraction(b, c + 1)
    forms = [f"{a}+{b}", f"{b}+{a}", str(a + b), f"{a} + {b}", f"({a}+{b})", f"{a}*{b}", f"{b}\\cdot {a}", str(a * b), f"{b}\\times{a}", f"{a}\\frac{{{b}}}{{1}}", f"\\frac{{{a}}}{{{c}}}+\\frac{{{b}}}{{{c + 1}}}", f"{a}/{c}+{b}/{c + 1}", f"\\frac{{{f.numerator}}}{{{f.denominator}}}", f"{f.numerator}/{f.denominator}", f"{a}+{b}+0.5", f"{a + b}.5", f"{2 * (a + b) + 1}/2", f"{a}-{b}", f"-({b}-{a})", f"{a - b}", f"{a}/{c}*{c}", f"{a}\\div {c}", f"{a}/{c}", f"{a}/{c}/1", f"({a}/{c})", f"{a}/({c})", f"\\frac{{{a}}}{{{c}}}", f"{a}.0/{c}", f"{a / c}", f"\\frac{{\\frac{{{a}}}{{{c}}}}}{{2}}", f"{a}/{2 * c}", f"\\frac{{{a}}}{{{2 * c}}}", f"{a}({b})", f"({a})({b})", f"({a}){b}", f"{a}\\left({b}\\right)", f"{a}\\%+{b}\\%", f"\\frac{{{a}}}{{{b}+{c}}}", f"{a}/({b}+{c})", f"{a}/{b + c}", f"{a}/{b}+{c}", f"\\frac{{{a}+{b}}}{{{c}}}", f"({a}+{b})/{c}", f"{a}+{b}/{c}", f"1/({a}/{b})", f"{b}/{a}", f"2\\frac{{{a}}}{{{c}}}", f"0.{a}+0.{b}", f"{(float(f'0.{a}') + float(f'0.{b}'))}"]  # fmt: skip
    groups = [range(0, 5), range(5, 10), range(10, 14), range(14, 17), range(17, 20), range(21, 29), range(29, 32), range(32, 36), range(37, 41), range(40, 44), range(44, 46), range(47, 49)]
    if d.chance(0.7):
        group = list(d.pick(groups))
        return forms[d.pick(group)], forms[d.pick(group)]
    return d.pick(forms), d.pick(forms)


SIGNS = list("0123456789xynabepi+-*/^(){}[]\\,.=!_ '%$&~<>|:;") + ["\\frac", "\\sqrt", "\\pi", "\\text{", "\\left(", "\\cdot", "**", "\\,", "\\ ", "sqrt", "^2", "\\begin{pmatrix}", "\\\\", "é", "²"]


def mutated(d):
    """A pair of another kind with some signs taken out, put in or doubled."""
    given, label = KINDS[d.pick([name for name in KINDS if name != "mutated"])][0](d)
    for _ in range(d.pick([1, 1, 1, 2, 3])):
        at = d.number(0, len(given))
        given = d.pick([given[:at] + given[at + 1 :], given[:at] + d.pick(SIGNS) + given[at:], given[:at] + given[max(0, at - 1) :], given[:at] + d.pick(SIGNS) + given[at + 1 :]])
    return given, d.pick([label, label, given + d.pick(["", " ", "+0", ".0"])])


KINDS = {
    "integers": (integers, 12), "fractions": (fractions, 14), "decimals": (decimals, 8), "roots": (roots, 8), "surds": (surds, 6),
    "circles": (circles, 5), "tuples": (tuples, 9), "intervals": (intervals, 5), "money": (money, 4), "units": (units, 6),
    "degrees": (degrees, 3), "percents": (percents, 3), "powers": (powers, 5), "polynomials": (polynomials, 10), "texts": (texts, 5),
    "matrices": (matrices, 3), "broken": (broken, 8), "sums": (sums, 6), "mutated": (mutated, 16),
}  # fmt: skip


def response(d, answer):
    """The answer in its box, among words as models write them; seldom a box that is odd."""
    if d.chance(0.96):
        return f"\\boxed{{{answer}}}"
    return d.pick([f"\\boxed {{{answer}}}", f"\\boxed{{{answer}", f"\\fbox{{{answer}}}", answer, f"\\boxed{{7}} or \\boxed{{{answer}}}", f"\\boxed{{{answer}}} \\boxed", f"\\boxed{answer}", f"\\boxed{{\\boxed{{{answer}}}}}",
                   f"\\boxed{{\\{{{answer}\\}}}}", f"\\boxed{{{answer}\\}}", f"\\boxed{{{answer}}} and \\fbox{{8}}", f"\\boxed{{\\text{{{answer}}}}}."])  # fmt: skip


def pairs(seed):
    """Endless (kind, response, label)."""
    d = Drawer(seed)
    names = [name for name, (_, weight) in KINDS.items() for _ in range(weight)]
    while True:
        kind = d.pick(names)
        given, label = KINDS[kind][0](d)
        if d.chance(0.03):
            label = d.pick([f"\\boxed{{{label}}}", f"so \\boxed{{{label}}}.", f"\\boxed{{{label}"])
        yield kind, response(d, given), label
