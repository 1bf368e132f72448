{%- set codes = var("occurrences_codes") -%}
{%- set bounds = [var("occurrences_from"), var("occurrences_to")] -%}
with
    chosen_diagnoses as (
        select pnr, diagnosis_code, admission_date
        from {{ ref("diagnoses") }}
        where
            {{ between_bounds("admission_date", bounds[0], bounds[1]) }}
            {% if var("occurrences_roles") %}
                and diagnosis_role in ({{ quoted(var("occurrences_roles")) }})
            {% endif %}
            {% if codes %}
                and diagnosis_code in ({{ normalised_codes(codes) }})
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
