with
    rows_so_far as (
        select
            pnr,
            event_date,
            sum(joined_rows) over (partition by pnr order by event_date) as n_rows
        from {{ ref("diabetes_events") }}
    ),

    inclusions as (
        select pnr, min(event_date) as raw_inclusion_date
        from rows_so_far
        where n_rows >= 2
        group by pnr
    )

select *
from inclusions
