with
    candidates as (
        select case_pnr, count(*) as candidates
        from {{ ref("matching_candidates") }}
        group by case_pnr
    ),

    controls as (
        select case_pnr, min(match_id) as match_id, count(*) as controls
        from {{ ref("matched_pairs") }}
        group by case_pnr
    ),

    matched_sets as (
        select
            pools.case_pnr,
            controls.match_id,
            pools.eligible_controls,
            coalesce(candidates.candidates, 0) as candidates,
            coalesce(controls.controls, 0) as controls
        from {{ ref("matching_pools") }} as pools
        left join candidates on candidates.case_pnr = pools.case_pnr
        left join controls on controls.case_pnr = pools.case_pnr
    )

select *
from matched_sets
