with
    records as (
        select
            pnr,
            2 as precedence,
            birth_date,
            {{ text("father_pnr") }} as father_pnr,
            {{ text("mother_pnr") }} as mother_pnr,
            first_snapshot_date,
            cast(null as date) as mfr_birth_date,
            cast(null as date) as event_date,
            cast(null as varchar) as event_type
        from {{ ref("persons") }}
        union all
        select
            pnr,
            1 as precedence,
            birth_date,
            {{ text("father_pnr") }} as father_pnr,
            {{ text("mother_pnr") }} as mother_pnr,
            cast(null as date) as first_snapshot_date,
            birth_date as mfr_birth_date,
            cast(null as date) as event_date,
            cast(null as varchar) as event_type
        from {{ ref("births") }}
        union all
        select
            pnr,
            0 as precedence,
            cast(null as date) as birth_date,
            cast(null as varchar) as father_pnr,
            cast(null as varchar) as mother_pnr,
            cast(null as date) as first_snapshot_date,
            cast(null as date) as mfr_birth_date,
            event_date,
            event_type
        from {{ ref("migrations") }}
        where event_type is not null
    ),

    persons as (
        select
            pnr,
            {{ newest("birth_date", "precedence", fill=true) }} as birth_date,
            {{ newest("father_pnr", "precedence", fill=true) }} as father_pnr,
            {{ newest("mother_pnr", "precedence", fill=true) }} as mother_pnr,
            min(mfr_birth_date) as mfr_birth_date,
            min(first_snapshot_date) as first_snapshot_date,
            min(event_date) as first_move_date,
            first_value(event_type order by event_date, event_type) filter (
                where event_type is not null
            ) as first_move_type
        from records
        group by pnr
    ),

    registered_persons as (
        select
            persons.pnr,
            persons.birth_date,
            persons.father_pnr,
            persons.mother_pnr,
            persons.first_snapshot_date,
            persons.first_move_date,
            persons.first_move_type,
            least(
                persons.mfr_birth_date,
                persons.first_snapshot_date,
                persons.first_move_date
            ) as known_from,
            deaths.death_date
        from persons
        left join {{ ref("deaths") }} as deaths on deaths.pnr = persons.pnr
    )

select *
from registered_persons
