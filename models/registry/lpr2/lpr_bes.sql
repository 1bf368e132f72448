{{ config(enabled=(lpr_delivered("2") == "true")) }}

with
    visit_rows as (
        select
            d_ambdto,
            leverancedato,
            {{ text("recnum") }} as recnum,
            {{ text("version") }} as version,
            period_start,
            period_end,
            source_file
        from {{ source("raw", "lpr_bes") }}
    )

select *
from visit_rows
