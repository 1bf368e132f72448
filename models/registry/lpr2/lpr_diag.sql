{{ config(enabled=(lpr_delivered("2") == "true")) }}

with
    diagnosis_rows as (
        select
            {{ text("c_diag") }} as c_diag,
            {{ text("c_diagtype") }} as c_diagtype,
            {{ text("c_tildiag") }} as c_tildiag,
            leverancedato,
            {{ text("recnum") }} as recnum,
            {{ text("version") }} as version,
            period_start,
            period_end,
            source_file
        from {{ source("raw", "lpr_diag") }}
    )

select *
from diagnosis_rows
