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

{# The part of a normalised code that decides its chapter: the first letter, for D and H two characters. #}
{% macro icd_chapter_prefix(code) -%}
    case
        when substr({{ code }}, 1, 1) in ('D', 'H')
        then substr({{ code }}, 1, 2)
        else substr({{ code }}, 1, 1)
    end
{%- endmacro %}

{# Revision of a normalised code: 8 when it begins with a digit, else 10. #}
{% macro icd_version(code) -%}
    cast(
        case
            when substr({{ code }}, 1, 1) between '0' and '9' then 8 else 10
        end as smallint
    )
{%- endmacro %}
