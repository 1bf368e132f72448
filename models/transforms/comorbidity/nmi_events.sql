-- the small tables come first in each join: the engine holds that side in memory
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
            and pnr in (select pnr from {{ ref("cohort") }})
        union all
        select
            pnr,
            'prescription' as register,
            atc_code as code,
            dispensing_date as event_date
        from {{ ref("prescriptions") }}
        where
            atc_code is not null
            and coalesce(n_packages >= 0, true)
            and pnr in (select pnr from {{ ref("cohort") }})
    ),

    nmi_events as (
        select
            coded_events.pnr,
            codes.predictor,
            coded_events.event_date,
            max(codes.weight) as weight,
            max(codes.lookback_days) as lookback_days
        from {{ ref("nmi_codes") }} as codes
        inner join
            coded_events
            on coded_events.register = codes.register
            and coded_events.code = codes.code
        group by coded_events.pnr, codes.predictor, coded_events.event_date
    )

select *
from nmi_events
