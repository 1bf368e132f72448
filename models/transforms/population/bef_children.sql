{{ config(materialized="view") }}

{%- set first_day = var("birth_year_from") ~ "-01-01" -%}
{%- set last_day = var("birth_year_to") ~ "-12-31" %}
with
    born_in_the_years as (
        select pnr, birth_date, father_pnr, mother_pnr, family_id
        from {{ ref("persons") }}
        where {{ between_bounds("birth_date", first_day, last_day) }}
    )

select *
from born_in_the_years
