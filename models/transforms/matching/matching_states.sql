{{ config(materialized="ephemeral") }}

{%- set known = [
    "sex",
    "civil_status",
    "origin",
    "origin_country",
    "citizenship",
    "municipality_code",
    "region_code",
    "family_type",
    "family_children",
    "household_type",
    "household_members",
    "household_children",
] -%}
{%- for column in var("matching_exact") if column not in known -%}
    {{
        exceptions.raise_compiler_error(
            "'"
            ~ column
            ~ "' in matching_exact is no column to match on, use "
            ~ known
            | join(", ")
        )
    }}
{%- endfor -%}
{%- set last_day = "cast('9999-12-31' as date)" %}
with
    {% if var("matching_exact") or var("matching_family_window") is number %}
        matching_states as (
            select
                pnr,
                snapshot_date as state_from,
                coalesce(
                    {{ add_days("lead(snapshot_date) over by_date", -1) }},
                    {{ last_day }}
                ) as state_to,
                ''
                {%- for column in var("matching_exact") %}
                    || cast({{ column }} as varchar) || '|'
                {%- endfor %} as exact_values,
                family_members
            from {{ ref("residents") }}
            window by_date as (partition by pnr order by snapshot_date)
        )
    {% else %}
        matching_states as (
            select
                pnr,
                cast('0001-01-01' as date) as state_from,
                {{ last_day }} as state_to,
                '' as exact_values,
                cast(null as smallint) as family_members
            from {{ ref("population_scd") }}
        )
    {% endif %}

select *
from matching_states
