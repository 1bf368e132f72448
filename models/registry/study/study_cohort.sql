with
    members as (
        select {{ text("pnr") }} as pnr, index_date, source_file
        from {{ source("study", "cohort") }}
    )

select *
from members
