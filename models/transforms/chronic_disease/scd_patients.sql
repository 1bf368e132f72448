with
    contacted_persons as (select pnr from {{ ref("contacts") }} group by pnr),

    counted_diagnoses as (
        select pnr, count(*) as n_diagnoses from ({{ scd_counted() }}) group by pnr
    ),

    patients as (
        select
            contacted_persons.pnr,
            persons.birth_date,
            coalesce(counted_diagnoses.n_diagnoses, 0) as n_diagnoses
        from contacted_persons
        left join {{ ref("persons") }} as persons on persons.pnr = contacted_persons.pnr
        left join counted_diagnoses on counted_diagnoses.pnr = contacted_persons.pnr
    ),

    diseased_persons as (
        select
            pnr,
            definition,
            min(first_scd_date) as first_scd_date,
            sum(n_scd_diagnoses) as n_scd_diagnoses,
            count(*) as n_categories,
            max(severity) as code_severity
        from {{ ref("scd_categories") }}
        group by pnr, definition
    ),

    -- one step a definition, each in the order of the persons: merged, not sorted
    judged_patients as (
        {% for definition in var("scd_definitions") %}
            select
                patients.pnr,
                {{ literal(definition) }} as definition,
                diseased.pnr is not null as is_scd,
                diseased.first_scd_date,
                {{ scd_age("patients.birth_date", "diseased.first_scd_date") }}
                as first_scd_age,
                patients.n_diagnoses,
                coalesce(diseased.n_scd_diagnoses, 0) as n_scd_diagnoses,
                coalesce(diseased.n_categories, 0) as n_categories,
                diseased.code_severity
            from patients
            left join
                (
                    select *
                    from diseased_persons
                    where definition = {{ literal(definition) }}
                ) as diseased
                on diseased.pnr = patients.pnr
            {% if not loop.last %}
                union all
            {% endif %}
        {% endfor %}
    ),

    graded_patients as (
        select
            *,
            case
                when is_scd
                then
                    {{
                        bins(
                            "n_diagnoses",
                            var("scd_hospitalisation_breaks"),
                            [1, 2, 3],
                        )
                    }}
            end as hospitalisation_severity,
            case
                when is_scd
                then {{ bins("n_categories", var("scd_category_breaks"), [1, 2, 3]) }}
            end as category_severity,
            {{ bins("first_scd_age", var("scd_age_breaks"), [3, 2, 1]) }}
            as age_severity
        from judged_patients
    ),

    scd_patients as (
        select
            * exclude (hospitalisation_severity, category_severity, age_severity),
            cast(hospitalisation_severity as smallint) as hospitalisation_severity,
            cast(category_severity as smallint) as category_severity,
            cast(age_severity as smallint) as age_severity,
            cast(
                greatest(
                    code_severity,
                    hospitalisation_severity,
                    category_severity,
                    age_severity
                ) as smallint
            ) as severity
        from graded_patients
    )

select *
from scd_patients
