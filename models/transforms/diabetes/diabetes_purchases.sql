{%- set drugs = ref("diabetes_drugs") -%}
{%- set age = age_at("persons.birth_date", "purchases.event_date") -%}
with
    glucose_lowering_drugs as (
        select
            pnr,
            dispensing_date as event_date,
            atc_code,
            item_number,
            indication_code,
            n_packages,
            ddd_per_package
        from {{ ref("prescriptions") }}
        where
            {{ begins_with_any("atc_code", drugs, "prefix", "role = 'counted'") }}
            and
            not {{ begins_with_any("atc_code", drugs, "prefix", "role = 'left_out'") }}
    ),

    purchases as (
        select purchases.*
        from glucose_lowering_drugs as purchases
        inner join {{ ref("persons") }} as persons on persons.pnr = purchases.pnr
        where
            -- metformin of women for polycystic ovaries; a missing indication is none
            not (
                purchases.atc_code = 'A10BA02'
                and persons.sex = 'female'
                and (
                    {{ age }} < {{ var("diabetes_metformin_age") }}
                    or coalesce(purchases.indication_code, '')
                    in ({{ quoted(var("diabetes_metformin_indications")) }})
                )
            )
    )

select *
from purchases
