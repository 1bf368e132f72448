{{ config(materialized="view") }}

with
    diabetes_rows as (
        select
            pnr,
            event_date,
            is_primary,
            is_type_1,
            is_type_2,
            is_endocrinology,
            is_medical
        from {{ ref("diabetes_diagnosis_rows") }}
        where is_diabetes
    )

select *
from diabetes_rows
