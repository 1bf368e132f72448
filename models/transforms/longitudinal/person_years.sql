{%- set counts = {
    "n_jobs": "jobs",
    "n_hospital_contacts": "contacts",
    "n_procedures": "procedures",
    "n_dispensings": "prescriptions",
    "n_laboratory_results": "laboratory_results",
    "n_health_services": "health_services",
} -%}
{%- set last_day = "make_date(years.year, 12, 31)" -%}
with
    followed_years as (
        select
            pnr,
            year,
            lead(pnr) over (order by pnr nulls first, year nulls first) as next_pnr,
            lead(year) over (order by pnr nulls first, year nulls first) as next_year
        from {{ ref("observed_years") }}
    ),

    -- the years between two observed years of a person
    gap_years as (
        select
            pnr,
            cast(
                unnest(
                    range(cast(year + 1 as bigint), cast(next_year as bigint))
                ) as int
            ) as year
        from followed_years
        where next_pnr = pnr and next_year > year + 1
    ),

    -- numbered, so that these few rows alone are sorted, and not all years with them
    ordered_gap_years as (
        select
            *, row_number() over (order by pnr nulls first, year nulls first) as gap_no
        from gap_years
    ),

    years as (
        select *, true as is_observed
        from {{ ref("observed_years") }}
        union all by name
        select pnr, year, false as is_observed
        from ordered_gap_years
        where gap_no > 0
    ),

    person_years as (
        select
            years.pnr,
            years.year,
            years.is_observed,
            case
                when coverage.covers_population then coalesce(years.is_resident, false)
            end as is_resident,
            persons.sex,
            -- a birthday is over by the last day of the year
            years.year - {{ year_of("persons.birth_date") }} as age,
            years.civil_status,
            years.municipality_code,
            years.region_code,
            years.family_type,
            years.family_members,
            years.family_children,
            years.household_type,
            years.household_members,
            years.total_personal_income,
            years.wage_income,
            years.disposable_income,
            years.socio13,
            years.employment_group,
            education.hfaudd,
            education.isced_level
            {%- for column, register in counts.items() %}
                ,
                case
                    when coverage.covers_{{ register }}
                    then coalesce(years.{{ column }}, 0)
                end as {{ column }}
            {%- endfor %}
        from years
        left join {{ ref("register_years") }} as coverage on coverage.year = years.year
        left join {{ ref("persons") }} as persons on persons.pnr = years.pnr
        left join
            {{ ref("education") }} as education
            on education.pnr = years.pnr
            and education.valid_from <= {{ last_day }}
            and education.valid_to >= {{ last_day }}
    )

select *
from person_years
