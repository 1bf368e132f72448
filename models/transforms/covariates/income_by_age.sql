{%- set breaks = var("income_age_breaks") -%}
{%- set labels = ["0-" ~ (breaks[0] - 1)] -%}
{%- for first in breaks[:-1] -%}
    {%- do labels.append(first ~ "-" ~ (breaks[loop.index] - 1)) -%}
{%- endfor -%}
{%- do labels.append(breaks[-1] ~ "+") -%}
with
    incomes_of_persons as (
        select
            income.pnr,
            income.year,
            persons.sex,
            cast({{ age_at("persons.birth_date", "income.period_end") }} as int) as age,
            income.total_personal_income,
            income.wage_income,
            income.disposable_income,
            income.equivalised_disposable_income
        from {{ ref("income") }} as income
        left join {{ ref("persons") }} as persons on persons.pnr = income.pnr
    ),

    incomes_by_age as (
        select *, {{ bins("age", breaks, labels) }} as age_band from incomes_of_persons
    )

select *
from incomes_by_age
