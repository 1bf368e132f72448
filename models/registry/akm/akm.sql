with
    labour_market_positions as (
        select
            {{ text("pnr") }} as pnr,
            socio,
            socio02,
            socio13,
            {{ text("cprtjek") }} as cprtjek,
            {{ text("cprtype") }} as cprtype,
            {{ text("version") }} as version,
            {{ text("senr") }} as senr,
            period_start,
            period_end,
            source_file
        from {{ source("raw", "akm") }}
    )

select *
from labour_market_positions
