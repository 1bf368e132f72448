{{ config(enabled=(lpr_delivered("3f") == "true")) }}

with
    contact_rows as (
        select
            {{ text("sorenhed_ind") }} as sorenhed_ind,
            {{ text("sorenhed_hen") }} as sorenhed_hen,
            {{ text("sorenhed_ans") }} as sorenhed_ans,
            {{ text("dw_ek_kontakt") }} as dw_ek_kontakt,
            {{ text("dw_ek_forloeb") }} as dw_ek_forloeb,
            {{ text("cpr") }} as cpr,
            {{ text("hovedspeciale_ans") }} as hovedspeciale_ans,
            dato_start,
            tidspunkt_start,
            dato_slut,
            tidspunkt_slut,
            {{ text("aktionsdiagnose") }} as aktionsdiagnose,
            {{ text("kontaktaarsag") }} as kontaktaarsag,
            {{ text("prioritet") }} as prioritet,
            {{ text("kontakttype") }} as kontakttype,
            {{ text("henvisningsaarsag") }} as henvisningsaarsag,
            {{ text("henvisningsmaade") }} as henvisningsmaade,
            dato_behandling_start,
            tidspunkt_behandling_start,
            dato_indberetning,
            {{ text("lprindberetningssystem") }} as lprindberetningssystem,
            period_start,
            period_end,
            source_file
        from {{ source("raw", "kontakter") }}
    )

select *
from contact_rows
