with
    education_intervals as (
        select
            {{ text("pnr") }} as pnr,
            {{ text("hfaudd") }} as hfaudd,
            {{ text("hf_kilde") }} as hf_kilde,
            hf_vfra,
            hf_vtil,
            instnr,
            {{ text("cprtjek") }} as cprtjek,
            {{ text("cprtype") }} as cprtype,
            {{ text("version") }} as version,
            period_start,
            period_end,
            source_file
        from {{ source("raw", "uddf") }}
    )

select *
from education_intervals
