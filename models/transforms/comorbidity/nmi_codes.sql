with
    -- each code is held against the expressions once, however many rows have it
    different_codes as (
        select 'diagnosis' as register, 'D' || diagnosis_code as code
        from {{ ref("diagnoses") }}
        group by diagnosis_code
        union all
        select 'prescription' as register, atc_code as code
        from {{ ref("prescriptions") }}
        where atc_code is not null
        group by atc_code
    ),

    nmi_codes as (
        select
            different_codes.register,
            different_codes.code,
            lower(rules.predictor) as predictor,
            rules.weight,
            rules.lookback_days
        from different_codes
        inner join
            {{ ref("nmi_rules") }} as rules
            on rules.register = different_codes.register
            and regexp_like(different_codes.code, rules.code_regex)
    )

select *
from nmi_codes
