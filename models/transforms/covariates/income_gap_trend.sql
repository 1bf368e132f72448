with
    gap_trends as (
        select
            pnr,
            count(income_gap) as n_years,
            min(year) filter (where income_gap is not null) as first_year,
            max(year) filter (where income_gap is not null) as last_year,
            {{ exact_mean("income_gap") }} as mean_income_gap,
            {{ ols_slope("year", "income_gap") }} as income_gap_slope
        from {{ ref("family_income") }}
        group by pnr
    )

select *
from gap_trends
