with
    amounts as (
        select
            pnr,
            year,
            'other' as income_type,
            {{ other_income("total_personal_income", "wage_income") }} as amount
        from {{ ref("income_by_age") }}
        union all
        select pnr, year, 'salary' as income_type, wage_income as amount
        from {{ ref("income_by_age") }}
        union all
        select
            pnr, year, 'total_personal' as income_type, total_personal_income as amount
        from {{ ref("income_by_age") }}
    ),

    income_amounts as (
        select pnr, year, income_type, amount from amounts where amount is not null
    )

select *
from income_amounts
