{%- set study = between_bounds("cases.index_date", var("study_from"), "") -%}
{%- set until = between_bounds("cases.index_date", "", var("study_to")) -%}
{%- set require_parents = var("matching_require_both_parents") -%}
with
    cases as (
        select
            pnr,
            first_scd_date as index_date,
            birth_date,
            mother_birth_date,
            father_birth_date
        from {{ ref("population_scd") }}
        where is_scd
    ),

    resident_cases as (
        select cases.pnr
        from cases
        inner join {{ ref("resident_spells") }} as spells on spells.pnr = cases.pnr
        where {{ is_resident_at("spells", "cases.index_date", known=true) }}
    ),

    states as (
        select cases.pnr, states.exact_values, states.family_members
        from cases
        inner join {{ ref("matching_states") }} as states on states.pnr = cases.pnr
        where cases.index_date between states.state_from and states.state_to
    ),

    judged_cases as (
        select
            cases.pnr,
            cases.index_date,
            persons.sex,
            cases.birth_date,
            cases.mother_birth_date,
            cases.father_birth_date,
            states.exact_values,
            states.family_members,
            cast({{ age_at("cases.birth_date", "cases.index_date") }} as int) as age,
            case
                when cases.index_date is null
                then 'no_index_date'
                when cases.index_date < cases.birth_date
                then 'before_birth'
                when not ({{ study }})
                then 'before_study'
                when not ({{ until }})
                then 'after_study'
                when resident_cases.pnr is null
                then 'not_resident'
                {%- if require_parents %}
                    when
                        cases.mother_birth_date is null
                        or cases.father_birth_date is null
                    then 'parents_unknown'
                {%- endif %}
            end as exclusion
        from cases
        left join {{ ref("persons") }} as persons on persons.pnr = cases.pnr
        left join resident_cases on resident_cases.pnr = cases.pnr
        left join states on states.pnr = cases.pnr
    ),

    study_cases as (select *, exclusion is null as is_eligible from judged_cases)

select *
from study_cases
