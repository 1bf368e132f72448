with
    services as (
        select pnr, week_start as event_date, specialty_code
        from {{ ref("health_service_rows") }}
        where
            starts_with(specialty_code, '54')
            and not is_for_child
            and week_start is not null
        group by pnr, week_start, specialty_code
    )

select *
from services
