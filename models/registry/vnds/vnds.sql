with
    migration_events as (
        select
            {{ text("pnr") }} as pnr,
            {{ text("indud_kode") }} as indud_kode,
            haend_dato,
            {{ text("indud_land") }} as indud_land,
            period_start,
            period_end,
            source_file
        from {{ source("raw", "vnds") }}
    )

select *
from migration_events
