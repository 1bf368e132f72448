{# The calendar year of a date. #}
{% macro year_of(date) -%} cast(extract(year from {{ date }}) as int) {%- endmacro %}

{# The month of a date, 1 to 12. #}
{% macro month_of(date) -%} cast(extract(month from {{ date }}) as int) {%- endmacro %}

{# The day of the month of a date, 1 to 31. #}
{% macro day_of(date) -%} cast(extract(day from {{ date }}) as int) {%- endmacro %}

{# The day of the week of a date, 1 is Monday and 7 is Sunday (ISO 8601). #}
{% macro weekday_of(date) -%}
    cast((extract(dow from {{ date }}) + 6) % 7 + 1 as int)
{%- endmacro %}

{# The Monday of the week that a date lies in. #}
{% macro monday_of(date) -%}
    {{ add_days(date, "1 - " ~ weekday_of(date)) }}
{%- endmacro %}

{# Three columns for a select list: year, month and day of a date, named name_year, name_month, name_day. #}
{% macro date_parts(date, name) -%}
    {{ year_of(date) }} as {{ name }}_year,
    {{ month_of(date) }} as {{ name }}_month,
    {{ day_of(date) }} as {{ name }}_day
{%- endmacro %}

{# The date so many days later; a negative number goes back. #}
{% macro add_days(date, days) -%}
    cast(cast(cast({{ date }} as int) + ({{ days }}) as int) as date)
{%- endmacro %}

{# The number of days from one date to another: 0 for the same day, negative when the second is earlier. #}
{% macro days_between(first, last) -%}
    (cast({{ last }} as int) - cast({{ first }} as int))
{%- endmacro %}

{# Completed years of age on a day: one less before the birthday of that year. Who was born on 29 February
   turns a year older on 1 March of a common year. #}
{% macro age_at(birth, date) -%}
    (
        {{ year_of(date) }}
        - {{ year_of(birth) }}
        - case
            when
                {{ month_of(date) }} * 100 + {{ day_of(date) }}
                < {{ month_of(birth) }} * 100 + {{ day_of(birth) }}
            then 1
            else 0
        end
    )
{%- endmacro %}

{# A condition: the date lies between two ISO dates, both included; a blank bound does not bind. #}
{% macro between_bounds(date, first, last) -%}
    {%- if first %} {{ date }} >= cast('{{ first }}' as date)
    {%- else %} true
    {%- endif %}
    {%- if last %} and {{ date }} <= cast('{{ last }}' as date) {%- endif -%}
{%- endmacro %}

{# A condition: an interval shares at least one day with the days between two ISO dates, all included; a blank
   bound does not bind, and an interval without a first or last day is open on that side. #}
{% macro overlaps_bounds(first_day, last_day, first, last) -%}
    {%- if first %} coalesce({{ last_day }} >= cast('{{ first }}' as date), true)
    {%- else %} true
    {%- endif %}
    {%- if last %}
        and coalesce({{ first_day }} <= cast('{{ last }}' as date), true)
    {%- endif -%}
{%- endmacro %}

{# The Monday of an ISO week written as text yyww: lost zeros on the left come back, yy from 90 is 19yy, else 20yy.
   Week 1 is the one that 4 January lies in (ISO 8601); week 53 of a year that has 52 is the first of the next.
   Anything else is missing. Every part stands once: the engine does not share what stands in a branch. #}
{% macro monday_of_week(week) -%}
    {%- set padded = "lpad(" ~ week ~ ", 4, '0')" -%}
    {%- set year = "try_cast(substr(" ~ padded ~ ", 1, 2) as int)" -%}
    {%- set number = "try_cast(substr(" ~ padded ~ ", 3, 2) as int)" -%}
    {%- set fourth = "make_date(1990 + (" ~ year ~ " + 10) % 100, 1, 4)" -%}
    case
        when regexp_like({{ week }}, '^([1-9]|[0-9]{0,2}(0[1-9]|[1-4][0-9]|5[0-3]))$')
        then
            {{
                add_days(
                    "cast(date_trunc('week', " ~ fourth ~ ") as date)",
                    "7 * (" ~ number ~ " - 1)",
                )
            }}
    end
{%- endmacro %}
