{%- set year = year_of("cohort.index_date") -%}
{%- set before = "filter (where incomes.year < " ~ year ~ ")" -%}
{%- set after = "filter (where incomes.year >= " ~ year ~ ")" -%}
with
    incomes as ({{ nominal_and_real_incomes() }}),

    incomes_around as (
        select
            cohort.pnr,
            cohort.index_date,
            count(incomes.amount) {{ before }} as n_years_before,
            count(incomes.amount) {{ after }} as n_years_after,
            count(incomes.real_amount) as n_real_years
            {%- for amount in ["amount", "real_amount"] %}
                {%- for side, rows in [("before", before), ("after", after)] %}
                    ,
                    cast(
                        sum(cast(incomes.{{ amount }} as decimal(24, 4)))
                        {{ rows }} as double
                    ) / nullif(
                        count(incomes.{{ amount }}) {{ rows }}, 0
                    ) as {{ amount }}_{{ side }}
                {%- endfor %}
            {%- endfor %}
        from {{ ref("cohort") }} as cohort
        left join
            incomes
            on incomes.pnr = cohort.pnr
            and incomes.year
            between {{ year }}
            - {{ var("income_years_before") }} and {{ year }}
            + {{ var("income_years_after") }}
        group by cohort.pnr, cohort.index_date
    ),

    income_changes as (
        select
            pnr,
            index_date,
            n_years_before,
            n_years_after,
            amount_before as mean_income_before,
            amount_after as mean_income_after,
            amount_after - amount_before as income_change,
            case
                when n_real_years = n_years_before + n_years_after
                then real_amount_after - real_amount_before
            end as real_income_change
        from incomes_around
    )

select *
from income_changes
