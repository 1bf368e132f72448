{# A value of Jinja as SQL: text in quotes, a number or boolean as it is, none as null. #}
{% macro literal(value) -%}
    {%- if value is none -%} null
    {%- elif value is boolean or value is number -%} {{ value | string | lower }}
    {%- else -%} {{ quoted([value]) }}
    {%- endif -%}
{%- endmacro %}

{# Replaces values by the first pair that fits. Pairs are a mapping, or a list of [from, to]; a from of none fits what
   is missing. What fits no pair stays, or becomes the SQL expression `otherwise`. No pairs change nothing. #}
{% macro map_values(value, pairs, otherwise=none) -%}
    {%- set rest = value if otherwise is none else otherwise -%}
    {%- if pairs | length == 0 -%} {{ rest }}
    {%- else -%}
        case
            {%- for before, after in (pairs.items() if pairs is mapping else pairs) %}
                when
                    {{ value }}
                    {{ ("is null" if before is none else "= " ~ literal(before)) }}
                then {{ literal(after) }}
            {%- endfor %}
            else {{ rest }}
        end
    {%- endif -%}
{%- endmacro %}

{# The label of the bin that a number lies in. Each break is the first value of a bin: breaks [18, 65] make below 18,
   18 to below 65, and 65 and above. One label more than breaks; a missing number has no label. #}
{% macro bins(value, breaks, labels) -%}
    {%- if labels | length != breaks | length + 1 -%}
        {{ exceptions.raise_compiler_error("bins needs one label more than breaks") }}
    {%- endif -%}
    {%- if breaks | unique | sort | list != breaks | list -%}
        {{ exceptions.raise_compiler_error("the breaks of bins must ascend") }}
    {%- endif -%}
    case
        when {{ value }} is null
        then null
        {%- for limit in breaks %}
            when {{ value }} < {{ limit }} then {{ literal(labels[loop.index0]) }}
        {%- endfor %}
        else {{ literal(labels | last) }}
    end
{%- endmacro %}

{# A condition: every one of the columns has a value. #}
{% macro all_present(columns) -%}
    {%- if columns | length == 0 -%}
        {{ exceptions.raise_compiler_error("all_present needs at least one column") }}
    {%- endif -%}
    {%- for column in columns -%}
        {{ column }} is not null {%- if not loop.last %} and {% endif -%}
    {%- endfor -%}
{%- endmacro %}

{# The words of a list variable, or its one word; a word that is not among the known ones is an error. #}
{% macro known_words(variable, known) -%}
    {%- set words = var(variable) -%}
    {%- set words = [words] if words is string and words else words or [] -%}
    {%- for word in words if word not in known -%}
        {{
            exceptions.raise_compiler_error(
                "var '" ~ variable ~ "' has an unknown word, known are " ~ known
                | join(", ")
            )
        }}
    {%- endfor -%}
    {{ return(words) }}
{%- endmacro %}
