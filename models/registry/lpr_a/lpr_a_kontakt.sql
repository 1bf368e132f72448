{{ config(enabled=(lpr_delivered("3a") == "true")) }}

with
    contact_rows as (
        select
            {{ text("dw_ek_kontakt") }} as dw_ek_kontakt,
            {{ text("dw_ek_forloeb") }} as dw_ek_forloeb,
            {{ text("pnr") }} as pnr,
            kont_starttidspunkt,
            kont_sluttidspunkt,
            {{ text("kont_type") }} as kont_type,
            {{ text("kont_patient_type") }} as kont_patient_type,
            {{ text("prioritet") }} as prioritet,
            {{ text("adiag") }} as adiag,
            {{ text("kont_aarsag") }} as kont_aarsag,
            {{ text("kont_henv_aarsag") }} as kont_henv_aarsag,
            {{ text("kont_henv_maade") }} as kont_henv_maade,
            kont_indb_tidspunkt,
            beh_starttidspunkt,
            {{ text("kont_ans") }} as kont_ans,
            {{ text("kont_ans_hovedspec") }} as kont_ans_hovedspec,
            {{ text("borger_bo_kom") }} as borger_bo_kom,
            {{ text("lprindberetningssystem") }} as lprindberetningssystem,
            {{ text("cprtjek") }} as cprtjek,
            {{ text("cprtype") }} as cprtype,
            period_start,
            period_end,
            source_file
        from {{ source("raw", "lpr_a_kontakt") }}
    )

select *
from contact_rows
