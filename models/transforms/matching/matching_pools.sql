with
    pools as (
        select case_pnr, count(*) as eligible_controls
        from {{ ref("eligible_pairs") }}
        group by case_pnr
    ),

    matching_pools as (
        select
            cases.pnr as case_pnr,
            coalesce(pools.eligible_controls, 0) as eligible_controls
        from {{ ref("study_cases") }} as cases
        left join pools on pools.case_pnr = cases.pnr
        where cases.is_eligible
    )

select *
from matching_pools
