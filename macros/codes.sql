{# A diagnosis code in one spelling: no blanks around, no dots, upper case, without the leading D of Danish
   classification codes; NULL when fewer than three characters are left. D followed by a digit is a code of its
   own chapter and stays. #}
{% macro normalise_icd(code) -%}
    {%- set plain = "upper(replace(trim(" ~ code ~ "), '.', ''))" -%}
    case
        when length({{ plain }}) < 3
        then null
        when
            length({{ plain }}) >= 4
            and substr({{ plain }}, 1, 1) = 'D'
            and substr({{ plain }}, 2, 1) between 'A' and 'Z'
        then substr({{ plain }}, 2)
        else {{ plain }}
    end
{%- endmacro %}

{# A list variable of diagnosis codes for `in (...)`, each normalised as normalise_icd does, so that DG40.9, G40.9 and g409
   are one; a code of fewer than three characters, or an empty list, is an error. #}
{% macro normalised_codes(codes) -%}
    {%- if codes | length == 0 -%}
        {{
            exceptions.raise_compiler_error(
                "a list of codes needs at least one code"
            )
        }}
    {%- endif -%}
    {%- for code in codes -%}
        {%- if code | string | replace(".", "") | trim | length < 3 -%}
            {{
                exceptions.raise_compiler_error(
                    "a listed diagnosis code needs three characters at least"
                )
            }}
        {%- endif -%}
        {{ normalise_icd(literal(code | string)) }}
        {%- if not loop.last %}, {% endif -%}
    {%- endfor -%}
{%- endmacro %}

{# The part of a normalised code that decides its chapter: the first letter, for D and H two characters. #}
{% macro icd_chapter_prefix(code) -%}
    case
        when substr({{ code }}, 1, 1) in ('D', 'H')
        then substr({{ code }}, 1, 2)
        else substr({{ code }}, 1, 1)
    end
{%- endmacro %}

{# Revision of a normalised code: 8 when it begins with a digit, else 10; a missing code has none. #}
{% macro icd_version(code) -%}
    cast(
        case
            when {{ code }} is null
            then null
            when substr({{ code }}, 1, 1) between '0' and '9'
            then 8
            else 10
        end as smallint
    )
{%- endmacro %}

{# A query: one row per different code that begins with a prefix of a list: the code, the longest such prefix, and the
   list's columns of that prefix. Join it to the rows by equality of the code: no row is multiplied. The list is unique
   by prefix; filter a list that holds several definitions first. #}
{% macro longest_prefix(codes, code, prefixes, prefix, columns) -%}
    select
        found.{{ code }}
        {%- for column in [prefix] + columns %}
            ,
            last_value(
                listed.{{ column }} order by length(listed.{{ prefix }})
            ) as {{ column }}
        {%- endfor %}
    from
        (
            select {{ code }}
            from {{ codes }}
            where {{ code }} is not null
            group by {{ code }}
        ) as found
    inner join
        {{ prefixes }} as listed
        on substr(listed.{{ prefix }}, 1, 1) = substr(found.{{ code }}, 1, 1)
        and starts_with(found.{{ code }}, listed.{{ prefix }})
        and listed.{{ prefix }} <> ''
    group by found.{{ code }}
{%- endmacro %}

{# A condition: a code begins with a prefix of a list, a table restricted to the rows that fulfil `which`. The list is read
   first and once, so that the condition is tested where the codes are read. A missing code gives missing, as does an
   empty list. Prefixes hold letters and digits only. #}
{% macro begins_with_any(code, prefixes, prefix, which="true") -%}
    regexp_like(
        {{ code }},
        (
            select cast('^(' || string_agg({{ prefix }}, '|') || ')' as varchar)
            from {{ prefixes }}
            where {{ which }}
        )
    )
{%- endmacro %}

{# A condition: a value stands in a column of a list, a table restricted to the rows that fulfil `which`. Read first and
   once, as in begins_with_any. A missing value gives missing, as does an empty list. #}
{% macro is_listed(value, list, column, which="true") -%}
    array_has(
        (select array_agg({{ column }}) from {{ list }} where {{ which }}), {{ value }}
    )
{%- endmacro %}
