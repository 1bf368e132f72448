{%- set categories = [
    "cancer",
    "blood_immune",
    "endocrine_metabolic",
    "nervous_system",
    "circulatory",
    "respiratory",
    "digestive",
    "musculoskeletal",
    "genitourinary",
    "perinatal",
    "congenital",
] -%}
with
    patients as (select pnr from {{ ref("contacts") }} group by pnr),

    definition_codes as (
        select prefix, category
        from {{ ref("scd_codes") }}
        where definition = '{{ var("scd_definition") }}'
    ),

    counted_diagnoses as (
        select pnr, admission_date, diagnosis_code
        from {{ ref("diagnoses") }}
        where
            diagnosis_role in ({{ quoted(var("scd_roles")) }})
            and later_disproved is not true
    ),

    -- a prefix has three or four characters, so each matches by equality
    matched_diagnoses as (
        select
            counted_diagnoses.pnr,
            counted_diagnoses.admission_date,
            short_codes.category as short_category,
            long_codes.category as long_category
        from counted_diagnoses
        left join
            definition_codes as short_codes
            on short_codes.prefix = substr(counted_diagnoses.diagnosis_code, 1, 3)
        left join
            definition_codes as long_codes
            on long_codes.prefix = substr(counted_diagnoses.diagnosis_code, 1, 4)
            and length(long_codes.prefix) = 4
        where short_codes.category is not null or long_codes.category is not null
    ),

    diseased_persons as (
        select
            pnr,
            min(admission_date) as first_scd_date,
            count(*) as n_scd_diagnoses
            {%- for category in categories %}
                ,
                coalesce(
                    bool_or(
                        short_category = '{{ category }}'
                        or long_category = '{{ category }}'
                    ),
                    false
                ) as category_{{ category }}
            {%- endfor %}
        from matched_diagnoses
        group by pnr
    ),

    severe_chronic_disease as (
        select
            patients.pnr,
            diseased_persons.pnr is not null as is_scd,
            diseased_persons.first_scd_date,
            coalesce(diseased_persons.n_scd_diagnoses, 0) as n_scd_diagnoses
            {%- for category in categories %}
                ,
                coalesce(
                    diseased_persons.category_{{ category }}, false
                ) as category_{{ category }}
            {%- endfor %}
        from patients
        left join diseased_persons on diseased_persons.pnr = patients.pnr
    )

select *
from severe_chronic_disease
