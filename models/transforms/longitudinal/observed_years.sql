{#- Events that are counted a year: model, the date that tells the year, the count, and its column. The year of a week is that
    of its Thursday (ISO 8601). -#}
{%- set events = [
    ("contacts", "admission_date", "count(*)", "n_hospital_contacts"),
    ("procedures", "procedure_date", "count(*)", "n_procedures"),
    ("prescriptions", "dispensing_date", "count(*)", "n_dispensings"),
    (
        "laboratory_results",
        "sampling_date",
        "count(*)",
        "n_laboratory_results",
    ),
    (
        "health_services",
        add_days("week_start", 3),
        "sum(cast(n_services as bigint))",
        "n_health_services",
    ),
] -%}
{#- LPR_A has no procedures. -#}
{%- set has_procedures = (
    lpr_delivered("2") == "true" or lpr_delivered("3f") == "true"
) -%}
{%- set left_out = [] if has_procedures else ["procedures"] -%}
{%- set counted = var("person_years_events") | reject("in", left_out) | list -%}
{%- set states = [
    "civil_status",
    "municipality_code",
    "region_code",
    "family_type",
    "family_members",
    "family_children",
    "household_type",
    "household_members",
    "total_personal_income",
    "wage_income",
    "disposable_income",
    "socio13",
    "employment_group",
    "n_jobs",
] -%}
with
    -- every register's years of a person, in the order of the person, each with its
    -- own columns
    told_years as (
        select
            pnr,
            {{ year_of("snapshot_date") }} as year,
            true as is_resident,
            {{ states[:8] | join(", ") }}
        from {{ ref("residents") }}
        where snapshot_date = make_date({{ year_of("snapshot_date") }}, 12, 31)
        union all by name
        select pnr, year, {{ states[8:11] | join(", ") }}
        from {{ ref("income") }}
        union all by name
        select pnr, year, socio13, employment_group
        from {{ ref("employment") }}
        union all by name
        select pnr, year, count(*) as n_jobs
        from {{ ref("jobs") }}
        group by pnr, year
        {%- for model, date, count, name in events if model in counted %}
            union all by name
            select pnr, {{ year_of(date) }} as year, {{ count }} as {{ name }}
            from {{ ref(model) }}
            where {{ date }} is not null
            group by pnr, {{ year_of(date) }}
        {%- endfor %}
    ),

    observed_years as (
        select
            pnr,
            year,
            bool_or(is_resident) as is_resident
            {%- for state in states %}, max({{ state }}) as {{ state }} {%- endfor %}
            {%- for model, date, count, name in events %}
                ,
                {% if model in counted %} max({{ name }})
                {% else %} cast(null as bigint)
                {% endif %} as {{ name }}
            {%- endfor %}
        from told_years
        where
            year is not null
            {%- if var("person_years_from") != "" %}
                and year >= {{ var("person_years_from") }}
            {%- endif %}
            {%- if var("person_years_to") != "" %}
                and year <= {{ var("person_years_to") }}
            {%- endif %}
        group by pnr, year
    )

select *
from observed_years
