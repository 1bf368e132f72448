with
    income_years as (
        select
            incomes.pnr,
            incomes.year,
            incomes.sex,
            incomes.age,
            incomes.age_band,
            incomes.total_personal_income,
            incomes.wage_income,
            {{ other_income("incomes.total_personal_income", "incomes.wage_income") }}
            as other_income,
            incomes.disposable_income,
            incomes.equivalised_disposable_income,
            prices.price_factor
            {%- for amount in [
                "total_personal_income",
                "wage_income",
                "disposable_income",
                "equivalised_disposable_income",
            ] %}
                ,
                round(
                    incomes.{{ amount }} * prices.price_factor, 2
                ) as real_{{ amount }}
            {%- endfor %},
            case
                when limits.limit_1 is not null
                then
                    cast(
                        1
                        {%- for fifth in [1, 2, 3, 4] %}
                            + cast(
                                incomes.total_personal_income
                                > limits.limit_{{ fifth }} as int
                            )
                        {%- endfor %} as int
                    )
            end as income_quintile
        from {{ ref("income_by_age") }} as incomes
        left join
            {{ ref("consumer_price_index") }} as prices on prices.year = incomes.year
        left join
            {{ ref("income_quintile_limits") }} as limits
            on limits.year = incomes.year
            and limits.sex = incomes.sex
            and limits.age_band = incomes.age_band
    )

select *
from income_years
