"""Chat templates and expressions, and what transformers' own Jinja environment writes for them.

    python chat_templates.py > ../../../packages/core/test/golden/combinations/templates.jsonl
"""
import json
import random
import sys
from transformers.utils.chat_template_utils import _compile_jinja_template

MESSAGES = [{"role": "system", "content": "Be kind."}, {"role": "user", "content": " Hi there "}, {"role": "assistant", "content": "<think>hm</think>Hello!\n\nYou."}, {"role": "user", "content": "Größe 5 \U0001f600?"}]
VARIABLES = {"bos_token": "<s>", "eos_token": "</s>", "n": 7, "x": 2.5, "flag": True, "nothing": None, "words": ["b", "A", "c", "a"], "numbers": [3, 1, 2], "table": {"k": 1, "a": [1, "q'"], "Z": None, "b\"": "\n"},
             "rows": [{"name": "bo", "age": 3}, {"name": "Al", "age": 1}, {"name": "cy", "age": 3, "on": True}], "text": "  Some Text, and more: it's\tfine \n", "enable_thinking": False}

WHOLE = r"""
{% for message in messages %}{{ '<|' + message['role'] + '|>\n' + message['content'] + eos_token + '\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>\n' }}{% endif %}
===
{{ bos_token }}{% if messages[0].role == 'system' %}{% set system = messages[0].content %}{% set rest = messages[1:] %}{% else %}{% set rest = messages %}{% endif %}{% for m in rest %}{% if (m.role == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('roles must alternate') }}{% endif %}{% if loop.first and system is defined %}<<SYS>>{{ system }}<</SYS>>{% endif %}{{ m.content | trim }}{{ ' ' ~ eos_token if m.role == 'assistant' }}{% endfor %}
===
{%- set ns = namespace(last=-1, count=0) %}
{%- for m in messages[::-1] %}
  {%- set index = (messages | length - 1) - loop.index0 %}
  {%- if ns.last == -1 and m.role == "user" and m.content is string and not (m.content.startswith('<tool>') and m.content.endswith('</tool>')) %}
    {%- set ns.last = index %}
  {%- endif %}
{%- endfor %}
{%- for m in messages %}
    {%- if m.role == 'assistant' and '</think>' in m.content %}
        {{- '[' + m.content.split('</think>')[-1].lstrip('\n') + ']' }}
    {%- else %}
        {{- m.role ~ ':' ~ m.content }}
    {%- endif %}
    {% if loop.index0 > ns.last %}after{% endif %}
{%- endfor %}
{% if add_generation_prompt %}
    {{- '<A>' }}
    {%- if enable_thinking is defined and enable_thinking is false %}
        {{- '<think>\n\n</think>\n\n' }}
    {%- endif %}
{% endif %}
===
  {% if tools is not none %}TOOLS{% else %}
no tools
    {% endif %}
{% if documents %}D{% endif %}
  text {# a comment #}
{#- another -#}  end
===
line one
    {%- for m in messages -%}
        {{ m.role }}
    {%- endfor -%}
last {{+ n }} {%+ if flag %} kept {% endif +%}

  {% if flag -%}   gone   {%- endif %} tail
===
{% macro turn(role, content='none', *ignored) %}x{% endmacro %}{{ turn('a') }}
===
{% macro turn(role, content='none') -%}
<{{ role }}>{{ content | default('?', true) }}</{{ role }}>{{ caller() if caller }}
{%- endmacro %}{{ turn('user') }}{{ turn('user', content='') }}{{ turn(content='c', role='r') }}{% call turn('z', 'y') %} inner {{ n }}{% endcall %}
===
{% macro outer(value) %}{{ value }}{{ n }}{% set n = 1 %}{{ n }}{% endmacro %}{{ outer(3) }}{{ n }}{% set n = 9 %}{{ outer(4) }}
===
{% set a, b = 1, 'two' %}{{ a }}{{ b }}{% set (c, (d, e)) = (3, (4, 5)) %}{{ c + d + e }}{% for k, v in table.items() %}[{{ k }}={{ v }}]{% endfor %}{% for k in table %}{{ k }}{% else %}none{% endfor %}
===
{% set x = 1 %}{% for i in range(3) %}{{ x }}{% set x = x + i + 1 %}{{ x }};{% endfor %}{{ x }}{% if true %}{% set x = 5 %}{% endif %}{{ x }}{% with x = 3, y = x %}{{ x }}{{ y }}{% endwith %}{{ x }}
===
{% for i in range(10) if i is odd %}{{ loop.index }}/{{ loop.length }}:{{ i }}{% if loop.last %}.{% endif %}{% if i > 6 %}{% break %}{% endif %}{% if i == 3 %}{% continue %}{% endif %},{% else %}empty{% endfor %}
===
{% for i in [] %}x{% else %}empty{% endfor %}{% for i in missing %}x{% else %}missing{% endfor %}{% for c in 'añ😀' %}{{ c }}-{% endfor %}
===
{% for a in numbers %}{{ loop.previtem }}<{{ a }}>{{ loop.nextitem }}{{ loop.cycle('o', 'e') }}{{ loop.changed(a > 1) }}{{ loop.revindex }}{{ loop.depth0 }} {% endfor %}
===
{% set tree = [{'v': 1, 'c': [{'v': 2, 'c': []}, {'v': 3, 'c': [{'v': 4, 'c': []}]}]}] %}{% for node in tree recursive %}({{ node.v }}{{ loop(node.c) }}{{ loop.depth }}){% endfor %}
===
{% raw %}{{ not }} {% this %}{% endraw %}{{ '{{ text }}' }}{{ "{% raw %}" }}
===
{%- raw -%}
   {{ x }}
{%- endraw -%}
   after
===
{% set block %}a{{ n }}b{% endset %}{{ block | upper }}{% set other | upper %}q{{ n }}{% endset %}{{ other }}{% filter replace('a', 'o') | upper %}banana{% endfilter %}
===
{% generation %}{{ messages[2].content }}{% set inside = 1 %}{% endgeneration %}{{ inside is defined }}
===
{% for m in messages %}{%- generation -%}
 {{ m.content }}
{%- endgeneration -%}
{% endfor %}
===
{{ messages | selectattr('role', 'equalto', 'user') | map(attribute='content') | join('|') }}{{ messages | rejectattr('role', 'in', ['user', 'system']) | list | length }}{{ rows | selectattr('on') | list }}{{ rows | map(attribute='on', default=0) | list }}
===
{{ rows | sort(attribute='name') | map(attribute='name') | list }}{{ rows | sort(attribute='age,name', reverse=true) | map(attribute='name') | join }}{{ words | sort }}{{ words | sort(case_sensitive=true) }}{{ words | unique | list }}{{ numbers | sum }}{{ rows | sum(attribute='age') }}{{ rows | groupby('age') | length }}{{ numbers | max }}{{ words | min }}
===
{{ table | tojson }}|{{ table | tojson(indent=2) }}|{{ {'a': 1.0, 'b': 1e-7, 'ü': none} | tojson(ensure_ascii=true) }}|{{ [1, {'z': [], 'a': {}}] | tojson(indent=1, sort_keys=true) }}|{{ 'q"\n</' | tojson }}|{{ [1,2] | tojson(separators=(',', ':')) }}
===
{{ dict(a=1, b=2) }}{{ dict([('x', 1), ('y', 2)]) }}{{ dict({'k': 'v'}, z=3) }}{{ dict(a=1).items() | list }}{{ namespace(q=1) }}{{ range(3) }}{{ range(1, 8, 3) | list }}{{ (1,) }}{{ () }}{{ (1, 'b', none, 2.0) }}
===
{{ true }} {{ false }} {{ none }} {{ True }} {{ None }} {{ 1.0 }} {{ 1e16 }} {{ 1e-5 }} {{ 0.1 + 0.2 }} {{ 10 / 4 }} {{ 10 // 4 }} {{ -7 // 2 }} {{ -7 % 3 }} {{ 2 ** 10 }} {{ 2 ** -1 }} {{ 7.5 % 2 }} {{ -2 ** 2 }} {{ 1_000 }} {{ true + 1 }}
===
{{ 1 < 2 < 3 }} {{ 3 > 2 > 2 }} {{ 1 == 1.0 == true }} {{ 'a' in 'abc' in ['abc'] }} {{ not 1 == 2 }} {{ 1 in numbers and 9 not in numbers }} {{ 'a' < 'b' }} {{ [1, 2] < [1, 3] }} {{ 2 is divisibleby 2 }} {{ 3 is not odd }} {{ n is number and x is float and n is integer }}
===
{{ text | trim }}|{{ text.strip() }}|{{ text.split() }}|{{ text.split(' ', 3) }}|{{ 'a,b,,c'.split(',') }}|{{ text | title }}|{{ text | capitalize }}|{{ 'abc'.replace('b', 'x') }}|{{ 'aaa'.replace('a', 'b', 2) }}|{{ 'x-y-z'.rsplit('-', 1) }}|{{ 'key: v'.partition(': ') }}|{{ 'a\nb\r\nc'.splitlines() }}
===
{{ text | upper | length }} {{ 'Straße' | upper }} {{ 'abc'[1] }} {{ 'abc'[-1] }} {{ 'abcdef'[1:5:2] }} {{ 'añ😀b'[::-1] }} {{ 'añ😀b' | length }} {{ numbers[::-1] }} {{ numbers[-2:] }} {{ numbers[5] is defined }} {{ numbers | first }}{{ numbers | last }}{{ numbers | reverse | list }}{{ 'abc' | reverse }}
===
{{ '%s is %d of %.2f%%' % ('it', 3, 4.5) }} {{ '%-5s|%05d' | format('ab', 42) }} {{ 'a' * 3 }} {{ [0] * 2 }} {{ [1] + [2] }} {{ 'x' ~ 1 ~ none ~ 2.0 ~ true ~ [1] }}
===
{{ missing }}|{{ missing | default('d') }}|{{ nothing | default('d') }}|{{ nothing | default('d', true) }}|{{ '' | default('d', boolean=true) }}|{{ missing is defined }}|{{ table.missing }}|{{ table['k'] }}|{{ table.k }}|{{ table.get('q') }}|{{ table.get('q', 4) }}|{{ table.items is callable }}|{{ missing is none }}
===
{{ missing.deep }}
===
{{ none.x.y }}
===
{{ missing + 1 }}
===
{{ 'a' + 1 }}
===
{{ words.append('z') }}
===
{{ n | nosuchfilter }}
===
{{ n is nosuchtest }}
===
{% for x in 5 %}{% endfor %}
===
{% if %}{% endif %}
===
{{ raise_exception('not here') }}
===
{{ "a" "b" 'c' }}{{ 'tab\there' }}{{ 'é\u00e9\x41\101\N' }}
===
{{ "quo\"te" }}{{ 'sin\'gle' }}{{ ["it's", 'say "hi"', "both ' and \"", '\\', '\n', '\x07', 'é', '\u200b'] }}
===
{{ '3.9' | int }} {{ 'x' | int(-1) }} {{ ' 42 ' | int }} {{ 3.9 | int }} {{ '1e3' | float }} {{ 'q' | float }} {{ 2.5 | round }} {{ 3.14159 | round(2) }} {{ 7 | round }} {{ 2.1 | round(method='ceil') }} {{ -3 | abs }} {{ 5 | string }} {{ [1, 'a'] | string }}
===
{{ 'one\ntwo\n\nthree' | indent }}|{{ 'one\ntwo' | indent(2, true) }}|{{ 'a\n\nb' | indent(width=3, blank=true) }}|{{ 'a' | center(5) }}|{{ 'one two three four' | truncate(9) }}|{{ 'a b c' | wordcount }}|{{ [1,2,3,4,5] | batch(2) | list }}|{{ [1,2,3,4,5] | slice(2) | list }}
===
{% set j = joiner(', ') %}{% for w in words %}{{ j() }}{{ w }}{% endfor %}{% set c = cycler('a', 'b') %}{{ c.next() }}{{ c.next() }}{{ c.next() }}{{ c.current }}
===
{{ table | dictsort }}{{ {'b': 1, 'A': 2} | dictsort(by='value') }}{{ table | items | list }}{{ [3, 1] | map('string') | list }}{{ words | map('upper') | join(',') }}{{ numbers | select('greaterthan', 1) | list }}{{ numbers | reject('odd') | list }}{{ [0, 1, ''] | select | list }}
===
{{ 'yes' if flag else 'no' }}{{ 'yes' if nothing }}{{ ('a' if n > 5 else 'b') ~ 'c' }}{{ n if n else 0 if x else 1 }}{{ (n, x)[0] }}{{ {'a': {'b': [10, 20]}}.a.b[1] }}{{ messages[1]['content'] | trim | length }}{{ messages.0.role }}
===
{% if flag and not nothing or missing %}1{% elif n == 7 %}2{% else %}3{% endif %}{% if nothing %}a{% elif n == 7 %}b{% else %}c{% endif %}{% if n in (7, 8) %}t{% endif %}{% if 'k' in table and 'q' not in table %}d{% endif %}
===
{%- if messages[0]['role'] == 'system' -%}{%- set loop_messages = messages[1:] -%}{%- endif -%}
{%- for message in loop_messages -%}
    {%- if loop.index0 == 0 -%}{{- 'first' -}}{%- endif -%}
    {{- '\n' + message['content'] | trim + '\n' -}}
{%- endfor -%}
===
{% for m in messages %}{% if m.content is string %}{{ m.content }}{% else %}{% for part in m.content %}{{ part.text }}{% endfor %}{% endif %}{% endfor %}{{ messages[0] }}
===
{% set m = {'role': 'user', 'items': 3} %}{{ m['items'] }}{{ m.items is callable }}{{ m.keys() }}{{ m.values() | list }}{{ m.copy() == m }}{{ m.get('role') | upper }}
===
a
{% if true %}

b
{% endif %}

  c
{{ n }}
d
===
{{ 'x' is in 'xyz' }}{{ 'x' is eq 'x' }}{{ 2 is gt 1 }}{{ [1] is sequence }}{{ table is mapping }}{{ table is iterable }}{{ 5 is iterable }}{{ nothing is none }}{{ none is sameas none }}{{ 'a' is lower }}{{ 'A' is upper }}{{ flag is boolean }}{{ flag is true }}{{ 1 is true }}
"""


def atom(r):
    return r.choice(["n", "x", "flag", "nothing", "text", "words", "numbers", "table", "missing", "1", "0", "2.5", "'ab'", "''", "true", "none", "[]", "{}", "(1, 2)", "[1, 'a']", "messages[0].role", "table.k", "words[1]", "numbers[0]"])


def expression(r, depth):
    if depth == 0 or r.random() < .15:
        return atom(r)
    e = lambda: expression(r, depth - 1)
    return r.choice([lambda: f"({e()} {r.choice(['+', '-', '*', '//', '%', '~', '~'])} {e()})", lambda: f"{e()} {r.choice(['==', '!=', '<', '>=', 'in', 'not in'])} {e()}", lambda: f"({e()} and {e()})", lambda: f"({e()} or {e()})",
                     lambda: f"(not {e()})", lambda: f"({e()} if {e()} else {e()})", lambda: f"({e()} if {e()})", lambda: f"{e()} | {r.choice(['string', 'length', 'list', 'default(5)', 'default(5, true)', 'upper', 'first', 'last', 'join', 'tojson', 'int', 'float', 'trim', 'sort', 'title', 'reverse | list', 'map(attribute=0) | list'])}",
                     lambda: f"({e()} is {r.choice(['defined', 'none', 'string', 'number', 'integer', 'mapping', 'sequence', 'iterable', 'true', 'odd', 'undefined', 'boolean'])})", lambda: f"[{e()}, {e()}]", lambda: f"({e()}, {e()})[{r.choice(['0', '1', '-1', '5'])}]", lambda: f"{e()}[{r.choice(['0', '-1'])}]",
                     lambda: f"{r.choice(['text', 'words', 'numbers', 'messages'])}[{r.choice(['1:', ':1', '::-1', ':-1', '-2:'])}]",
                     lambda: "{'k': " + e() + "}", lambda: f"-{atom(r)}", lambda: f"{atom(r)}.{r.choice(['k', 'upper()', 'split()', 'items() | list', 'keys() | list', 'strip()', 'title()'])}"])()


def main(count, seed):
    r = random.Random(seed)
    templates = [t.removeprefix("\n") for t in WHOLE.split("\n===")]
    templates += [templates[3].replace("\n", "\r\n"), templates[4].replace("\n", "\r"), templates[-2] + "\n", templates[-2] + "\n\n"]
    templates += ["{{ " + expression(r, 3) + " }}" for _ in range(count)]
    print(json.dumps({"messages": MESSAGES, "variables": VARIABLES}, ensure_ascii=False))
    for template in templates:
        for generation in (True, False)[: 1 if "add_generation_prompt" not in template else 2]:
            line = {"template": template, "add_generation_prompt": generation}
            try:
                line["text"] = _compile_jinja_template(template).render(messages=MESSAGES, tools=None, documents=None, add_generation_prompt=generation, **VARIABLES)
                if " object at 0x" in line["text"] or "<function" in line["text"] or "bound method" in line["text"] or "built-in" in line["text"]:
                    continue
            except Exception as error:
                if template.count("{{") == 1 and r.random() < 0.8:
                    continue  # most random expressions are errors: some of them are enough
                line["error"] = f"{type(error).__name__}: {error}"
            print(json.dumps(line, ensure_ascii=False))


if __name__ == "__main__":
    main(260, 15)
