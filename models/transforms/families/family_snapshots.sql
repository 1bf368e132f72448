{{ config(materialized="view") }}

with
    snapshots as (
        select
            snapshot_date,
            lead(snapshot_date) over (order by snapshot_date) as next_snapshot_date
        from {{ ref("families") }}
        group by snapshot_date
    ),

    family_snapshots as (
        select
            families.family_id,
            families.snapshot_date as valid_from,
            coalesce(
                {{ add_days("snapshots.next_snapshot_date", -1) }},
                cast('9999-12-31' as date)
            ) as valid_to,
            families.* exclude (family_id, snapshot_date)
        from {{ ref("families") }} as families
        inner join snapshots on snapshots.snapshot_date = families.snapshot_date
    )

select *
from family_snapshots
