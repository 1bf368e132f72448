with
    newest_states as (
        {{
            as_of(
                ref("cohort"),
                "index_date",
                ref("residents"),
                "snapshot_date",
                "pnr",
                ["birth_date", "father_pnr", "mother_pnr"],
            )
        }}
    ),

    known_parents as (
        select
            newest_states.pnr,
            newest_states.index_date,
            coalesce(newest_states.birth_date, births.birth_date) as birth_date,
            coalesce(newest_states.father_pnr, births.father_pnr) as father_pnr,
            coalesce(newest_states.mother_pnr, births.mother_pnr) as mother_pnr
        from newest_states
        left join
            {{ ref("births") }} as births
            on births.pnr = newest_states.pnr
            and births.birth_date <= newest_states.index_date
    ),

    residence as (
        select
            known_parents.*,
            cast(
                {{ age_at("known_parents.birth_date", "known_parents.index_date") }}
                as int
            ) as age,
            own_spells.pnr is not null as is_resident,
            case
                when known_parents.father_pnr is not null
                then father_spells.pnr is not null
            end as father_resident,
            case
                when known_parents.mother_pnr is not null
                then mother_spells.pnr is not null
            end as mother_resident
        from known_parents
        left join
            {{ ref("resident_spells") }} as own_spells
            on own_spells.pnr = known_parents.pnr
            and
            {{ is_resident_at("own_spells", "known_parents.index_date", known=true) }}
        left join
            {{ ref("resident_spells") }} as father_spells
            on father_spells.pnr = known_parents.father_pnr
            and {{
                is_resident_at(
                    "father_spells", "known_parents.index_date", known=true
                )
            }}
        left join
            {{ ref("resident_spells") }} as mother_spells
            on mother_spells.pnr = known_parents.mother_pnr
            and {{
                is_resident_at(
                    "mother_spells", "known_parents.index_date", known=true
                )
            }}
    ),

    family_status as (
        select
            pnr,
            index_date,
            age,
            age between 0 and {{ var("adult_age") }} - 1 as is_child,
            is_resident,
            father_pnr,
            father_resident,
            mother_pnr,
            mother_resident,
            case
                when age is null or age < 0 or age >= {{ var("adult_age") }}
                then null
                when father_resident and mother_resident
                then 'two_parents'
                when mother_resident
                then 'single_mother'
                when father_resident
                then 'single_father'
                else 'no_parent'
            end as family_type
        from residence
    )

select *
from family_status
