{{ config(enabled=(lpr_delivered("3f") == "true")) }}

with
    diagnosis_rows as (
        select
            {{ text("dw_ek_kontakt") }} as dw_ek_kontakt,
            {{ text("diagnosekode") }} as diagnosekode,
            {{ text("diagnosetype") }} as diagnosetype,
            {{ text("senere_afkraeftet") }} as senere_afkraeftet,
            {{ text("diagnosekode_parent") }} as diagnosekode_parent,
            {{ text("diagnosetype_parent") }} as diagnosetype_parent,
            {{ text("lprindberetningssystem") }} as lprindberetningssystem,
            period_start,
            period_end,
            source_file
        from {{ source("raw", "diagnoser") }}
    )

select *
from diagnosis_rows
