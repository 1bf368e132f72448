{%- set last_day -%}
    {%- if var("follow_up_to") -%} cast({{ literal(var("follow_up_to")) }} as date)
    {%- else -%}
        (select max(last_snapshot_date) from {{ ref("persons") }})
    {%- endif -%}
{%- endset %}
with
    members as (
        select
            match_id,
            'case' as role,
            case_pnr as pnr,
            match_date,
            cast(0 as int) as control_no
        from {{ ref("matched_pairs") }}
        where control_no = 1
        union all
        select match_id, 'control' as role, control_pnr as pnr, match_date, control_no
        from {{ ref("matched_pairs") }}
    ),

    stays as (
        select members.*, spells.resident_to, spells.ends_with
        from members
        inner join {{ ref("resident_spells") }} as spells on spells.pnr = members.pnr
        where {{ is_resident_at("spells", "members.match_date", known=true) }}
    ),

    next_contacts as (
        select
            stays.pnr, stays.match_id, min(contacts.admission_date) as next_contact_date
        from stays
        inner join {{ ref("contacts") }} as contacts on contacts.pnr = stays.pnr
        where contacts.admission_date > stays.match_date
        group by stays.pnr, stays.match_id
    ),

    outcomes as (
        select
            stays.pnr,
            stays.match_id,
            stays.role,
            stays.control_no,
            stays.match_date as index_date,
            case
                when stays.ends_with = 'death' then stays.resident_to
            end as death_date,
            case
                when stays.ends_with = 'move'
                then {{ add_days("stays.resident_to", 1) }}
            end as emigration_date,
            next_contacts.next_contact_date,
            case
                when stays.role = 'control' then population.first_scd_date
            end as later_scd_date,
            greatest(
                stays.match_date,
                least(
                    stays.resident_to,
                    {{ last_day }},
                    case
                        when
                            stays.role = 'control'
                            and population.first_scd_date is not null
                        then {{ add_days("population.first_scd_date", -1) }}
                        else stays.resident_to
                    end
                )
            ) as follow_up_to
        from stays
        inner join
            {{ ref("population_scd") }} as population on population.pnr = stays.pnr
        left join
            next_contacts
            on next_contacts.pnr = stays.pnr
            and next_contacts.match_id = stays.match_id
    ),

    study_persons as (
        select
            outcomes.*,
            {{ days_between("outcomes.index_date", "outcomes.follow_up_to") }}
            as follow_up_days,
            coalesce(outcomes.death_date <= outcomes.follow_up_to, false) as is_dead,
            covariates.* exclude (pnr, index_date)
        from outcomes
        inner join
            {{ ref("study_covariates") }} as covariates
            on covariates.pnr = outcomes.pnr
            and covariates.index_date = outcomes.index_date
    )

select *
from study_persons
