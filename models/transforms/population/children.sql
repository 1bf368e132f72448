with
    records as (
        select
            pnr,
            birth_date,
            {{ text("father_pnr") }} as father_pnr,
            {{ text("mother_pnr") }} as mother_pnr,
            {{ text("family_id") }} as family_id,
            true as in_bef,
            false as in_mfr
        from {{ ref("bef_children") }}
        union all
        select
            pnr,
            birth_date,
            {{ text("father_pnr") }} as father_pnr,
            {{ text("mother_pnr") }} as mother_pnr,
            cast(null as varchar) as family_id,
            false as in_bef,
            true as in_mfr
        from {{ ref("mfr_children") }}
    ),

    -- of two records the one of BEF is the newer, so that it wins where it has a value
    children as (
        select
            pnr,
            {{ newest("birth_date", "in_bef", fill=true) }} as birth_date,
            {{ newest("father_pnr", "in_bef", fill=true) }} as father_pnr,
            {{ newest("mother_pnr", "in_bef", fill=true) }} as mother_pnr,
            {{ newest("family_id", "in_bef", fill=true) }} as family_id,
            bool_or(in_bef) as in_bef,
            bool_or(in_mfr) as in_mfr
        from records
        group by pnr
    )

select *
from children
