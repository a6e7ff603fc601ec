"""Templates of our own, each for something that chat templates use. What they come to is asked of transformers."""

MESSAGES = [
    {"role": "system", "content": "Be <brief>.\n"},
    {"role": "user", "content": " What is 1 + 1? \u00e9\U0001f600 'x' \"y\" "},
    {"role": "assistant", "content": "2", "tool_calls": None},
]
TOOL = {
    "name": "add",
    "parameters": {"type": "object", "items": {"a": 1.5, "b": [True, None, "\u00e9</>"]}, "n": 10**20},
}
NAMES = {
    "messages": MESSAGES,
    "tools": [TOOL],
    "bos_token": "<s>",
    "text": "a-b--c",
    "n": 7,
    "x": 2.0,
    "none": None,
    "yes": True,
    "words": ["b", "A", "c", "a", "B"],
    "empty": [],
    "dict": {"b": 1, "A": 2, "items": 3},
}

# Each line a template; \n and the like are as in Python.
RENDERED = [
    # White space around tags.
    "a\n{% if yes %}\nb\n{% endif %}\nc\n",
    "a\n  {% if yes %}\n  b\n  {% endif %}\nc\n\n",
    "a  {%- if yes -%}  b  {%- endif -%}  c",
    "a\n    {%+ if yes %} b {% endif +%}\n c",
    "{# gone #}\n  {# gone too #}\nb {#- x -#} c",
    "  {{ n }}\n  {{- n }} {{ n -}}\n  d\n",
    "{% for m in messages %}{{ m.role }}\n{% endfor %}",
    "{% for m in messages -%}\n  {{ m.role }}\n{%- endfor %}\n",
    "\n{% if yes %}{% endif %}\n\n",
    "a {% if yes %}\n\n  x{% endif %}\r\ny\rz",
    # Values printed.
    "{{ none }}|{{ yes }}|{{ x }}|{{ n }}|{{ missing }}|{{ [1, 'a', None, 2.5, true] }}|{{ {'a': 'b', 1: [2]} }}|{{ (1, 'x') }}|{{ (1,) }}",
    "{{ 1e3 }}|{{ 1e16 }}|{{ 1.0e-5 }}|{{ 0.1 + 0.2 }}|{{ 100000000000000000000 }}|{{ 1e22 }}|{{ 123456789012345.6 }}|{{ 5e-324 }}",
    "{{ ['it\\'s', 'say \"x\"', 'both \\' \"', '\\n\\t\\\\', '\u00e9\u200b'] }}",
    "{{ messages[1] }}",
    # Attributes and keys.
    "{{ messages[0].role }}|{{ messages[-1]['content'] }}|{{ messages[9] }}|{{ messages[0].nothing }}|{{ messages[0]['nothing'] is defined }}",
    "{{ dict['items'] }}|{{ dict.b }}|{{ dict.get('z') }}|{{ dict.get('z', 5) }}|{{ dict.items() | list }}|{{ dict.keys() | list }}|{{ dict.values() | list }}",
    "{{ tools[0].parameters['items'].a }}|{{ none.foo is defined }}|{{ n.foo is defined }}|{{ 'ab'.foo is defined }}",
    "{{ 'abc'[0] }}{{ 'abc'[-1] }}{{ 'abc'[7] is defined }}|{{ 'a\U0001f600c'[1] }}{{ 'a\U0001f600c' | length }}",
    "{{ messages.0.role }}",
    # Slices.
    "{{ words[1:] }}|{{ words[:-1] }}|{{ words[::-1] }}|{{ words[1:4:2] }}|{{ 'hello'[1:3] }}|{{ 'hello'[::-1] }}|{{ words[9:] }}|{{ words[-2:] }}|{{ 'hello'[-3:-1] }}",
    # Operators.
    "{{ 7 // 2 }}|{{ -7 // 2 }}|{{ 7 % 3 }}|{{ -7 % 3 }}|{{ 7 / 2 }}|{{ 6 / 2 }}|{{ 7.5 // 2 }}|{{ 2 * 3 + 4 }}|{{ 2 + 3 * 4 }}|{{ -n }}|{{ 'ab' * 2 }}|{{ [1] * 2 }}|{{ [1] + [2] }}",
    "{{ 'a' ~ 1 ~ none ~ missing ~ 2.0 }}|{{ 'a' + 'b' }}|{{ 1 ~ (2 + 3) }}",
    "{{ 1 == 1.0 }}{{ true == 1 }}{{ 'a' < 'b' }}{{ 1 < 2 < 3 }}{{ 1 < 2 > 3 }}{{ [1, 2] == [1, 2.0] }}{{ none == missing }}{{ missing == other }}{{ {'a': 1} == {'a': 1.0} }}",
    "{{ 'a' in 'abc' }}{{ 'd' not in 'abc' }}{{ 1 in [1.0] }}{{ 'b' in dict }}{{ not 'b' in dict }}{{ 'x' in missing }}",
    "{{ '' or 'x' }}|{{ 'a' and 'b' }}|{{ none or missing or 0 }}|{{ not none }}|{{ 'a' if none else 'b' }}|{{ 'a' if none }}|{{ 1 if yes else 2 if yes else 3 }}",
    "{{ 'a' 'b' \"c\" }}|{{ '\\u00e9\\x41\\'' }}|{{ \"a\\\\n\" }}",
    # Conditions and loops.
    "{% if n > 9 %}a{% elif n > 5 %}b{% else %}c{% endif %}",
    "{% if empty %}a{% endif %}{% if not missing %}b{% endif %}{% if x and words %}c{% endif %}",
    "{% for w in words %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }} {% endfor %}",
    "{% for w in words %}{{ loop.previtem }}<{{ w }}>{{ loop.nextitem }} {{ loop.cycle('x', 'y') }} {% endfor %}",
    "{% for w in words if w != 'c' %}{{ loop.index }}{{ w }}{% else %}none{% endfor %}|{% for w in empty %}{% else %}none{% endfor %}",
    "{% for k, v in dict.items() %}{{ k }}={{ v }};{% endfor %}{% for k in dict %}{{ k }}{% endfor %}{% for c in 'a\U0001f600' %}[{{ c }}]{% endfor %}",
    "{% for w in words %}{% if w == 'c' %}{% continue %}{% endif %}{% if w == 'a' %}{% break %}{% endif %}{{ w }}{% endfor %}",
    "{% for a in [1, 2] %}{% for b in [3, 4] %}{{ loop.index }}{{ a }}{{ b }} {% endfor %}{{ loop.index }}{% endfor %}",
    "{% for x in missing %}a{% endfor %}{% for i in range(3) %}{{ i }}{% endfor %}{% for i in range(5, 0, -2) %}{{ i }}{% endfor %}",
    # Names: a loop's own are its own, a namespace's are not.
    "{% set found = 'no' %}{% for w in words %}{% set found = w %}{{ found }}{% endfor %}{{ found }}",
    "{% set ns = namespace(found='no', n=0) %}{% for w in words %}{% set ns.found = w %}{% set ns.n = ns.n + 1 %}{% endfor %}{{ ns.found }}{{ ns.n }}{{ ns.other }}",
    "{% if yes %}{% set a = 1 %}{% endif %}{{ a }}{% set a, b = 'xy' %}{{ a }}{{ b }}{% set c %}<{{ n }}>{% endset %}{{ c }}{{ c | length }}",
    "{% set messages = messages[1:] %}{{ messages | length }}{% for m in messages %}{% set n = loop.index %}{{ n }}{% endfor %}{{ n }}",
    "{% for w in words %}{{ seen }}{% set seen = w %}{% endfor %}",
    "{% set t = (1, 2) %}{{ t }}{% set u = 1, 2 %}{{ u }}",
    # Macros.
    "{% macro m(a, b='x', c=a) %}[{{ a }}{{ b }}{{ c }}]{% endmacro %}{{ m(1) }}{{ m(1, 2) }}{{ m(1, c=5) }}{{ m() }}{{ m(b=9, a=8) }}",
    "{% macro m(k) %}{% if k > 0 %}{{ k }}{{ m(k - 1) }}{% endif %}{% endmacro %}{{ m(4) }}{{ m(2) | length }}",
    "{% macro m() %}{{ n }}{{ later }}{% endmacro %}{% set later = 'l' %}{{ m() }}",
    "{% macro m(a) -%}\n  {{ a }}\n{%- endmacro %}\n{{ m('x') }}|{{ m('y') ~ 'z' }}",
    "{% generation %}{% set n = 5 %}{{ n }}{% endgeneration %}{{ n }}",
    # Filters.
    "{{ ' a ' | trim }}|{{ 'xxaxx' | trim('x') }}|{{ 'aB' | upper }}{{ 'aB' | lower }}{{ 'aB c' | capitalize }}|{{ words | join(',') }}|{{ messages | join('-', attribute='role') }}|{{ [1, none] | join }}",
    "{{ missing | default('d') }}|{{ '' | default('d') }}|{{ '' | default('d', true) }}|{{ none | default('d') }}|{{ none | d('d', boolean=true) }}",
    "{{ words | first }}{{ words | last }}{{ words | length }}{{ words | count }}{{ 'abc' | first }}{{ empty | first }}{{ 'ab' | list }}{{ 5 | string }}{{ words | reverse | list }}{{ 'abc' | reverse }}",
    "{{ '42' | int }}{{ 'x' | int }}{{ 'x' | int(7) }}{{ 3.9 | int }}{{ '3.9' | int }}{{ true | int }}|{{ 'aXbXc' | replace('X', '-') }}|{{ 'aXbXc' | replace('X', '-', 1) }}",
    "{{ words | sort }}{{ words | sort(reverse=true) }}{{ words | sort(case_sensitive=true) }}{{ words | unique | list }}{{ dict | dictsort }}{{ dict | items | list }}{{ [3, 1, 2] | min }}{{ [3, 1, 2] | max }}{{ [3, 1] | sum }}{{ -3 | abs }}",
    "{{ messages | map(attribute='role') | list }}|{{ messages | selectattr('role', 'equalto', 'user') | map(attribute='content') | first }}|{{ messages | rejectattr('role', 'in', ['user', 'system']) | list | length }}|{{ words | map('upper') | join }}|{{ [0, 1, none] | select | list }}|{{ [1, 2, 3] | reject('odd') | list }}|{{ messages | selectattr('tool_calls', 'defined') | list | length }}",
    "{{ 'a\\nb\\n\\nc' | indent }}|{{ 'a\\nb' | indent(2, true) }}|{{ 'a\\n\\nb' | indent(1, blank=true) }}|{{ 'a\\n' | indent }}",
    # JSON.
    "{{ tools | tojson }}|{{ tools | tojson(indent=2) }}",
    "{{ messages | tojson }}|{{ {'b': 1, 'a': [] , 'c': {}} | tojson(sort_keys=true) }}|{{ [1, 2] | tojson(separators=(',', ':')) }}|{{ '\u00e9\\n' | tojson(ensure_ascii=true) }}",
    "{{ [1.0, 1e30, 0.1, true, none, 'a\\u0001/\\u007f'] | tojson(indent=4) }}",
    # Tests.
    "{{ n is defined }}{{ missing is undefined }}{{ none is none }}{{ missing is none }}{{ 'a' is string }}{{ n is number }}{{ yes is number }}{{ n is integer }}{{ yes is integer }}{{ x is float }}{{ yes is boolean }}{{ dict is mapping }}{{ words is sequence }}{{ dict is sequence }}{{ 'a' is iterable }}{{ n is iterable }}",
    "{{ yes is true }}{{ 1 is true }}{{ none is false }}{{ 3 is odd }}{{ 3 is even }}{{ 6 is divisibleby 3 }}{{ 6 is divisibleby(4) }}{{ 1 is in [1] }}{{ 'a' is eq 'a' }}{{ n is not none }}{{ none is sameas none }}{{ 'a' is lower }}{{ 'A' is upper }}",
    "{{ n is string or x is float and not yes is none }}",
    # Methods of texts.
    "{{ ' a '.strip() }}|{{ '\\n\\na\\n'.lstrip('\\n') }}|{{ 'a--'.rstrip('-') }}|{{ text.split('-') }}|{{ text.split('-', 1) }}|{{ text.rsplit('-', 1) }}|{{ ' a  b '.split() }}|{{ text.split('-')[-1] }}|{{ 'a\\nb\\r\\nc\\n'.splitlines() }}",
    "{{ 'abc'.startswith('ab') }}{{ 'abc'.endswith('bc') }}{{ 'abc'.startswith(('x', 'a')) }}|{{ 'aBc'.upper() }}{{ 'aBc'.lower() }}{{ 'aBC d'.capitalize() }}|{{ 'aaa'.replace('a', 'b', 2) }}{{ 'aaa'.replace('a', '') }}|{{ ','.join(words) }}|{{ 'abc'.find('c') }}{{ 'abc'.find('x') }}{{ 'abca'.rfind('a') }}{{ 'abca'.count('a') }}",
    "{{ 'prefix-a'.removeprefix('prefix-') }}{{ 'a-suf'.removesuffix('-suf') }}{{ 'a=b=c'.partition('=') }}{{ '12'.isdigit() }}{{ ' '.isspace() }}",
    "{{ '\\u00a0a\\u3000'.strip() }}|{{ '\\u200ba'.strip() }}|{{ words.index('c') }}{{ words.count('b') }}",
    # Functions.
    "{{ strftime_now('%d %b %Y|%Y-%m-%d|%B|%A|%a|%j|%y|%%') }}|{{ dict(a=1, b='x') if false else 'no' }}",
    # What a template says or does wrong is an error there and here.
    "{{ raise_exception('roles must alternate') }}",
    "{{ missing.foo }}",
    "{{ missing + 1 }}",
    "{{ 'a' + 1 }}",
    "{{ none + 1 }}",
    "{{ 1 < 'a' }}",
    "{{ none | length }}",
    "{{ missing() }}",
    "{{ 1 / 0 }}",
    "{% for x in none %}{% endfor %}",
    "{{ 'x' in none }}",
    "{% macro m(a) %}{% endmacro %}{{ m(1, 2) }}",
    "{% macro m(a) %}{% endmacro %}{{ m(b=2) }}",
    "{{ missing | tojson }}",
    "{% set a, b = [1, 2, 3] %}",
    "{{ ''.join([1]) }}",
    "{% if yes %}",
    "{{ yes ",
    "{{ yes | nofilter }}",
    "{{ yes is notest }}",
    "{% endfor %}",
    "{{ words.append('x') }}",
    "{{ range(1000000) | length }}",
]
