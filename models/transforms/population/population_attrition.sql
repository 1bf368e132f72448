{%- set first_day = var("birth_year_from") ~ "-01-01" -%}
{%- set last_day = var("birth_year_to") ~ "-12-31" %}
with
    records as (
        select pnr, birth_date
        from {{ ref("persons") }}
        union all
        select pnr, birth_date
        from {{ ref("births") }}
    ),

    candidates as (
        select
            pnr,
            max(birth_date) as last_birth_date,
            bool_or(
                {{ between_bounds("birth_date", first_day, last_day) }}
            ) as is_born_in_years
        from records
        group by pnr
    ),

    counts as (
        select
            count(*) as registered,
            count(last_birth_date) as dated,
            count(*) filter (
                where {{ between_bounds("last_birth_date", first_day, "") }}
            ) as born_from,
            count(*) filter (where is_born_in_years) as born_to
        from candidates
    ),

    children as (select count(*) as children from {{ ref("population") }}),

    steps as (
        select
            unnest(make_array(1, 2, 3, 4, 5)) as step_no,
            unnest(
                make_array(
                    'registered',
                    'birth_date_known',
                    'born_from',
                    'born_to',
                    'population'
                )
            ) as step,
            unnest(
                make_array(
                    'in BEF or MFR',
                    'with a birth date in the newest snapshot of BEF or in MFR',
                    'born in {{ var("birth_year_from") }} or later',
                    'born in {{ var("birth_year_to") }} or earlier',
                    'children of the population'
                )
            ) as rule,
            unnest(
                make_array(
                    counts.registered,
                    counts.registered,
                    counts.dated,
                    counts.born_from,
                    counts.born_to
                )
            ) as n_before,
            unnest(
                make_array(
                    counts.registered,
                    counts.dated,
                    counts.born_from,
                    counts.born_to,
                    children.children
                )
            ) as n_after
        from counts
        cross join children
    ),

    attrition as (
        select
            cast(step_no as int) as step_no,
            step,
            rule,
            n_before,
            n_after,
            n_before - n_after as n_excluded
        from steps
    )

select *
from attrition
