with
    incomes as (
        select
            {{ text("pnr") }} as pnr,
            beskst13,
            loenmv_13,
            perindkialt_13,
            pre_socio,
            dispon_13,
            aekvivadisp_13,
            {{ text("cprtjek") }} as cprtjek,
            {{ text("cprtype") }} as cprtype,
            {{ text("version") }} as version,
            period_start,
            period_end,
            source_file
        from {{ source("raw", "ind") }}
    )

select *
from incomes
