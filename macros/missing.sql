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
