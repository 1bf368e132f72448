with
    members as (
        select
            population.pnr,
            persons.sex,
            population.birth_date,
            population.mother_birth_date,
            population.father_birth_date,
            population.is_scd,
            population.first_scd_date
        from {{ ref("population_scd") }} as population
        left join {{ ref("persons") }} as persons on persons.pnr = population.pnr
        where not (population.is_scd and population.first_scd_date is null)
    ),

    stays as (
        select
            members.*,
            greatest(spells.resident_from, spells.known_from) as stay_from,
            least(
                spells.resident_to,
                coalesce(
                    {{ add_days("members.first_scd_date", -1) }}, spells.resident_to
                )
            ) as stay_to
        from members
        inner join {{ ref("resident_spells") }} as spells on spells.pnr = members.pnr
    ),

    risk_spells as (
        select
            stays.pnr,
            greatest(stays.stay_from, states.state_from) as risk_from,
            least(stays.stay_to, states.state_to) as risk_to,
            stays.sex,
            stays.birth_date,
            stays.mother_birth_date,
            stays.father_birth_date,
            states.exact_values,
            states.family_members
        from stays
        inner join {{ ref("matching_states") }} as states on states.pnr = stays.pnr
        where
            greatest(stays.stay_from, states.state_from)
            <= least(stays.stay_to, states.state_to)
            {%- if var("matching_require_both_parents") %}
                and stays.mother_birth_date is not null
                and stays.father_birth_date is not null
            {%- endif %}
    )

select *
from risk_spells
