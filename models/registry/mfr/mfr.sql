with
    births as (
        select
            {{ text("cpr_barn") }} as cpr_barn,
            foedselsdato,
            {{ text("cpr_moder") }} as cpr_moder,
            {{ text("cpr_fader") }} as cpr_fader,
            flerfold,
            foed_vaegt,
            foed_laengde,
            gestationsalder,
            hovedomfang,
            {{ text("foedested") }} as foedested,
            apgar5,
            {{ text("version") }} as version,
            period_start,
            period_end,
            source_file
        from {{ source("raw", "mfr") }}
    )

select *
from births
