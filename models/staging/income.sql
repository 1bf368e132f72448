with
    yearly_incomes as (
        select
            pnr,
            {{ year_of("period_end") }} as year,
            period_end,
            perindkialt_13 as total_personal_income,
            loenmv_13 as wage_income,
            dispon_13 as disposable_income,
            aekvivadisp_13 as equivalised_disposable_income,
            beskst13,
            pre_socio
        from {{ ref("ind") }}
    )

select *
from yearly_incomes
