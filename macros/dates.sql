{# The calendar year of a date. #}
{% macro year_of(date) -%} cast(extract(year from {{ date }}) as int) {%- endmacro %}

{# A condition: the date lies between two ISO dates, both included; a blank bound does not bind. #}
{% macro between_bounds(date, first, last) -%}
    {%- if first %} {{ date }} >= cast('{{ first }}' as date)
    {%- else %} true
    {%- endif %}
    {%- if last %} and {{ date }} <= cast('{{ last }}' as date) {%- endif -%}
{%- endmacro %}
