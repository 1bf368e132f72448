with
    diagnosis_occurrences as (
        select
            pnr,
            diagnosis_code,
            min(admission_date) as first_date,
            max(admission_date) as last_date,
            count(*) as n
        from {{ ref("diagnoses") }}
        where
            diagnosis_role in ({{ quoted(var("occurrence_roles")) }})
            and later_disproved is not true
        group by pnr, diagnosis_code
    )

select *
from diagnosis_occurrences
