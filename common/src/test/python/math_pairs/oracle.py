"""What slime's `math` says, in our own words over the real sympy and pylatexenc.

The meaning is that of slime/rollout/rm_hub/math_utils.py, of which `--slime` runs the very file instead; the two are
compared pair by pair when it is given.
"""
import contextlib
import importlib.util
import logging
import re
import signal

import sympy
from pylatexenc.latex2text import LatexNodes2Text
from sympy.parsing import sympy_parser

logging.disable(logging.CRITICAL)

BRACKETS = "()[]"
UNITS = ("degree cm centimeter meter mile second minute hour day week month year foot feet inch yard").split()
NAMES = {name: thing for name, thing in vars(sympy).items() if not name.startswith("_")}
TRANSFORMATIONS = (*sympy_parser.standard_transformations, sympy_parser.implicit_multiplication_application)


class TooSlow(BaseException):
    """Beyond any `except Exception`, so that a verdict is never a matter of time."""


@contextlib.contextmanager
def within(seconds):
    def stop(signum, frame):
        raise TooSlow

    signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def boxed(text):
    """The inside of the last box; None when there is none, it is open, or it is not written as slime takes it."""
    if "\\boxed" not in text:
        return None
    start = text.rfind("\\boxed")
    depth = 0
    for at in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        if text[at] == "}" and depth == 0:
            box = text[start : at + 1]
            return box[len("\\boxed{") : -1] if box.startswith("\\boxed{") else None
    return None


def unwrapped(text):
    whole = re.search(r"^\\text\{(.+?)\}$", text)
    return whole.group(1) if whole else None


def mathd_form(answer):
    answer = answer.strip()
    inner = unwrapped(answer)
    if inner is not None:
        answer = inner.strip()
    try:
        return mathd_rewritten(answer)
    except (IndexError, ValueError):
        return answer


def mathd_rewritten(text):
    for old, new in (("\n", ""), ("\\!", ""), ("\\\\", "\\"), ("tfrac", "frac"), ("dfrac", "frac"), ("\\left", ""), ("\\right", ""),
                     ("^{\\circ}", ""), ("^\\circ", ""), ("\\$", "")):  # fmt: skip
        text = text.replace(old, new)
    if "\\text{ " in text:
        text, _ = text.split("\\text{ ")
    for old, new in (("\\%", ""), (" .", " 0."), ("{.", "{0.")):
        text = text.replace(old, new)
    if not text:
        return text
    if text[0] == ".":
        text = "0" + text
    sides = text.split("=")
    if len(sides) == 2 and len(sides[0]) <= 2:
        text = sides[1]
    head, *rest = text.split("\\sqrt")
    text = head + "".join("\\sqrt" + (part if part[0] == "{" else "{" + part[0] + "}" + part[1:]) for part in rest)
    text = braced_fractions(text.replace(" ", ""))
    if text == "0.5":
        return "\\frac{1}{2}"
    parts = text.split("/")
    if len(parts) == 2:
        with contextlib.suppress(ValueError):
            over, under = int(parts[0]), int(parts[1])
            if text == f"{over}/{under}":
                return f"\\frac{{{over}}}{{{under}}}"
    return text


def braced_fractions(text):
    head, *rest = text.split("\\frac")
    out = head
    for part in rest:
        if part[0] == "{":
            out += "\\frac" + part
        elif len(part) < 2:
            return text
        elif part[1] == "{":
            out += "\\frac{" + part[0] + "}" + part[1:]
        else:
            out += "\\frac{" + part[0] + "}{" + part[1] + "}" + part[2:]
    return out


def as_float(text):
    try:
        return float(text)
    except ValueError:
        return None


def near_integer(number):
    try:
        return abs(number - int(round(number))) <= 1e-7
    except (OverflowError, ValueError):
        return False


def without_thousands(text):
    while True:
        shorter = re.sub(r"(\d)(,)(\d\d\d)($|\D)", r"\1\3\4", text)
        if shorter == text:
            return text
        text = shorter


def is_integer(text):
    number = as_float(without_thousands(text))
    return number is not None and near_integer(number)


def plain_text(latex):
    latex = latex.replace("\\tfrac", "\\frac").replace("\\dfrac", "\\frac").replace("\\frac", " \\frac")
    text = LatexNodes2Text().latex_to_text(latex)
    for sign, name in (("√", "sqrt"), ("π", "pi"), ("∞", "inf"), ("∪", "U"), ("·", "*"), ("×", "*")):
        text = text.replace(sign, name)
    return text.strip()


def normal_form(answer):
    inner = unwrapped(answer)
    text = answer if inner is None else inner
    for old, new in (("\\%", "%"), ("\\$", "$"), ("$", ""), ("%", ""), (" or ", " , "), (" and ", " , "),
                     ("million", "*10^6"), ("billion", "*10^9"), ("trillion", "*10^12")):  # fmt: skip
        text = text.replace(old, new)
    for unit in UNITS:
        text = re.sub(unit + r"(es)?(s)? *(\^[0-9]+)?", "", text)
    text = re.sub(r"\^ *\\circ", "", text)
    if text and text[0] == "{" and text[-1] == "}":
        text = text[1:-1]
    text = re.sub(r",\\! *", "", text)
    number = as_float(text)
    if number is not None and near_integer(number):
        text = str(int(round(number)))
    if "\\" in text:
        with contextlib.suppress(Exception):
            text = plain_text(text)
    text = re.sub("- *", "-", text)
    text = re.sub("([0-9]) +([0-9])", r"\1+\2", text)
    text = text.replace(" ", "").replace("{", "").replace("}", "").lower()
    if is_integer(text):
        # OverflowError cannot be: an infinite number is no integer.
        text = str(int(float(text.replace(",", ""))))
    return text


def elements(text):
    text = without_thousands(text)
    if not text:
        return []
    tuple_like = len(text) > 2 and text[0] in BRACKETS and text[-1] in BRACKETS and not any(c in text[1:-1] for c in BRACKETS)
    return [part.strip() for part in text[1:-1].split(",")] if tuple_like else [text]


def is_fraction(text):
    return re.search(r"^-?[0-9]+.?/0*[1-9][0-9]*.?$", text) is not None


def may_be_computed(text):
    letters = {c for c in text.replace("sqrt", "").replace("frac", "") if c.isalpha()}
    return len(letters) <= 2 and "^{" not in text and "^(" not in text and not re.search(r"\^[0-9]+\^|\^[0-9][0-9]+", text)


def difference_is_zero(expected, given):
    difference = f"({expected})-({given})"
    if not may_be_computed(difference):
        return False
    try:
        parsed = sympy_parser.parse_expr(difference.replace("^", "**"), local_dict={}, global_dict={"__builtins__": {}, **NAMES},
                                         transformations=TRANSFORMATIONS)  # fmt: skip
        return bool(sympy.simplify(parsed) == 0)
    except Exception:
        return False


def same_element(expected, given):
    if is_fraction(expected) and is_fraction(given):
        return expected == given
    return is_integer(expected) == is_integer(given) and difference_is_zero(expected, given)


def same_in_normal_form(given, expected):
    given, expected = normal_form(given), normal_form(expected)
    if given == expected:
        return True
    if not given:
        return False
    wanted, got = elements(expected), elements(given)
    if len(wanted) > 1 and (expected[0] != given[0] or expected[-1] != given[-1]):
        return False
    # Nothing is wanted where the label comes to nothing, and then slime's loop has said nothing: an error there.
    if len(wanted) != len(got):
        return False
    return all(same_element(one, other) for one, other in zip(wanted, got))


def verdict(response, label):
    """Whether slime's reward is 1; an error of its own is a 0."""
    if not label:
        return False
    expected = boxed(label) if "\\boxed" in label else label
    given = boxed(response)
    if given is None:
        return False
    if expected is None:
        return False
    return mathd_form(given) == mathd_form(expected) or same_in_normal_form(given, expected)


def slimes(path):
    """slime's own function from its file."""
    spec = importlib.util.spec_from_file_location("slime_math_utils", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    def judge(response, label):
        return bool(module.grade_answer_verl(response, label))

    return judge
