with
    balance_persons as (
        select
            pnr,
            index_date,
            'before' as stage,
            'case' as role,
            cast(null as bigint) as match_id
        from {{ ref("study_cases") }}
        where is_eligible
        union all
        select
            pnr,
            index_date,
            'before' as stage,
            'control' as role,
            cast(null as bigint) as match_id
        from {{ ref("comparison_persons") }}
        union all
        select pnr, index_date, 'after' as stage, role, match_id
        from {{ ref("study_persons") }}
    )

select *
from balance_persons
