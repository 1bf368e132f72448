{%- set codes = ref("diabetes_diagnosis_codes") -%}
{%- set specialties = ref("diabetes_specialties") -%}
{%- set names = "lpr_version || ' ' || specialty" -%}
with
    reported_rows as (
        select
            pnr,
            contact_date,
            upper(diagnosis_code_raw) as code,
            upper(diagnosis_type) as diagnosis_type,
            upper(later_disproved) as later_disproved,
            lpr_version,
            -- version 2 writes a number, with or without zeros; version 3 a text
            lpr_version
            || ' '
            || case
                lpr_version
                when 2
                then cast(try_cast(main_specialty as int) as varchar)
                else lower(main_specialty)
            end as specialty
        from {{ ref("hospital_diagnosis_rows") }}
        where {{ lpr3_counts("reporting_system", "diabetes_reporting_systems") }}
    ),

    counted_rows as (
        select *
        from reported_rows
        where
            diagnosis_type in ('A', 'B')
            and (
                lpr_version = 2
                and {{ begins_with_any("code", codes, "prefix") }}
                or lpr_version = 3
                and later_disproved = 'NEJ'
                and {{ begins_with_any("code", codes, "prefix", "icd_version = 10") }}
            )
    ),

    diagnosis_rows as (
        select distinct
            pnr,
            contact_date as event_date,
            diagnosis_type = 'A' as is_primary,
            {{ begins_with_any("code", codes, "prefix", "disease <> 'pregnancy'") }}
            as is_diabetes,
            {{ begins_with_any("code", codes, "prefix", "disease = 'type_1'") }}
            as is_type_1,
            {{ begins_with_any("code", codes, "prefix", "disease = 'type_2'") }}
            as is_type_2,
            {{ begins_with_any("code", codes, "prefix", "disease = 'pregnancy'") }}
            as is_pregnancy,
            {{
                is_listed(
                    "specialty", specialties, names, "department = 'endocrinology'"
                )
            }} as is_endocrinology,
            {{ is_listed("specialty", specialties, names, "department = 'medical'") }}
            as is_medical
        from counted_rows
    )

select *
from diagnosis_rows
