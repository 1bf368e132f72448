with
    parents as (
        select mother_pnr as pnr, index_date
        from {{ ref("study_index_dates") }}
        where mother_pnr is not null
        union all
        select father_pnr as pnr, index_date
        from {{ ref("study_index_dates") }}
        where father_pnr is not null
    ),

    study_parents as (select pnr, index_date from parents group by pnr, index_date)

select *
from study_parents
