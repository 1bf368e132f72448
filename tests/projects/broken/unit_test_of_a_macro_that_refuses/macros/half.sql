{% macro half(x) -%}
    {{ exceptions.raise_compiler_error('Nothing is ever halved.') }}
{%- endmacro %}
