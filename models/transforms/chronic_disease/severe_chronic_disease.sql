{%- set definition = scd_chosen() -%}
with
    patients as (select pnr from {{ ref("contacts") }} group by pnr),

    diseased_persons as (
        select
            pnr,
            min(diagnosis_date) as first_scd_date,
            count(*) as n_scd_diagnoses
            {%- for category in scd_category_definitions() %}
                , bool_or(category = '{{ category }}') as category_{{ category }}
            {%- endfor %}
        from ({{ scd_matches(definition) }}) as matched_diagnoses
        group by pnr
    ),

    -- a category that the definition does not have is missing, not false
    severe_chronic_disease as (
        select
            patients.pnr,
            diseased_persons.pnr is not null as is_scd,
            diseased_persons.first_scd_date,
            coalesce(diseased_persons.n_scd_diagnoses, 0) as n_scd_diagnoses,
            {{ literal(definition) }} as definition
            {%- for category, definitions in scd_category_definitions().items() %}
                ,
                {% if definition in definitions %}
                    coalesce(diseased_persons.category_{{ category }}, false)
                {% else %} cast(null as boolean)
                {% endif %} as category_{{ category }}
            {%- endfor %}
        from patients
        left join diseased_persons on diseased_persons.pnr = patients.pnr
    )

select *
from severe_chronic_disease
