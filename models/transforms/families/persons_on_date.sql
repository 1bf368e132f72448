{%- set day = "cast(" ~ literal(var("population_date")) ~ " as date)" -%}
{%- set rural = var("rural_municipalities") -%}
with
    points as (
        select pnr, {{ day }} as index_date
        from {{ ref("registered_persons") }}
        where known_from <= {{ day }}
    ),

    statuses as ({{ family_status_as_of("points") }}),

    demographics as ({{ demographics_as_of("points") }}),

    education as ({{ education_as_of("points") }}),

    members as (
        select residents.pnr, residents.family_id
        from {{ ref("residents") }} as residents
        inner join
            {{ ref("family_snapshots") }} as families
            on families.family_id = residents.family_id
            and families.valid_from = residents.snapshot_date
        where {{ day }} between families.valid_from and families.valid_to
    ),

    {% if var("population_of_cohort") %}
        named_persons as (select pnr from {{ ref("cohort") }} group by pnr),
    {% endif %}

    facts as (
        select
            statuses.*,
            demographics.sex,
            demographics.origin,
            demographics.municipality_code,
            {% if rural %} demographics.municipality_code in ({{ rural | join(", ") }})
            {% else %} cast(null as boolean)
            {% endif %} as is_rural,
            education.education_group,
            members.family_id,
            {% if var("population_of_cohort") %} named_persons.pnr is not null
            {% else %} cast(null as boolean)
            {% endif %} as is_in_cohort
        from statuses
        left join demographics on demographics.pnr = statuses.pnr
        left join education on education.pnr = statuses.pnr
        left join members on members.pnr = statuses.pnr
        {% if var("population_of_cohort") %}
            left join named_persons on named_persons.pnr = statuses.pnr
        {% endif %}
    ),

    judged_persons as (
        select
            *,
            {% if population_steps() %}
                case
                    {%- for step, rule, condition in population_steps() %}
                        when ({{ condition }}) is not true then '{{ step }}'
                    {%- endfor %}
                end
            {% else %} cast(null as varchar)
            {% endif %} as excluded_by
        from facts
    ),

    persons_on_date as (select *, excluded_by is null as is_chosen from judged_persons)

select *
from persons_on_date
