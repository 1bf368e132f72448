{{ config(enabled=(lpr_delivered("3a") == "true")) }}

with
    diagnosis_rows as (
        select
            {{ text("dw_ek_kontakt") }} as dw_ek_kontakt,
            {{ text("diag_kode") }} as diag_kode,
            {{ text("diag_kode_type") }} as diag_kode_type,
            {{ text("diag_parent_kode") }} as diag_parent_kode,
            {{ text("senere_afkraeftet") }} as senere_afkraeftet,
            {{ text("lprindberetningssystem") }} as lprindberetningssystem,
            period_start,
            period_end,
            source_file
        from {{ source("raw", "lpr_a_diagnose") }}
    )

select *
from diagnosis_rows
