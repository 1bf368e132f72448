with
    deaths as (
        select {{ text("pnr") }} as pnr, doddato, period_start, period_end, source_file
        from {{ source("raw", "dod") }}
    )

select *
from deaths
