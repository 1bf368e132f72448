with
    dispensing_rows as (
        select
            {{ text("pnr") }} as pnr,
            eksd,
            {{ text("atc") }} as atc,
            volume,
            apk,
            {{ text("indo") }} as indo,
            {{ text("doso") }} as doso,
            {{ text("vnr") }} as vnr,
            {{ text("ovnr") }} as ovnr,
            packsize,
            {{ text("dosform") }} as dosform,
            eksp,
            aldr,
            {{ text("abc") }} as abc,
            period_start,
            period_end,
            source_file
        from {{ source("raw", "lmdb") }}
    )

select *
from dispensing_rows
