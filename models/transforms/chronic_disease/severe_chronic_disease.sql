{%- set definition = scd_chosen() -%}
with
    patients as (select pnr from {{ ref("contacts") }} group by pnr),

    diseased_persons as (
        select
            pnr,
            min(diagnosis_date) as first_scd_date,
            count(*) as n_scd_diagnoses
            {%- for category in scd_category_names() %}
                , bool_or(category = '{{ category }}') as category_{{ category }}
            {%- endfor %}
        from ({{ scd_matches(definition) }}) as matched_diagnoses
        group by pnr
    ),

    absent_categories as ({{ scd_absent_categories(definition) }}),

    severe_chronic_disease as (
        select
            patients.pnr,
            {{ literal(definition) }} as definition,
            diseased_persons.pnr is not null as is_scd,
            diseased_persons.first_scd_date,
            coalesce(diseased_persons.n_scd_diagnoses, 0) as n_scd_diagnoses
            {%- for category in scd_category_names() %}
                ,
                coalesce(diseased_persons.category_{{ category }}, false)
                or absent_categories.category_{{ category }} as category_{{ category }}
            {%- endfor %}
        from patients
        left join diseased_persons on diseased_persons.pnr = patients.pnr
        cross join absent_categories
    )

select *
from severe_chronic_disease
