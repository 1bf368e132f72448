with
    points as (
        select pnr, index_date
        from {{ ref("study_cases") }}
        where is_eligible
        union all
        select control_pnr as pnr, match_date as index_date
        from {{ ref("matched_pairs") }}
        union all
        select pnr, index_date
        from {{ ref("comparison_persons") }}
    ),

    different_points as (select pnr, index_date from points group by pnr, index_date),

    study_index_dates as (
        select
            points.pnr,
            points.index_date,
            population.birth_date,
            population.mother_pnr,
            population.mother_birth_date,
            population.father_pnr,
            population.father_birth_date
        from different_points as points
        inner join {{ ref("population") }} as population on population.pnr = points.pnr
    )

select *
from study_index_dates
