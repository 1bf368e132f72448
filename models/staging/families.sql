with
    families as (
        select
            familie_id as family_id,
            period_end as snapshot_date,
            count(*) as members,
            count(*) filter (where plads in (1, 2)) as adults,
            count(*) filter (where plads = 3) as children,
            count(*) filter (where alder < 18) as minors,
            max(antpersf) as stated_members,
            max(antboernf) as stated_children,
            min(familie_type) as family_type,
            min(kom) as municipality_code,
            max(antpersh) as household_members,
            max(antboernh) as household_children,
            min(hustype) as household_type
        from {{ ref("bef") }}
        where familie_id is not null
        group by familie_id, period_end
    )

select *
from families
