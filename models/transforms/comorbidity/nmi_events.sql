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

    nmi_events as (
        select
            coded_events.pnr,
            codes.predictor,
            coded_events.event_date,
            max(codes.weight) as weight,
            max(codes.lookback_days) as lookback_days
        from coded_events
        inner join
            {{ ref("nmi_codes") }} as codes
            on codes.register = coded_events.register
            and codes.code = coded_events.code
        where coded_events.pnr in (select pnr from {{ ref("cohort") }})
        group by coded_events.pnr, codes.predictor, coded_events.event_date
    )

select *
from nmi_events
