{# A query: intervals of a key that overlap or follow each other become one (gaps and islands). Columns: the keys, the
   first and last day under their own names, and `intervals`, how many became one. An interval joins the island before it
   when it begins at most `gap` days after that one ends; both ends are included, so 1 joins yesterday to today. A missing
   last day is open, as is 9999-12-31, and comes out missing. Rows without key or first day, or that end before they
   begin, are left out. Streams over a table clustered by keys and first day: of several that begin on one day at most one
   begins an island, and the sum counts them all at once, so that their order makes no difference. #}
{% macro islands(relation, keys, first, last, gap=1) -%}
    {%- set by = keys | join(", ") -%}
    select
        {{ by }},
        min({{ first }}) as {{ first }},
        nullif(max(until), cast('9999-12-31' as date)) as {{ last }},
        count(*) as intervals
    from
        (
            select
                *,
                sum(begins) over (partition by {{ by }} order by {{ first }}) as island
            from
                (
                    {{ island_beginnings(relation, keys, first, last, gap) }}
                ) as beginnings
        ) as numbered
    group by {{ by }}, island
{%- endmacro %}

{# A query: the intervals of open_intervals() with `begins`, 1 where no interval before it reaches this one, else 0. #}
{% macro island_beginnings(relation, keys, first, last, gap=1) -%}
    {%- set reached -%}
        max(cast(until as int)) over (
            partition by {{ keys | join(", ") }}
            order by {{ first }}
            rows between unbounded preceding and 1 preceding
        )
    {%- endset -%}
    select
        *,
        case
            when cast({{ first }} as int) <= {{ reached }} + {{ gap }} then 0 else 1
        end as begins
    from ({{ open_intervals(relation, keys, first, last) }}) as opened
{%- endmacro %}

{# A query: the intervals that have a key and a first day and do not end before they begin, with `until`, the last
   day, or 9999-12-31 where there is none. #}
{% macro open_intervals(relation, keys, first, last) -%}
    select
        {{ keys | join(", ") }},
        {{ first }},
        coalesce({{ last }}, cast('9999-12-31' as date)) as until
    from {{ relation }}
    where
        {{ all_present(keys + [first]) }} and coalesce({{ last }} >= {{ first }}, true)
{%- endmacro %}

{# A query: the days of a key that lie between its islands: the keys, first and last day of each gap under the names of
   the intervals, and `days`. Before the first island and after the last there is no gap. #}
{% macro gaps(relation, keys, first, last, gap=1) -%}
    select *, {{ days_between(first, last) }} + 1 as days
    from
        (
            select
                {{ keys | join(", ") }},
                {{ add_days(last, 1) }} as {{ first }},
                lead({{ add_days(first, -1) }}) over (
                    partition by {{ keys | join(", ") }} order by {{ first }}
                ) as {{ last }}
            from ({{ islands(relation, keys, first, last, gap) }}) as islands
        ) as between_islands
    where {{ last }} is not null
{%- endmacro %}

{# A query: a panel with one row per person and calendar year in which an interval of the person has a day, from one
   year to another: person, year, and `days`, the number of days of that year in the intervals. Intervals of a person
   must not overlap (see islands); a missing last day is open. #}
{% macro person_years(relation, person, first, last, from_year, to_year) -%}
    {%- set begins = "greatest(" ~ first ~ ", make_date(cast(year as int), 1, 1))" -%}
    {%- set ends = "least(until, make_date(cast(year as int), 12, 31))" -%}
    select
        {{ person }},
        cast(year as int) as year,
        sum({{ days_between(begins, ends) }} + 1) as days
    from
        (
            select
                *,
                unnest(
                    range(
                        cast(greatest({{ year_of(first) }}, {{ from_year }}) as bigint),
                        cast(least({{ year_of("until") }}, {{ to_year }}) + 1 as bigint)
                    )
                ) as year
            from ({{ open_intervals(relation, [person], first, last) }}) as opened
        ) as years
    where year is not null
    group by {{ person }}, year
{%- endmacro %}
