{%- set days = var("hospital_use_days") -%}
{%- set counts_procedures = (
    lpr_delivered("2") == "true" or lpr_delivered("3f") == "true"
) -%}
with
    spell_use as ({{ admission_use_before(ref("cohort"), days) }}),

    visit_use as (
        select cohort.pnr, cohort.index_date, count(*) as n_visit_days
        from {{ ref("cohort") }} as cohort
        inner join
            {{ ref("visit_days") }} as visit_days
            on visit_days.pnr = cohort.pnr
            and {{ in_lookback("visit_days.visit_date", "cohort.index_date", days) }}
        group by cohort.pnr, cohort.index_date
    ),
    {% if counts_procedures %}

        procedure_use as (
            select cohort.pnr, cohort.index_date, count(*) as n_procedures
            from {{ ref("cohort") }} as cohort
            inner join
                {{ ref("procedures") }} as procedures
                on procedures.pnr = cohort.pnr
                and {{
                    in_lookback(
                        "procedures.procedure_date", "cohort.index_date", days
                    )
                }}
            group by cohort.pnr, cohort.index_date
        ),
    {% endif %}

    hospital_use as (
        select
            cohort.pnr,
            cohort.index_date,
            coalesce(spell_use.n_admission_spells, 0) as n_admission_spells,
            coalesce(spell_use.n_admission_days, 0) as n_admission_days,
            coalesce(visit_use.n_visit_days, 0) as n_visit_days,
            {% if counts_procedures %}
                coalesce(procedure_use.n_procedures, 0) as n_procedures
            {% else %} cast(null as bigint) as n_procedures
            {% endif %}
        from {{ ref("cohort") }} as cohort
        left join
            spell_use
            on spell_use.pnr = cohort.pnr
            and spell_use.index_date = cohort.index_date
        left join
            visit_use
            on visit_use.pnr = cohort.pnr
            and visit_use.index_date = cohort.index_date
        {% if counts_procedures %}
            left join
                procedure_use
                on procedure_use.pnr = cohort.pnr
                and procedure_use.index_date = cohort.index_date
        {% endif %}
    )

select *
from hospital_use
