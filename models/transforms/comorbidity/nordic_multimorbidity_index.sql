{%- set predictors = [
    "dx_b18",
    "dx_c34",
    "dx_c50",
    "dx_c61",
    "dx_c67",
    "dx_c70_d432",
    "dx_c76_c80",
    "dx_c91_c95",
    "dx_d50_d64",
    "dx_e11",
    "dx_e86",
    "dx_f00_g319",
    "dx_f10",
    "dx_f17",
    "dx_g20_22",
    "dx_g35",
    "dx_g40_g41",
    "dx_i05_35",
    "dx_i110_i50",
    "dx_i60_i69",
    "dx_i70_i77",
    "dx_i71_i72",
    "dx_j12_j18",
    "dx_j41_j47",
    "dx_j84",
    "dx_k02_k08",
    "dx_k70_k767",
    "dx_l89",
    "dx_n18_n19",
    "rx_a06a",
    "rx_a07da",
    "rx_a10a",
    "rx_b01ac",
    "rx_b03a",
    "rx_c01aa",
    "rx_c03c_c03eb",
    "rx_c03da",
    "rx_c09c_c09d",
    "rx_c10aa",
    "rx_h02ab",
    "rx_j01c",
    "rx_n02a",
    "rx_n02be",
    "rx_n05ba_n05cf",
    "rx_n05aa_n05ax",
    "rx_n06a",
    "rx_n06d",
    "rx_n07bc",
    "rx_r03ac02_r03ac05",
    "rx_r03bb04_r03bb07",
] -%}
with
    found_predictors as (
        select
            cohort.pnr,
            cohort.index_date
            {%- for predictor in predictors %}
                ,
                max(
                    case
                        when events.predictor = '{{ predictor }}' then events.weight
                    end
                ) as {{ predictor }}
            {%- endfor %}
        from {{ ref("cohort") }} as cohort
        inner join
            {{ ref("nmi_events") }} as events
            on events.pnr = cohort.pnr
            and {{
                in_lookback(
                    "events.event_date",
                    "cohort.index_date",
                    "events.lookback_days",
                )
            }}
        group by cohort.pnr, cohort.index_date
    ),

    nordic_multimorbidity_index as (
        select
            cohort.pnr,
            cohort.index_date
            {%- for predictor in predictors %}
                , cast({{ predictor }} is not null as int) as {{ predictor }}
            {%- endfor %},
            cast(
                {%- for predictor in predictors %}
                    coalesce({{ predictor }}, 0) {%- if not loop.last %} + {% endif %}
                {%- endfor %} as int
            ) as nmi
        from {{ ref("cohort") }} as cohort
        left join
            found_predictors
            on found_predictors.pnr = cohort.pnr
            and found_predictors.index_date = cohort.index_date
    )

select *
from nordic_multimorbidity_index
