with
    scd_categories as (
        select
            pnr,
            definition,
            category,
            min(diagnosis_date) as first_scd_date,
            count(*) as n_scd_diagnoses,
            max(severity) as severity
        from {{ ref("scd_diagnoses") }}
        group by pnr, definition, category
    )

select *
from scd_categories
