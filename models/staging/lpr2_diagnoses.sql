{{ config(enabled=(lpr_delivered("2") == "true")) }}

with
    reported_diagnoses as (
        select recnum, primary_diagnosis_raw as code, 'A' as diagnosis_type
        from {{ ref("lpr2_contacts") }}
        union all
        select recnum, c_diag as code, upper(c_diagtype) as diagnosis_type
        from {{ ref("lpr_diag") }}
        union all
        select recnum, c_tildiag as code, '+' as diagnosis_type
        from {{ ref("lpr_diag") }}
    ),

    coded_diagnoses as (
        select
            reported_diagnoses.recnum,
            reported_diagnoses.code as diagnosis_code_raw,
            {{ normalise_icd("reported_diagnoses.code") }} as diagnosis_code,
            reported_diagnoses.diagnosis_type,
            coalesce(types.diagnosis_role, 'other') as diagnosis_role,
            coalesce(types.weight, 0.3) as weight
        from reported_diagnoses
        left join
            {{ ref("diagnosis_types") }} as types
            on types.code = reported_diagnoses.diagnosis_type
        where reported_diagnoses.recnum is not null
    ),

    distinct_diagnoses as (
        select
            recnum,
            diagnosis_role,
            diagnosis_code,
            min(diagnosis_code_raw) as diagnosis_code_raw,
            min(diagnosis_type) as diagnosis_type,
            max(weight) as weight
        from coded_diagnoses
        where diagnosis_code is not null
        group by recnum, diagnosis_role, diagnosis_code
    ),

    diagnoses as (
        select
            distinct_diagnoses.*,
            contacts.pnr,
            contacts.contact_id,
            contacts.lpr_version,
            cast(null as boolean) as later_disproved,
            contacts.admission_date,
            contacts.discharge_date,
            contacts.hospital_code,
            contacts.department_code,
            contacts.admission_type
        from distinct_diagnoses
        inner join
            {{ ref("lpr2_contacts") }} as contacts
            on contacts.recnum = distinct_diagnoses.recnum
    )

select *
from diagnoses
