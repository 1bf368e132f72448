{{ config(enabled=(lpr_delivered("3f") == "true")) }}

with
    reported_diagnoses as (
        -- the contact does not say whether its main diagnosis was ruled out
        select
            dw_ek_kontakt,
            primary_diagnosis_raw as code,
            'A' as diagnosis_type,
            false as supplements,
            false as can_say,
            cast(null as boolean) as later_disproved
        from {{ ref("lpr3_contacts") }}
        union all
        select
            dw_ek_kontakt,
            diagnosekode as code,
            upper(diagnosetype) as diagnosis_type,
            diagnosekode_parent is not null as supplements,
            true as can_say,
            case
                upper(senere_afkraeftet) when 'JA' then true when 'NEJ' then false
            end as later_disproved
        from {{ ref("lpr3_diagnoser") }}
    ),

    coded_diagnoses as (
        select
            reported_diagnoses.dw_ek_kontakt,
            reported_diagnoses.code as diagnosis_code_raw,
            {{ normalise_icd("reported_diagnoses.code") }} as diagnosis_code,
            reported_diagnoses.diagnosis_type,
            case
                when reported_diagnoses.supplements
                then 'supplementary'
                else coalesce(types.diagnosis_role, 'other')
            end as diagnosis_role,
            coalesce(types.weight, 0.3) as weight,
            reported_diagnoses.can_say,
            reported_diagnoses.later_disproved
        from reported_diagnoses
        left join
            {{ ref("diagnosis_types") }} as types
            on types.code = reported_diagnoses.diagnosis_type
        where reported_diagnoses.dw_ek_kontakt is not null
    ),

    distinct_diagnoses as (
        select
            dw_ek_kontakt,
            diagnosis_role,
            diagnosis_code,
            min(diagnosis_code_raw) as diagnosis_code_raw,
            min(diagnosis_type) as diagnosis_type,
            max(weight) as weight,
            -- ruled out when every row that can say so does; not when one denies it
            case
                when bool_or(not later_disproved)
                then false
                when
                    bool_and(coalesce(later_disproved, not can_say))
                    and bool_or(later_disproved)
                then true
            end as later_disproved
        from coded_diagnoses
        where diagnosis_code is not null
        group by dw_ek_kontakt, diagnosis_role, diagnosis_code
    ),

    diagnoses as (
        select
            distinct_diagnoses.*,
            contacts.pnr,
            contacts.contact_id,
            contacts.lpr_version,
            contacts.admission_date,
            contacts.discharge_date,
            contacts.hospital_code,
            contacts.department_code,
            contacts.admission_type
        from distinct_diagnoses
        inner join
            {{ ref("lpr3_contacts") }} as contacts
            on contacts.dw_ek_kontakt = distinct_diagnoses.dw_ek_kontakt
        where not contacts.is_replaced
    )

select *
from diagnoses
