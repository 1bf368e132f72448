{{ config(enabled=(lpr_delivered("2") == "true")) }}

with
    contact_rows as (
        select
            {{ text("pnr") }} as pnr,
            {{ text("c_adiag") }} as c_adiag,
            {{ text("c_afd") }} as c_afd,
            {{ text("c_hafd") }} as c_hafd,
            {{ text("c_henm") }} as c_henm,
            {{ text("c_hsgh") }} as c_hsgh,
            {{ text("c_indm") }} as c_indm,
            {{ text("c_kom") }} as c_kom,
            {{ text("c_kontaars") }} as c_kontaars,
            {{ text("c_pattype") }} as c_pattype,
            {{ text("c_sgh") }} as c_sgh,
            {{ text("c_spec") }} as c_spec,
            {{ text("c_udm") }} as c_udm,
            {{ text("cprtjek") }} as cprtjek,
            {{ text("cprtype") }} as cprtype,
            d_hendto,
            d_inddto,
            d_uddto,
            {{ text("k_afd") }} as k_afd,
            {{ text("recnum") }} as recnum,
            v_alddg,
            v_alder,
            v_indminut,
            v_indtime,
            v_sengdage,
            v_udtime,
            {{ text("version") }} as version,
            period_start,
            period_end,
            source_file
        from {{ source("raw", "lpr_adm") }}
    )

select *
from contact_rows
