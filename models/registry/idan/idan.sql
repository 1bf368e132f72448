with
    delivered_jobs as (
        select
            {{ text("pnr") }} as pnr,
            {{ text("lbnr") }} as lbnr,
            {{ text("arbgnr") }} as arbgnr,
            {{ text("arbnr") }} as arbnr,
            {{ text("cvrnr") }} as cvrnr,
            jobkat,
            joblon,
            {{ text("still") }} as still,
            tilknyt,
            {{ text("cprtjek") }} as cprtjek,
            {{ text("cprtype") }} as cprtype,
            period_start,
            period_end,
            source_file
        from {{ source("raw", "idan") }}
    )

select *
from delivered_jobs
