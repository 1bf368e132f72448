{%- set definition = scd_chosen() -%}
with
    judged_patients as (
        select pnr, severity
        from {{ ref("scd_patients") }}
        where definition = {{ literal(definition) }}
    ),

    absent_categories as ({{ scd_absent_categories(definition) }}),

    population_scd as (
        select
            population.*,
            {{ literal(definition) }} as definition,
            coalesce(patients.is_scd, false) as is_scd,
            patients.first_scd_date,
            judged_patients.severity
            {%- for category in scd_category_names() %}
                ,
                coalesce(patients.category_{{ category }}, false)
                or absent_categories.category_{{ category }}
                as scd_category_{{ category }}
            {%- endfor %}
        from {{ ref("population") }} as population
        left join
            {{ ref("severe_chronic_disease") }} as patients
            on patients.pnr = population.pnr
        left join judged_patients on judged_patients.pnr = population.pnr
        cross join absent_categories
    )

select *
from population_scd
