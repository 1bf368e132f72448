{# A condition: a date lies in the days before an index date. The index day itself counts only with index_day; `days` is
   how far back the window reaches, its boundary included (a number, perhaps with a fraction, or a column); none and a
   blank do not bind. A missing date, index date or number of days is not in the window. #}
{% macro in_lookback(date, index_date, days=none, index_day=false) -%}
    {%- if days is number and days < 0 -%}
        {{ exceptions.raise_compiler_error("a look-back cannot be negative") }}
    {%- endif -%}
    {%- set before = days_between(date, index_date) -%}
    {{ before }} >= {{ 0 if index_day else 1 }}
    {%- if days is not none and days != "" %}
        and {{ before }} <= {{ days }}
    {%- endif -%}
{%- endmacro %}
