with
    counted_diagnoses as (
        select pnr, admission_date, diagnosis_code
        from {{ ref("diagnoses") }}
        where
            diagnosis_role in ({{ quoted(var("charlson_roles")) }})
            and admission_date is not null
            and later_disproved is not true
    ),

    -- a prefix has three or four characters, so each matches by equality; where a
    -- code begins with two of them, the longer one counts
    matched_diagnoses as (
        select
            counted_diagnoses.pnr,
            counted_diagnoses.admission_date,
            coalesce(long_codes.condition, short_codes.condition) as condition,
            coalesce(
                long_codes.weight_charlson_1987, short_codes.weight_charlson_1987
            ) as weight_charlson_1987,
            coalesce(
                long_codes.weight_quan_2011, short_codes.weight_quan_2011
            ) as weight_quan_2011
        from counted_diagnoses
        left join
            {{ ref("charlson_quan_icd10") }} as short_codes
            on short_codes.icd10_prefix = substr(counted_diagnoses.diagnosis_code, 1, 3)
        left join
            {{ ref("charlson_quan_icd10") }} as long_codes
            on long_codes.icd10_prefix = substr(counted_diagnoses.diagnosis_code, 1, 4)
            and length(long_codes.icd10_prefix) = 4
        where short_codes.condition is not null or long_codes.condition is not null
    ),

    charlson_conditions as (
        select
            pnr,
            condition,
            admission_date as condition_date,
            max(weight_charlson_1987) as weight_charlson_1987,
            max(weight_quan_2011) as weight_quan_2011
        from matched_diagnoses
        where pnr in (select pnr from {{ ref("cohort") }})
        group by pnr, condition, admission_date
    )

select *
from charlson_conditions
