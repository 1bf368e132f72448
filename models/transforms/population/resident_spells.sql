{%- set open_end = "cast('9999-12-31' as date)" %}
with
    -- a person is here from birth, unless the first move is into the country: then
    -- from what shows the person before it
    beginnings as (
        select
            pnr,
            case
                when first_move_type = 'in'
                then known_from
                else coalesce(birth_date, first_snapshot_date)
            end as day,
            false as is_move,
            true as is_here
        from {{ ref("registered_persons") }}
        where
            coalesce(birth_date, first_snapshot_date) is not null
            and coalesce(first_move_type = 'out' or known_from < first_move_date, true)
    ),

    moves as (
        select
            pnr,
            event_date as day,
            true as is_move,
            bool_or(event_type = 'in') as is_here
        from {{ ref("migrations") }}
        where event_type is not null
        group by pnr, event_date
    ),

    turns as (
        select
            *,
            lag(is_here) over (
                partition by pnr order by day nulls first, is_move
            ) as was_here
        from
            (
                select *
                from beginnings
                union all
                select *
                from moves
            ) as days
    ),

    changes as (
        select
            pnr,
            day,
            is_move,
            is_here,
            lead(day) over (
                partition by pnr order by day nulls first, is_move
            ) as next_change
        from turns
        where was_here is null or was_here <> is_here
    ),

    stays as (
        select
            changes.pnr,
            changes.day as resident_from,
            coalesce(
                {{ add_days("changes.next_change", -1) }}, {{ open_end }}
            ) as moves_on,
            coalesce(persons.death_date, {{ open_end }}) as dies_on,
            changes.is_move,
            persons.birth_date,
            persons.known_from
        from changes
        inner join
            {{ ref("registered_persons") }} as persons on persons.pnr = changes.pnr
        where changes.is_here
    ),

    resident_spells as (
        select
            pnr,
            resident_from,
            least(moves_on, dies_on) as resident_to,
            case
                when is_move
                then 'move'
                when resident_from = birth_date
                then 'birth'
                else 'snapshot'
            end as begins_with,
            case
                when least(moves_on, dies_on) = {{ open_end }}
                then null
                when dies_on <= moves_on
                then 'death'
                else 'move'
            end as ends_with,
            known_from
        from stays
        where least(moves_on, dies_on) >= resident_from
    )

select *
from resident_spells
