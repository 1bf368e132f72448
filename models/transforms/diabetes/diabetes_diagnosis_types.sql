with
    counts as (
        select
            pnr,
            count(*) filter (
                where is_type_1 and is_endocrinology
            ) as type_1_endocrinology,
            count(*) filter (
                where is_type_2 and is_endocrinology
            ) as type_2_endocrinology,
            count(*) filter (where is_type_1 and is_medical) as type_1_medical,
            count(*) filter (where is_type_2 and is_medical) as type_2_medical
        from {{ ref("diabetes_diagnoses") }}
        where is_primary
        group by pnr
    ),

    diagnosis_types as (
        select
            *,
            type_1_endocrinology + type_1_medical >= 1 as any_type_1_primary,
            -- endocrinology speaks alone where it has said either type
            case
                when type_1_endocrinology + type_2_endocrinology > 0
                then type_1_endocrinology > type_2_endocrinology
                else type_1_medical > type_2_medical
            end as majority_type_1
        from counts
    )

select *
from diagnosis_types
