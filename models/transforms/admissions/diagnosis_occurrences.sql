{%- set bounds = [var("occurrence_from"), var("occurrence_to")] -%}
with
    chosen_diagnoses as (
        select pnr, diagnosis_code, admission_date
        from {{ ref("diagnoses") }}
        where
            later_disproved is not true
            and {{ between_bounds("admission_date", bounds[0], bounds[1]) }}
            {% if var("occurrence_roles") %}
                and diagnosis_role in ({{ quoted(var("occurrence_roles")) }})
            {% endif %}
            {% if var("occurrence_codes") %}
                and diagnosis_code in ({{ normalised_codes(var("occurrence_codes")) }})
            {% endif %}
    ),

    diagnosis_occurrences as (
        select
            pnr,
            diagnosis_code,
            min(admission_date) as first_occurrence,
            max(admission_date) as last_occurrence,
            count(*) as occurrence_count
        from chosen_diagnoses
        group by pnr, diagnosis_code
    )

select *
from diagnosis_occurrences
