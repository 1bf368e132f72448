{%- set definition = scd_chosen() -%}
with
    judged_patients as (
        select pnr, severity
        from {{ ref("scd_patients") }}
        where definition = {{ literal(definition) }}
    ),

    -- a category that the definition does not have is missing, not false
    population_scd as (
        select
            population.*,
            {{ literal(definition) }} as definition,
            coalesce(patients.is_scd, false) as is_scd,
            patients.first_scd_date,
            judged_patients.severity
            {%- for category, definitions in scd_category_definitions().items() %}
                ,
                {% if definition in definitions %}
                    coalesce(patients.category_{{ category }}, false)
                {% else %} cast(null as boolean)
                {% endif %} as scd_category_{{ category }}
            {%- endfor %}
        from {{ ref("population") }} as population
        left join
            {{ ref("severe_chronic_disease") }} as patients
            on patients.pnr = population.pnr
        left join judged_patients on judged_patients.pnr = population.pnr
    )

select *
from population_scd
