{%- set points = ref("study_index_dates") -%}
{%- set parents = ["mother", "father"] -%}
{%- set snapshot_columns = [
    "sex",
    "origin",
    "region_code",
    "family_type",
    "family_members",
    "family_children",
] %}
with
    -- one question for who they are and how they live: the population is read once
    residents as ({{ residents_as_of(points, snapshot_columns) }}),

    hospital_contacts as (
        select points.pnr, points.index_date, count(*) as contacts
        from {{ points }} as points
        inner join {{ ref("contacts") }} as contacts on contacts.pnr = points.pnr
        where
            contacts.admission_date
            between {{ add_days("points.index_date", -365) }}
            and {{ add_days("points.index_date", -1) }}
        group by points.pnr, points.index_date
    ),

    study_covariates as (
        select
            points.pnr,
            points.index_date,
            coalesce(residents.sex, persons.sex) as sex,
            cast({{ age_at("points.birth_date", "points.index_date") }} as int) as age,
            {{ days_between("points.birth_date", "points.index_date") }} as age_days,
            residents.origin,
            residents.region_code,
            residents.family_type,
            residents.family_members,
            residents.family_children,
            births.birth_weight,
            births.gestational_age,
            cast(coalesce(hospital_contacts.contacts, 0) as int) as contacts_last_year
            {%- for parent in parents %}
                ,
                cast(
                    {{
                        age_at(
                            "points." ~ parent ~ "_birth_date", "points.birth_date"
                        )
                    }} as int
                ) as {{ parent }}_age_at_birth,
                {{ parent }}s.highest_isced_level as {{ parent }}_isced_level,
                {{ parent }}s.mean_income as {{ parent }}_mean_income,
                {{ parent }}s.employment_group as {{ parent }}_employment_group
            {%- endfor %}
        from {{ points }} as points
        left join {{ ref("persons") }} as persons on persons.pnr = points.pnr
        left join
            residents
            on residents.pnr = points.pnr
            and residents.index_date = points.index_date
        left join {{ ref("births") }} as births on births.pnr = points.pnr
        left join
            hospital_contacts
            on hospital_contacts.pnr = points.pnr
            and hospital_contacts.index_date = points.index_date
        {%- for parent in parents %}
            left join
                {{ ref("parent_covariates") }} as {{ parent }}s
                on {{ parent }}s.pnr = points.{{ parent }}_pnr
                and {{ parent }}s.index_date = points.index_date
        {%- endfor %}
    )

select *
from study_covariates
