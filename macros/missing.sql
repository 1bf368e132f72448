{# A text as delivered, without surrounding blanks; a blank text is missing. #}
{% macro text(column) -%} nullif(trim({{ column }}), '') {%- endmacro %}

{# A list variable as quoted words for `in (...)`, in upper case on request; an empty list is an error. #}
{% macro quoted(words, upper=false) -%}
    {%- if words | length == 0 -%}
        {{
            exceptions.raise_compiler_error(
                "a list variable needs at least one word here"
            )
        }}
    {%- endif -%}
    {%- for word in words -%}
        {%- set plain = word | string | replace("'", "''") -%}
        {{ "'" ~ (plain | upper if upper else plain) ~ "'" }}
        {%- if not loop.last %}, {% endif -%}
    {%- endfor -%}
{%- endmacro %}

{# A date of a grain for the condition of a left join beside its keys. The engine takes such a date for one that is never
   missing, and its merge join fails over rows without a partner; this one it takes for what it is. 0001-01-01 goes missing. #}
{% macro nullable_date(date) -%}
    nullif({{ date }}, cast('0001-01-01' as date))
{%- endmacro %}
