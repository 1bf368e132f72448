{%- set order = "period_end, source_file" -%}
with
    newest_records as (
        select
            cpr_barn as pnr,
            {{ newest("foedselsdato", order) }} as birth_date,
            {{ newest("cpr_moder", order) }} as mother_pnr,
            {{ newest("cpr_fader", order) }} as father_pnr,
            {{ newest("flerfold", order) }} as multiple_birth,
            {{ newest("foed_vaegt", order) }} as birth_weight,
            {{ newest("foed_laengde", order) }} as birth_length,
            {{ newest("gestationsalder", order) }} as gestational_age,
            {{ newest("hovedomfang", order) }} as head_circumference,
            {{ newest("foedested", order) }} as birth_place,
            {{ newest("apgar5", order) }} as apgar_5
        from {{ ref("mfr") }}
        where cpr_barn is not null
        group by cpr_barn
    )

select *
from newest_records
