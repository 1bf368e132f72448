{%- set fill = var("fill_from_older_snapshots") -%}
with
    newest_snapshots as (
        select
            pnr,
            {{ newest("koen", "period_end", fill) }} as koen,
            {{ newest("foed_dag", "period_end", fill) }} as birth_date,
            {{ newest("mor_id", "period_end", fill) }} as mother_pnr,
            {{ newest("far_id", "period_end", fill) }} as father_pnr,
            {{ newest("familie_id", "period_end", fill) }} as family_id,
            {{ newest("ie_type", "period_end", fill) }} as ie_type,
            {{ newest("opr_land", "period_end", fill) }} as origin_country,
            min(period_end) as first_snapshot_date,
            max(period_end) as last_snapshot_date,
            count(*) as snapshots
        from {{ ref("bef") }}
        group by pnr
    ),

    persons as (
        select
            newest_snapshots.pnr,
            sexes.sex,
            newest_snapshots.birth_date,
            newest_snapshots.mother_pnr,
            newest_snapshots.father_pnr,
            newest_snapshots.family_id,
            origins.origin,
            newest_snapshots.origin_country,
            newest_snapshots.first_snapshot_date,
            newest_snapshots.last_snapshot_date,
            newest_snapshots.snapshots
        from newest_snapshots
        left join
            {{ ref("sexes") }} as sexes on sexes.code = upper(newest_snapshots.koen)
        left join
            {{ ref("origins") }} as origins on origins.code = newest_snapshots.ie_type
    )

select *
from persons
