with
    result_rows as (
        select
            {{ text("patient_cpr") }} as patient_cpr,
            samplingdate,
            {{ text("samplingtime") }} as samplingtime,
            {{ text("analysiscode") }} as analysiscode,
            {{ text("value") }} as value,
            {{ text("unit") }} as unit,
            {{ text("operator") }} as operator,
            {{ text("resulttype") }} as resulttype,
            {{ text("laboratorium_idcode") }} as laboratorium_idcode,
            {{ text("referenceinterval_lowerlimit") }} as referenceinterval_lowerlimit,
            {{ text("referenceinterval_upperlimit") }} as referenceinterval_upperlimit,
            period_start,
            period_end,
            source_file
        from {{ source("raw", "lab_dm_forsker") }}
    )

select *
from result_rows
