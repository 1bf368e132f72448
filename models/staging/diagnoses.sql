{%- set columns -%}
    pnr,
    contact_id,
    diagnosis_role,
    diagnosis_code,
    lpr_version,
    diagnosis_code_raw,
    diagnosis_type,
    weight,
    later_disproved,
    admission_date,
    discharge_date,
    hospital_code,
    department_code,
    admission_type
{%- endset -%}
with
    harmonised_diagnoses as ({{ from_lpr_versions("diagnoses", columns) }}),

    diagnoses as (
        select
            harmonised.pnr,
            harmonised.contact_id,
            harmonised.diagnosis_role,
            harmonised.diagnosis_code,
            harmonised.lpr_version,
            harmonised.diagnosis_code_raw,
            substr(harmonised.diagnosis_code, 1, 3) as icd_prefix3,
            {{ icd_version("harmonised.diagnosis_code") }} as icd_version,
            chapters.chapter_number as icd_chapter_number,
            chapters.chapter as icd_chapter,
            harmonised.diagnosis_type,
            harmonised.diagnosis_role = 'primary' as is_primary,
            harmonised.diagnosis_role = 'supplementary' as is_supplementary,
            harmonised.weight,
            harmonised.later_disproved,
            harmonised.admission_date,
            harmonised.discharge_date,
            harmonised.hospital_code,
            harmonised.department_code,
            harmonised.admission_type
        from harmonised_diagnoses as harmonised
        left join
            {{ ref("icd10_chapters") }} as chapters
            on chapters.prefix = {{ icd_chapter_prefix("harmonised.diagnosis_code") }}
        {% if not var("include_disproved") %}
            where harmonised.later_disproved is not true
        {% endif %}
    )

select *
from diagnoses
