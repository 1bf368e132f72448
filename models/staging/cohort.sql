with
    index_dates as (
        select pnr, index_date
        from {{ ref("study_cohort") }}
        where pnr is not null and index_date is not null
        group by pnr, index_date
    )

select *
from index_dates
