{%- set drugs = ref("diabetes_drugs") -%}
{%- set share = (var("diabetes_insulin_share") | string).split("/") -%}
{%- if share | length != 2 -%}
    {{
        exceptions.raise_compiler_error(
            "var 'diabetes_insulin_share' is no fraction such as 2/3"
        )
    }}
{%- endif -%}
with
    purchases as (
        select
            pnr,
            event_date,
            -- whole millionths: their sum is the same in any order
            try_cast(round(ddd_per_package * n_packages, 6) as decimal(20, 6)) as doses,
            {{ begins_with_any("atc_code", drugs, "prefix", "role = 'insulin'") }}
            and not
            {{ begins_with_any("atc_code", drugs, "prefix", "role = 'not_insulin'") }}
            as is_insulin
        from {{ ref("diabetes_events_kept") }}
        where not has_hba1c
    ),

    persons as (
        select
            pnr,
            min(event_date) as first_purchase_date,
            min(event_date) filter (where is_insulin) as first_insulin_date,
            sum(doses) filter (where is_insulin) as insulin_doses,
            sum(doses) as total_doses
        from purchases
        group by pnr
    ),

    insulin as (
        select
            *,
            insulin_doses >= {{ var("diabetes_least_insulin_doses") }}
            and insulin_doses = total_doses as only_insulin,
            -- without a division, which would round
            total_doses > 0
            and {{ share[1] }} * insulin_doses
            >= {{ share[0] }} * total_doses as two_thirds_insulin,
            first_insulin_date
            <= {{ add_days("first_purchase_date", var("diabetes_days_to_insulin")) }}
            as insulin_within_180_days
        from persons
    )

select *
from insulin
