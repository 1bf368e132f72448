with
    coded_events as (
        select
            pnr,
            'diagnosis' as register,
            'D' || diagnosis_code as code,
            admission_date as event_date
        from {{ ref("diagnoses") }}
        where
            diagnosis_role in ({{ quoted(var("nmi_roles")) }})
            and admission_date is not null
            and later_disproved is not true
        union all
        select
            pnr,
            'prescription' as register,
            atc_code as code,
            dispensing_date as event_date
        from {{ ref("prescriptions") }}
        where atc_code is not null and coalesce(n_packages >= 0, true)
    ),

    -- each code is held against the expressions once, however many rows have it
    different_codes as (
        select 'diagnosis' as register, 'D' || diagnosis_code as code
        from {{ ref("diagnoses") }}
        group by diagnosis_code
        union all
        select 'prescription' as register, atc_code as code
        from {{ ref("prescriptions") }}
        group by atc_code
    ),

    predicting_codes as (
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
    ),

    nmi_events as (
        select
            coded_events.pnr,
            predicting_codes.predictor,
            coded_events.event_date,
            max(predicting_codes.weight) as weight,
            max(predicting_codes.lookback_days) as lookback_days
        from coded_events
        inner join
            predicting_codes
            on predicting_codes.register = coded_events.register
            and predicting_codes.code = coded_events.code
        where coded_events.pnr in (select pnr from {{ ref("cohort") }})
        group by coded_events.pnr, predicting_codes.predictor, coded_events.event_date
    )

select *
from nmi_events
