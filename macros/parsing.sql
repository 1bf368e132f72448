{# A date from text or a whole number: 2000-02-01, 01-02-2000, 01/02/2000, 01.02.2000 (day first, always), 20000201
   (years 1900 to 2100), 1. februar 2000, 1 Feb 2000 (Danish or English, whole or three letters, any case).
   Anything else is missing. #}
{% macro parse_date(text) -%}
    {%- set plain = "lower(trim(cast(" ~ text ~ " as varchar)))" -%}
    {%- set dashed = "translate(" ~ plain ~ ", '/.', '--')" -%}
    {%- set day_first = "^\\d{1,2}(-\\d{1,2}-|/\\d{1,2}/|\\.\\d{1,2}\\.)\\d{4}$" -%}
    case
        when regexp_like({{ plain }}, '^\d{4}-\d{2}-\d{2}$')
        then try_cast({{ plain }} as date)
        when regexp_like({{ plain }}, '{{ day_first }}')
        then {{ iso_date(dashed, "-", "split_part(" ~ dashed ~ ", '-', 2)") }}
        when
            regexp_like({{ plain }}, '^\d{8}$')
            and {{ plain }} between '19000101' and '21000101'
        then
            try_cast(
                concat(
                    substr({{ plain }}, 1, 4),
                    '-',
                    substr({{ plain }}, 5, 2),
                    '-',
                    substr({{ plain }}, 7, 2)
                ) as date
            )
        when regexp_like({{ plain }}, '^\d{1,2}\.? [a-z]+ \d{4}$')
        then
            {{
                iso_date(
                    plain, " ", month_number("split_part(" ~ plain ~ ", ' ', 2)")
                )
            }}
    end
{%- endmacro %}

{# A date from a text of day, month and year between separators; the month is given as text of one or two digits.
   A day that does not exist is missing. #}
{% macro iso_date(text, separator, month) -%}
    try_cast(
        concat(
            split_part({{ text }}, '{{ separator }}', 3),
            '-',
            lpad({{ month }}, 2, '0'),
            '-',
            lpad(replace(split_part({{ text }}, '{{ separator }}', 1), '.', ''), 2, '0')
        ) as date
    )
{%- endmacro %}

{# The number of a month, as text, from its Danish or English name in lower case, whole or the first three letters;
   missing for any other word. #}
{% macro month_number(word) -%}
    {%- set names = [
        ["jan", "januar", "january"],
        ["feb", "februar", "february"],
        ["mar", "marts", "march"],
        ["apr", "april"],
        ["maj", "may"],
        ["jun", "juni", "june"],
        ["jul", "juli", "july"],
        ["aug", "august"],
        ["sep", "september"],
        ["okt", "oct", "oktober", "october"],
        ["nov", "november"],
        ["dec", "december"],
    ] -%}
    case
        {%- for month in names %}
            when {{ word }} in ({{ quoted(month) }}) then '{{ loop.index }}'
        {%- endfor %}
    end
{%- endmacro %}

{# A date from six digits, year month day (991231). The century is the one that puts the year among the hundred years
   that end with the year `last`. Anything else is missing. #}
{% macro parse_yymmdd(text, last) -%}
    {%- set plain = "trim(cast(" ~ text ~ " as varchar))" -%}
    {%- set year = "try_cast(substr(" ~ plain ~ ", 1, 2) as int)" -%}
    case
        when regexp_like({{ plain }}, '^\d{6}$')
        then
            try_cast(
                concat(
                    cast(({{ last }}) - (({{ last }}) - {{ year }}) % 100 as varchar),
                    '-',
                    substr({{ plain }}, 3, 2),
                    '-',
                    substr({{ plain }}, 5, 2)
                ) as date
            )
    end
{%- endmacro %}

{# A date from a number of days since 1 January 1960, as SAS counts them; a number with a fraction is missing.
   The epoch of SQL is 3,653 days later. #}
{% macro parse_sas_date(days) -%}
    case
        when {{ days }} % 1 = 0 then cast(try_cast({{ days }} as int) - 3653 as date)
    end
{%- endmacro %}
