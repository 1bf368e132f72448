{# Columns of a joined table for a select list, each under its name with a prefix, so that no two columns of the result
   share a name. #}
{% macro prefixed(table, columns, prefix) -%}
    {%- for column in columns -%}
        {{ table }}.{{ column }} as {{ prefix }}{{ column }}
        {%- if not loop.last %}, {% endif -%}
    {%- endfor -%}
{%- endmacro %}

{# Aggregates for a select list, each column with each function, named function_column: sum, avg, min, max, count,
   count_distinct, stddev and var_sample (of a sample), stddev_pop and var_pop (of a whole population), median
   (exact), array, and all and any of booleans. Missing values do not count. An unknown function is an error. #}
{% macro aggregates(columns, functions) -%}
    {%- set known = {
        "sum": "sum(%s)",
        "avg": "avg(%s)",
        "min": "min(%s)",
        "max": "max(%s)",
        "count": "count(%s)",
        "count_distinct": "count(distinct %s)",
        "stddev": "stddev_samp(%s)",
        "stddev_pop": "stddev_pop(%s)",
        "var_sample": "var_samp(%s)",
        "var_pop": "var_pop(%s)",
        "median": "median(%s)",
        "array": "array_agg(%s)",
        "all": "bool_and(%s)",
        "any": "bool_or(%s)",
    } -%}
    {%- for column in columns -%}
        {%- set outer = loop -%}
        {%- for name in functions -%}
            {%- if name not in known -%}
                {{
                    exceptions.raise_compiler_error(
                        "unknown aggregate '" ~ name ~ "', known are " ~ known
                        | join(", ")
                    )
                }}
            {%- endif -%}
            {{ known[name] | format(column) }} as {{ name }}_{{ column }}
            {%- if not (loop.last and outer.last) %}, {% endif -%}
        {%- endfor -%}
    {%- endfor -%}
{%- endmacro %}
