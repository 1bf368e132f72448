with
    classified_persons as (
        select
            inclusions.pnr,
            inclusions.raw_inclusion_date,
            -- a missing flag counts as false
            case
                when coalesce(insulin.only_insulin, false)
                then coalesce(types.any_type_1_primary, false)
                else
                    coalesce(
                        types.majority_type_1
                        and insulin.two_thirds_insulin
                        and insulin.insulin_within_180_days,
                        false
                    )
            end as has_t1d
        from {{ ref("diabetes_inclusions") }} as inclusions
        left join
            {{ ref("diabetes_insulin") }} as insulin on insulin.pnr = inclusions.pnr
        left join
            {{ ref("diabetes_diagnosis_types") }} as types on types.pnr = inclusions.pnr
    ),

    persons_with_diabetes as (
        select
            pnr,
            case
                when
                    raw_inclusion_date
                    >= cast('{{ var("diabetes_start_date") }}' as date)
                then raw_inclusion_date
            end as stable_inclusion_date,
            raw_inclusion_date,
            has_t1d,
            not has_t1d as has_t2d
        from classified_persons
    )

select *
from persons_with_diabetes
