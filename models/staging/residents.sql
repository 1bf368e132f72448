{{ config(materialized="view") }}

with
    residents as (
        select
            bef.pnr,
            bef.period_end as snapshot_date,
            sexes.sex,
            bef.foed_dag as birth_date,
            bef.mor_id as mother_pnr,
            bef.far_id as father_pnr,
            bef.familie_id as family_id,
            bef.e_faelle_id as partner_pnr,
            bef.plads as family_place,
            bef.fm_mark as parent_mark,
            bef.civst as civil_status,
            origins.origin,
            bef.opr_land as origin_country,
            bef.statsb as citizenship,
            bef.kom as municipality_code,
            bef.reg as region_code,
            bef.bop_vfra as moved_in_date,
            bef.familie_type as family_type,
            bef.antpersf as family_members,
            bef.antboernf as family_children,
            bef.hustype as household_type,
            bef.antpersh as household_members,
            bef.antboernh as household_children
        from {{ ref("bef") }} as bef
        left join {{ ref("sexes") }} as sexes on sexes.code = upper(bef.koen)
        left join {{ ref("origins") }} as origins on origins.code = bef.ie_type
    )

select *
from residents
