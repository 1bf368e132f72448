{{ config(enabled=(lpr_delivered("3f") == "true")) }}

with
    procedure_rows as (
        select
            {{ text("dw_ek_kontakt") }} as dw_ek_kontakt,
            {{ text("procedurekode") }} as procedurekode,
            {{ text("proceduretype") }} as proceduretype,
            dato_procedure,
            tidspunkt_procedure,
            {{ text("producerende_enhed") }} as producerende_enhed,
            {{ text("procedureart") }} as procedureart,
            {{ text("sideangivelse") }} as sideangivelse,
            {{ text("handlingsspecifikation") }} as handlingsspecifikation,
            {{ text("kontakt_til_afslutning") }} as kontakt_til_afslutning,
            {{ text("supplerende_kode") }} as supplerende_kode,
            period_start,
            period_end,
            source_file
        from {{ source("raw", "procedurer_andre") }}
    )

select *
from procedure_rows
