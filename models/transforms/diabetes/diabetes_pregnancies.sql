with
    pregnancies as (
        select pnr, event_date as pregnancy_date
        from {{ ref("diabetes_diagnosis_rows") }}
        where is_pregnancy and event_date is not null
        group by pnr, event_date
    )

select *
from pregnancies
