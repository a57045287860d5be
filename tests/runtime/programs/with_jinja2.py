"""A page from templates: inheritance, macros, loops, filters, tests, async, a sandbox, and errors with their lines."""

import asyncio

from jinja2 import (
    DictLoader,
    Environment,
    StrictUndefined,
    TemplateSyntaxError,
    UndefinedError,
    select_autoescape,
)
from jinja2.sandbox import SandboxedEnvironment

TEMPLATES = {
    "base.html": """<title>{% block title %}Default{% endblock %}</title>
<body>{% block body required %}{% endblock %}</body>""",
    "macros.html": """{% macro field(name, value='', kind='text') -%}
<input name="{{ name }}" type="{{ kind }}" value="{{ value }}"
{%- for k, v in kwargs|dictsort %} {{ k }}="{{ v }}"{% endfor %}>
{%- endmacro %}""",
    "page.html": """{% extends 'base.html' %}
{% from 'macros.html' import field %}
{% block title %}{{ super() }}: {{ title|title }}{% endblock %}
{% block body %}
{% set ns = namespace(total=0) %}
{% for item in items if item.price > 1 recursive %}
{{ loop.index }}/{{ loop.length }} {{ loop.cycle('odd', 'even') }} {{ item.name|e }} {{ '%.2f'|format(item.price) }}
{%- set ns.total = ns.total + item.price %}
{% else %}none{% endfor %}
{{ ns.total|round(1) }} {{ items|map(attribute='name')|join(', ')|upper }} {{ items|sum('price') }}
{{ field('user', '<me>', autofocus=true, data='x') }}
{% call(n) repeat(2) %}<i>{{ n }}</i>{% endcall %}
{{ (items|groupby('kind'))|length }} {{ items|selectattr('kind', 'equalto', 'fruit')|list|length }}
{% filter trim|replace('a', 'b') %}  banana {% endfilter %}
{% with a=1, b=2 %}{{ a + b }} {{ a ~ b }} {{ 5 // 2 }} {{ 2 ** 5 }} {{ 'x' in 'xyz' and not false }}{% endwith %}
{{ [1, 2, 3][::-1] }} {{ none is none }} {{ 7 is odd }} {{ missing|default('gone') }} {{ 'a-b'.split('-')[1] }}
{% endblock %}""",
}
ITEMS = [
    {"name": "apple", "price": 1.5, "kind": "fruit"},
    {"name": "<leek>", "price": 2.25, "kind": "vegetable"},
    {"name": "mint", "price": 0.5, "kind": "herb"},
]

environment = Environment(
    loader=DictLoader(TEMPLATES), autoescape=select_autoescape(["html"]), trim_blocks=True, lstrip_blocks=True
)
environment.globals["repeat"] = lambda count, caller: "".join(caller(n) for n in range(count))
print(environment.get_template("page.html").render(title="the market", items=ITEMS))

strict = Environment(undefined=StrictUndefined)
for source in (
    "{{ missing }}",
    "{% for x in %}",
    "{{ 1 | nofilter }}",
    "{{ a.b.c }}",
    "{% if %}",
    "{{ 'open",
):
    try:
        print(strict.from_string(source).render(a={}))
    except (TemplateSyntaxError, UndefinedError) as error:
        print(type(error).__name__, error, getattr(error, "lineno", ""))

print(SandboxedEnvironment().from_string("{{ [1, 2]|length }} {{ ''.__class__ }}").render())


async def numbers():
    for n in range(3):
        await asyncio.sleep(0)
        yield n


loop = Environment(enable_async=True).from_string("{% for n in numbers() %}{{ n * 2 }};{% endfor %}")
print(asyncio.run(loop.render_async(numbers=numbers)))
environment.from_string("line one\n{{ 1 // nothing.at_all }}\n").render()
