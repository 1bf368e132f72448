{%- set first_day = add_days(
    "pregnancies.pregnancy_date",
    "-" ~ var("diabetes_days_before_pregnancy"),
) -%}
{%- set last_day = add_days(
    "pregnancies.pregnancy_date", var("diabetes_days_after_pregnancy")
) -%}
with
    -- a purchase on the day of a raised HbA1c carries its flag
    purchases_and_hba1c as (
        select
            coalesce(purchases.pnr, hba1c.pnr) as pnr,
            coalesce(purchases.event_date, hba1c.event_date) as event_date,
            purchases.atc_code,
            purchases.n_packages,
            purchases.ddd_per_package,
            hba1c.pnr is not null as has_hba1c,
            purchases.pnr is not null as has_purchase
        from {{ ref("diabetes_purchases") }} as purchases
        full join
            {{ ref("diabetes_hba1c") }} as hba1c
            on hba1c.pnr = purchases.pnr
            and hba1c.event_date = purchases.event_date
    ),

    events_kept as (
        select distinct events.*
        from purchases_and_hba1c as events
        where
            not exists (
                select 1
                from {{ ref("diabetes_pregnancies") }} as pregnancies
                where
                    pregnancies.pnr = events.pnr
                    and events.event_date between {{ first_day }} and {{ last_day }}
            )
    )

select *
from events_kept
