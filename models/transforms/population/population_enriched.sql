with
    last_moves as (
        select
            pnr,
            {{ newest("event_type", "event_date, event_type desc") }} as migration_type,
            max(event_date) as migration_date
        from {{ ref("migrations") }}
        where event_type is not null and event_date is not null
        group by pnr
    ),

    enriched as (
        select
            population.*,
            deaths.death_date,
            deaths.death_cause,
            deaths.death_cause_chapter,
            last_moves.migration_type,
            last_moves.migration_date
        from {{ ref("population") }} as population
        left join {{ ref("deaths") }} as deaths on deaths.pnr = population.pnr
        left join last_moves on last_moves.pnr = population.pnr
    )

select *
from enriched
