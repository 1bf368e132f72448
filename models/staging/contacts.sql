{%- set columns -%}
    pnr,
    contact_id,
    lpr_version,
    primary_diagnosis_raw,
    admission_date,
    discharge_date,
    hospital_code,
    department_code,
    main_specialty,
    admission_type,
    is_acute,
    course_id,
    is_replaced
{%- endset -%}
with
    harmonised_contacts as ({{ from_lpr_versions("contacts", columns) }}),

    coded_contacts as (
        select *, {{ normalise_icd("primary_diagnosis_raw") }} as primary_diagnosis_code
        from harmonised_contacts
        where not is_replaced
    ),

    contacts as (
        select
            coded_contacts.pnr,
            coded_contacts.contact_id,
            coded_contacts.lpr_version,
            coalesce(
                coded_contacts.primary_diagnosis_code,
                coded_contacts.primary_diagnosis_raw
            ) as primary_diagnosis,
            chapters.chapter as diagnosis_chapter,
            coded_contacts.admission_date,
            coded_contacts.discharge_date,
            coded_contacts.hospital_code,
            coded_contacts.department_code,
            coded_contacts.main_specialty,
            coded_contacts.admission_type,
            coded_contacts.is_acute,
            coded_contacts.course_id
        from coded_contacts
        left join
            {{ ref("icd10_chapters") }} as chapters
            on chapters.prefix
            = {{ icd_chapter_prefix("coded_contacts.primary_diagnosis_code") }}
    )

select *
from contacts
