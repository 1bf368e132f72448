{{ config(enabled=(lpr_delivered("2") == "true")) }}

with
    procedure_rows as (
        select
            {{ text("recnum") }} as recnum,
            {{ text("c_opr") }} as c_opr,
            {{ text("c_tilopr") }} as c_tilopr,
            {{ text("c_oprart") }} as c_oprart,
            {{ text("c_osgh") }} as c_osgh,
            d_odto,
            v_otime,
            v_ominut,
            leverancedato,
            {{ text("version") }} as version,
            period_start,
            period_end,
            source_file
        from {{ source("raw", "lpr_sksube") }}
    )

select *
from procedure_rows
