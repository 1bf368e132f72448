{{ config(enabled=(lpr_delivered("2") == "true" or lpr_delivered("3f") == "true")) }}

with
    procedure_occurrences as (
        select
            pnr,
            procedure_code,
            min(procedure_date) as first_date,
            max(procedure_date) as last_date,
            count(*) as n
        from {{ ref("procedures") }}
        group by pnr, procedure_code
    )

select *
from procedure_occurrences
