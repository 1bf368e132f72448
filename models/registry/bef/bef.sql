with
    snapshots as (
        select
            {{ text("pnr") }} as pnr,
            foed_dag,
            {{ text("far_id") }} as far_id,
            {{ text("mor_id") }} as mor_id,
            {{ text("familie_id") }} as familie_id,
            {{ text("aegte_id") }} as aegte_id,
            alder,
            antboernf,
            antboernh,
            antpersf,
            antpersh,
            bop_vfra,
            {{ text("civst") }} as civst,
            {{ text("cprtjek") }} as cprtjek,
            {{ text("cprtype") }} as cprtype,
            {{ text("e_faelle_id") }} as e_faelle_id,
            familie_type,
            fm_mark,
            hustype,
            {{ text("ie_type") }} as ie_type,
            {{ text("koen") }} as koen,
            kom,
            {{ text("opr_land") }} as opr_land,
            plads,
            reg,
            statsb,
            {{ text("version") }} as version,
            period_start,
            period_end,
            source_file
        from {{ source("raw", "bef") }}
    )

select *
from snapshots
