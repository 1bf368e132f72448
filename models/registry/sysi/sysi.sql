with
    service_rows as (
        select
            {{ text("pnr") }} as pnr,
            {{ text("ydernr") }} as ydernr,
            {{ text("speciale") }} as speciale,
            {{ text("ydtyp") }} as ydtyp,
            ydlant,
            {{ text("ydltid") }} as ydltid,
            {{ text("ydersamt") }} as ydersamt,
            {{ text("afrper") }} as afrper,
            bruhon,
            {{ text("honuge") }} as honuge,
            barnmak,
            {{ text("sikgrup") }} as sikgrup,
            {{ text("pattyp") }} as pattyp,
            {{ text("praktyp") }} as praktyp,
            {{ text("sikrekom") }} as sikrekom,
            period_start,
            period_end,
            source_file
        from {{ source("raw", "sysi") }}
    )

select *
from service_rows
